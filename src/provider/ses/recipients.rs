//! Whom a report may concern: general rule 3 of the decision table.
//!
//! A bounced or complained address is text from a remote server. A forged report could suppress strangers, so the
//! address must be one that the message was sent to.

use super::wire::ReportedRecipient;
use crate::event::Recipient;

/// To whom a report is attributed.
pub(super) enum Attribution<'r> {
    /// It names nobody, and the message gives no single destination.
    Nobody,
    /// It names recipients.
    To {
        /// Those it may concern, each once.
        admitted: Vec<(Recipient, &'r ReportedRecipient<'r>)>,
        /// Whether it names others, too.
        mismatch: bool,
    },
}

/// Compares the reported recipients with the destinations of the message.
///
/// One destination: it is that one, whatever is reported, in the reported spelling. Several: those among them. None:
/// nothing to compare with, so what is reported.
pub(super) fn attribute<'r>(destinations: &[&str], reported: &[&'r ReportedRecipient<'r>]) -> Attribution<'r> {
    let named = reported.iter().filter_map(|dsn| Some((Recipient::parse(dsn.email_address.get()?), *dsn)));
    let mut named: Vec<_> = named.collect();
    let sent_to = distinct(destinations);
    if let ([only], Some(first)) = (sent_to.as_slice(), reported.first()) {
        return Attribution::To { admitted: vec![sole(only, named, first)], mismatch: false };
    }
    if named.is_empty() {
        return Attribution::Nobody;
    }
    let count = named.len();
    if !sent_to.is_empty() {
        named.retain(|(recipient, _)| sent_to.iter().any(|known| same(known, recipient)));
    }
    let mismatch = named.len() < count;
    let mut admitted: Vec<(Recipient, &'r ReportedRecipient<'r>)> = Vec::new();
    for (recipient, dsn) in named {
        if !admitted.iter().any(|(known, _)| same(known, &recipient)) {
            admitted.push((recipient, dsn));
        }
    }
    Attribution::To { admitted, mismatch }
}

/// The only destination, with the report about it, or else the first report.
fn sole<'r>(
    only: &Recipient,
    named: Vec<(Recipient, &'r ReportedRecipient<'r>)>,
    first: &'r ReportedRecipient<'r>,
) -> (Recipient, &'r ReportedRecipient<'r>) {
    let matching = named.iter().position(|(recipient, _)| same(recipient, only));
    let report = named.into_iter().nth(matching.unwrap_or_default());
    let (spelling, dsn) = report.map_or((only.spelling.clone(), first), |(known, dsn)| (known.spelling, dsn));
    (Recipient { address: only.address.clone(), spelling }, dsn)
}

/// The recipients of a list, each once, in its order.
pub(super) fn distinct(mailboxes: &[&str]) -> Vec<Recipient> {
    let mut recipients: Vec<Recipient> = Vec::new();
    for recipient in mailboxes.iter().map(|mailbox| Recipient::parse(mailbox)) {
        if !recipients.iter().any(|known| same(known, &recipient)) {
            recipients.push(recipient);
        }
    }
    recipients
}

/// Whether two recipients are one; without a usable address, by spelling.
fn same(one: &Recipient, other: &Recipient) -> bool {
    match (&one.address, &other.address) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.spelling == other.spelling,
        _ => false,
    }
}
