//! Who a report may concern: general rule 3 of the decision table.
//!
//! A bounced or complained address is text from a remote server. A forged report could suppress strangers, so the
//! address must be one that the message was sent to.

use super::wire::ReportedRecipient;
use crate::event::Recipient;

/// A recipient and the reports about it.
pub(super) struct Attributed<'r> {
    /// The recipient that the reports are attributed to.
    pub(super) recipient: Recipient,
    /// The reports; none if the list is empty.
    pub(super) reports: Vec<&'r ReportedRecipient<'r>>,
    /// Whether they name somebody else, and are attributed to this recipient only because the message had no other.
    pub(super) names_another: bool,
}

/// The recipients that a report is attributed to.
pub(super) enum Attribution<'r> {
    /// It names nobody, and the message gives no single destination.
    Nobody,
    /// It names recipients.
    To {
        /// The recipients it may concern, each once.
        admitted: Vec<Attributed<'r>>,
        /// Whether it also names others.
        mismatch: bool,
    },
}

/// Compares the reported recipients with the destinations of the message.
///
/// With one destination, the report concerns that one, in the reported spelling, whatever address it names. A bounce or
/// complaint that names another may come from a forwarded mailbox, but also from a forger: such a bounce does not count
/// as permanent. Complaints do count, since mailbox providers redact and rewrite addresses in them. With several
/// destinations, the report concerns those that it names. Without any, there is nothing to compare with, so it concerns
/// every reported address.
pub(super) fn attribute<'r>(destinations: &[&str], reported: &[&'r ReportedRecipient<'r>]) -> Attribution<'r> {
    let named = by_recipient(reported);
    let sent_to = distinct(destinations);
    if let [only] = sent_to.as_slice() {
        return Attribution::To { admitted: vec![to_only_destination(only, named, reported)], mismatch: false };
    }
    if named.is_empty() {
        return Attribution::Nobody;
    }
    let count = named.len();
    let among = |recipient: &Recipient| sent_to.is_empty() || sent_to.iter().any(|known| same(known, recipient));
    let admitted: Vec<_> = named.into_iter().filter(|known| among(&known.recipient)).collect();
    Attribution::To { mismatch: admitted.len() < count, admitted }
}

/// The only destination, with the reports about it, or else with all of them.
fn to_only_destination<'r>(
    only: &Recipient,
    named: Vec<Attributed<'r>>,
    all: &[&'r ReportedRecipient<'r>],
) -> Attributed<'r> {
    let first = named.first().map(|known| known.recipient.spelling.clone());
    let matching = named.into_iter().find(|known| same(&known.recipient, only));
    matching.unwrap_or_else(|| {
        let names_another = first.is_some();
        let spelling = first.unwrap_or_else(|| only.spelling.clone());
        let recipient = Recipient { address: only.address.clone(), spelling };
        Attributed { recipient, reports: all.to_vec(), names_another }
    })
}

/// The recipients that reports name, each once, with the reports about each.
fn by_recipient<'r>(reported: &[&'r ReportedRecipient<'r>]) -> Vec<Attributed<'r>> {
    let mut named: Vec<Attributed<'r>> = Vec::new();
    for &report in reported {
        let Some(recipient) = report.email_address.get().map(Recipient::parse) else { continue };
        match named.iter_mut().find(|known| same(&known.recipient, &recipient)) {
            Some(known) => known.reports.push(report),
            None => named.push(Attributed { recipient, reports: vec![report], names_another: false }),
        }
    }
    named
}

/// The recipients in a list, each once, in order.
pub(super) fn distinct(mailboxes: &[&str]) -> Vec<Recipient> {
    let mut recipients: Vec<Recipient> = Vec::new();
    for recipient in mailboxes.iter().map(|mailbox| Recipient::parse(mailbox)) {
        if !recipients.iter().any(|known| same(known, &recipient)) {
            recipients.push(recipient);
        }
    }
    recipients
}

/// Whether two recipients are the same; without a usable address, by spelling.
fn same(one: &Recipient, other: &Recipient) -> bool {
    match (&one.address, &other.address) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.spelling == other.spelling,
        _ => false,
    }
}
