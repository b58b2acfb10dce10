//! `check`: may these addresses be mailed, and if not, why?

use serde_json::{Value, json};

use super::cli::CheckArgs;
use super::failure::Failure;
use super::show::{block_json, block_line, elsewhere_phrase, scopes_phrase, unknown_providers_warning};
use super::tables::Tables;
use super::{Console, Outcome};
use crate::address::Address;
use crate::suppression::{AskedScopes, Block, Context, Scope, Verdict};

/// Prints one verdict per address, in the given order, and the scopes it holds for.
pub(super) async fn run(args: &CheckArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let asked = context(args)?.scopes().map_err(|error| Failure::new(error.to_string()))?;
    let warning = unknown_providers_warning(asked.unknown_providers());
    if let Some(warning) = &warning {
        writeln!(console.err, "warning: {warning}")?;
    }
    let verdicts = tables.suppressions.check_all(&args.addresses, &asked, console.now).await?;
    let mut outcome = Outcome::Done;
    for (address, verdict) in args.addresses.iter().zip(&verdicts) {
        if !verdict.is_allowed() {
            outcome = Outcome::Blocked;
        }
        if console.json {
            writeln!(console.out, "{}", to_json(address, verdict, &asked, warning.as_deref()))?;
            continue;
        }
        writeln!(console.out, "{}", answer(address, verdict, &asked))?;
        for block in &verdict.blocks {
            writeln!(console.out, "  {}", block_line(block))?;
        }
    }
    Ok(outcome)
}

fn context(args: &CheckArgs) -> Result<Context, Failure> {
    let lists = match (&args.topic, args.lists.as_slice()) {
        (None, lists) => lists.to_vec(),
        (Some(topic), [list]) => vec![format!("{list}/{topic}")],
        (Some(_), _) => return Err(Failure::new("--topic of several lists; give each topic as --list LIST/TOPIC")),
    };
    Ok(Context {
        provider: args.provider.clone(),
        sender_domain: args.domain.clone(),
        lists,
        tenant: args.tenant.clone(),
        stream: args.stream.clone(),
    })
}

fn answer(address: &Address, verdict: &Verdict, asked: &AskedScopes) -> String {
    let (address, scopes) = (address.as_str(), scopes_phrase(asked.as_slice()));
    let elsewhere = elsewhere_phrase(&verdict.elsewhere);
    if verdict.is_allowed() {
        format!("{address}  allowed for {scopes}{elsewhere}")
    } else {
        format!("{address}  blocked (asked for {scopes}){elsewhere}")
    }
}

fn to_json(address: &Address, verdict: &Verdict, asked: &AskedScopes, warning: Option<&str>) -> Value {
    let all = |blocks: &[Block]| blocks.iter().map(block_json).collect::<Vec<_>>();
    json!({
        "address": address.as_str(),
        "allowed": verdict.is_allowed(),
        "asked": asked.as_slice().iter().map(Scope::as_str).collect::<Vec<_>>(),
        "blocks": all(&verdict.blocks),
        "elsewhere": all(&verdict.elsewhere),
        "warning": warning,
    })
}
