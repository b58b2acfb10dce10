//! An SES event about any address, derived from a sample.

use std::path::Path;

use serde_json::Value;
use support::envelope::{lambda_event, notification};
use support::samples;

use super::Failure;
use super::certificates::Certificates;
use crate::address::Address;
use crate::timestamp::Timestamp;

/// Short names of the most popular samples.
const SHORT: [(&str, &str); 4] = [
    ("bounce", "bounce-permanent-general"),
    ("soft-bounce", "bounce-transient-general"),
    ("complaint", "complaint-abuse"),
    ("delay", "delivery-delay"),
];

/// The invocation by which SNS delivers an event of this kind about an address, dated now.
pub fn invocation(kind: &str, to: &Address, now: Timestamp, certificates: &Certificates) -> Result<Value, Failure> {
    let report = report(kind, to, now)?;
    let id = format!("{:08x}-0000-4000-8000-{:012x}", fastrand::u32(..), fastrand::u64(..1 << 48));
    let mut envelope = notification(&report.to_string(), &id, now);
    certificates.sign(&mut envelope)?;
    Ok(lambda_event(&envelope))
}

/// All kinds: the short names first, then the SES samples that name a recipient.
#[must_use]
pub fn kinds() -> Vec<String> {
    SHORT.iter().map(|(short, _)| (*short).to_owned()).chain(names()).collect()
}

/// The names of the SES samples that name a recipient.
fn names() -> Vec<String> {
    let paths = samples::paths();
    let usable = paths.iter().filter(|path| sample(path).is_some());
    usable.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

/// The SES report.
fn report(kind: &str, to: &Address, now: Timestamp) -> Result<Value, Failure> {
    let name = SHORT.iter().find(|(short, _)| *short == kind).map_or(kind, |(_, name)| name);
    let paths = samples::paths();
    let mut of_this_name = paths.iter().filter(|path| path.file_stem().is_some_and(|stem| stem == name));
    let Some((mut report, recipient)) = of_this_name.find_map(|path| sample(path)) else {
        let short = SHORT.map(|(short, _)| short).join(", ");
        let names = columns(&names());
        return Err(format!("SES has no event {kind} about a recipient; the kinds are {short},\n{names}").into());
    };
    let id = format!("local-{:016x}", fastrand::u64(..));
    renew(&mut report, &recipient, to.as_str(), &id, &now.to_string());
    Ok(report)
}

/// Names in two columns.
fn columns(names: &[String]) -> String {
    let (left, right) = names.split_at(names.len().div_ceil(2));
    let width = left.iter().map(String::len).max().unwrap_or_default();
    let right = right.iter().map(String::as_str).chain(std::iter::once(""));
    let lines = left.iter().zip(right).map(|(left, right)| format!("  {left:<width$}  {right}").trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// The report in an SES sample, and its first recipient; `None` for a sample that arrives another way or names nobody.
fn sample(path: &Path) -> Option<(Value, String)> {
    path.parent()?.ends_with("ses").then_some(())?;
    let invocation: Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    let report: Value = serde_json::from_str(invocation.pointer("/Records/0/Sns/Message")?.as_str()?).ok()?;
    let recipient = report.pointer("/mail/destination/0")?.as_str()?.to_owned();
    Some((report, recipient))
}

/// Replaces the recipient, the ids and the times.
fn renew(value: &mut Value, recipient: &str, to: &str, id: &str, now: &str) {
    match value {
        Value::String(text) => *text = text.replace(recipient, to),
        Value::Array(values) => values.iter_mut().for_each(|value| renew(value, recipient, to, id, now)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), &value) {
                    ("messageId" | "feedbackId", Value::String(_)) => *value = id.into(),
                    ("timestamp", Value::String(_)) => *value = now.into(),
                    _ => renew(value, recipient, to, id, now),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{kinds, report};
    use crate::address::Address;
    use crate::timestamp::Timestamp;

    #[test]
    fn every_kind_is_about_the_address_and_the_present() {
        let to = Address::parse("jane@example.com").unwrap();
        let now = Timestamp::parse("2026-11-28T12:00:00Z").unwrap();
        let kinds = kinds();
        assert!(kinds.len() > 30, "{kinds:?}");
        for kind in kinds {
            let report = report(&kind, &to, now).unwrap();
            assert_eq!(report["mail"]["destination"][0], "jane@example.com", "{kind}");
            assert_eq!(report["mail"]["timestamp"], now.to_string(), "{kind}");
            assert!(report["mail"]["messageId"].as_str().unwrap().starts_with("local-"), "{kind}");
        }
        let bounce = report("bounce", &to, now).unwrap();
        assert_eq!(bounce["bounce"]["bouncedRecipients"][0]["emailAddress"], "jane@example.com");
        let unknown = report("nothing", &to, now).unwrap_err().to_string();
        assert!(unknown.contains("the kinds are bounce, soft-bounce, complaint, delay,\n  bounce-"), "{unknown}");
        assert!(unknown.lines().all(|line| line.len() <= 120), "{unknown}");
        let shown: Vec<&str> = unknown.split_ascii_whitespace().map(|word| word.trim_end_matches(',')).collect();
        assert!(super::kinds().iter().all(|kind| shown.contains(&kind.as_str())), "{unknown}");
    }
}
