//! `check`: may these addresses be mailed, and if not, why?

use std::sync::Arc;

use serde_json::{Value, json};

use super::cli::CheckArgs;
use super::failure::Failure;
use super::refusal;
use super::sanitize::sanitize;
use super::show::{block_line, elsewhere_phrase, scopes_phrase, with_fields};
use super::tables::Tables;
use super::{Console, Outcome};
use crate::address::Address;
use crate::api::{Answer, unknown_providers_warning};
use crate::suppression::{AskedScopes, Context, Elsewhere, Scope, Verdict};

/// Prints one verdict per address, in the given order, and the scopes it holds for.
pub(super) async fn run(args: &CheckArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let asked = context(args)?.scopes().map_err(|error| Failure::new(error.to_string()))?;
    let warning = unknown_providers_warning(asked.unknown_providers());
    if let Some(warning) = &warning {
        writeln!(console.err, "warning: {warning}")?;
    }
    let keys: Vec<Option<Address>> = args.addresses.iter().map(|text| Address::parse(text)).collect();
    let known: Vec<Address> = keys.iter().flatten().cloned().collect();
    let verdicts = tables.suppressions.check_all(&known, &asked, Elsewhere::All, console.now).await?;
    let mut of_known = known.iter().zip(&verdicts);
    let (mut outcome, mut unreadable) = (Outcome::Done, 0_usize);
    for (text, key) in args.addresses.iter().zip(&keys) {
        let Some((address, verdict)) = key.as_ref().and_then(|_| of_known.next()) else {
            outcome = Outcome::Blocked;
            if console.json {
                let answer = Answer::without_key(text.clone(), true);
                writeln!(console.out, "{}", to_json(&answer, &asked, warning.as_deref()))?;
            } else {
                writeln!(console.out, "{}  not an e-mail address; do not send", sanitize(text))?;
            }
            continue;
        };
        match verdict {
            Ok(verdict) if verdict.is_allowed() => {}
            Ok(_) => outcome = Outcome::Blocked,
            Err(_) => unreadable = unreadable.saturating_add(1),
        }
        if console.json {
            let answer = known_answer(text, address, verdict.as_ref().ok());
            let mut line = to_json(&answer, &asked, warning.as_deref());
            let blocks = verdict.iter().flat_map(|verdict| &verdict.blocks);
            let commands: Vec<String> = blocks.filter_map(|block| refusal::command(address.as_str(), block)).collect();
            if let Some(fields) = line.as_object_mut().filter(|_| !commands.is_empty()) {
                fields.insert("commands".to_owned(), commands.into());
            }
            writeln!(console.out, "{line}")?;
            continue;
        }
        writeln!(console.out, "{}", answer(address, verdict.as_ref().ok(), &asked))?;
        for block in verdict.iter().flat_map(|verdict| &verdict.blocks) {
            writeln!(console.out, "  {}", block_line(block))?;
            if let Some(line) = refusal::line(address.as_str(), block) {
                writeln!(console.out, "    {line}")?;
            }
        }
    }
    if unreadable > 0 {
        return Err(Failure::new(format!(
            "{unreadable} of {} records cannot be read; repair the items",
            verdicts.len()
        )));
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

fn answer(address: &Address, verdict: Option<&Arc<Verdict>>, asked: &AskedScopes) -> String {
    let (address, scopes) = (address.as_str(), scopes_phrase(asked.as_slice()));
    let Some(verdict) = verdict else { return format!("{address}  not known: its record cannot be read; do not send") };
    let elsewhere = elsewhere_phrase(&verdict.elsewhere);
    if verdict.is_allowed() {
        format!("{address}  allowed for {scopes}{elsewhere}")
    } else {
        format!("{address}  blocked (asked for {scopes}){elsewhere}")
    }
}

fn known_answer(text: &str, address: &Address, verdict: Option<&Arc<Verdict>>) -> Answer {
    let text = text.to_owned();
    match verdict {
        Some(verdict) => Answer::known(text, address, verdict, true),
        None => Answer::unreadable(text, address),
    }
}

/// The answer of the function `check` about one address, with the fields that the function returns once for all
/// addresses.
fn to_json(answer: &Answer, asked: &AskedScopes, warning: Option<&str>) -> Value {
    with_fields(answer, [("asked", asked.as_slice().iter().map(Scope::as_str).collect()), ("warning", json!(warning))])
}
