//! `check`: may these addresses be mailed, and if not, why?

use serde_json::{Value, json};

use super::cli::CheckArgs;
use super::failure::Failure;
use super::show::{block_json, block_line};
use super::tables::Tables;
use super::{Console, Outcome};
use crate::suppression::Context;

/// Prints one verdict per address, in the given order.
pub(super) async fn run(args: &CheckArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let context = Context {
        provider: args.provider.as_ref().map(|name| name.to_lowercase()),
        sender_domain: args.domain.clone(),
        list: args.list.clone(),
        topic: args.topic.clone(),
    };
    let verdicts = tables.suppressions.check_all(&args.addresses, &context, console.now).await?;
    let mut outcome = Outcome::Done;
    for (address, verdict) in args.addresses.iter().zip(&verdicts) {
        let allowed = verdict.is_allowed();
        if !allowed {
            outcome = Outcome::Blocked;
        }
        if console.json {
            let blocks: Vec<Value> = verdict.blocks.iter().map(block_json).collect();
            let line = json!({"address": address.as_str(), "allowed": allowed, "blocks": blocks});
            writeln!(console.out, "{line}")?;
            continue;
        }
        writeln!(console.out, "{}  {}", address.as_str(), if allowed { "allowed" } else { "blocked" })?;
        for block in &verdict.blocks {
            writeln!(console.out, "  {}", block_line(block))?;
        }
    }
    Ok(outcome)
}
