//! Whether an address may be mailed, what blocks it, and what would lift that.

use maud::{Markup, html};

use super::ask::PageName;
use super::escape::{shown, visible};
use super::frame::alert;
use super::home::View;
use crate::address::Address;
use crate::api::unknown_providers_warning;
use crate::event::Reason;
use crate::lookup::{EntryStatus, SesList, entries, everything};
use crate::suppression::{AskedScopes, Block, Entry, MAX_SCOPES, Scope, SuppressionRecord};
use crate::text::shell_quoted;
use crate::timestamp::Timestamp;

/// What a verdict needs: an address, its record, and who looks at it.
pub(super) struct VerdictInput<'s> {
    /// The address.
    pub(super) address: &'s Address,
    /// Its record.
    pub(super) record: &'s SuppressionRecord,
    /// The current time.
    pub(super) now: Timestamp,
    /// Whether the reader may suppress and lift.
    pub(super) may_decide: bool,
}

/// The verdict for a send, and every entry.
pub(super) fn verdict(input: &VerdictInput<'_>, asked: &AskedScopes, view: &View) -> Markup {
    let VerdictInput { address, record, now, may_decide } = input;
    let verdict = record.verdict(asked, *now);
    let is_any_send = asked.as_slice().len() == 1;
    let blocked = verdict.blocks.len();
    html! {
        @if blocked > 0 && is_any_send {
            p.mf-verdict.mf-no { "✕ Do not mail it. It is blocked for every send." }
        } @else if blocked > 0 {
            p.mf-verdict.mf-no { "✕ Do not mail it in this send." }
        } @else if verdict.elsewhere.is_empty() {
            p.mf-verdict.mf-yes { "✓ It may be mailed: nothing blocks it." }
        } @else if is_any_send {
            p.mf-verdict.mf-some { "◐ It may be mailed, but not in some sends. Name the send below to ask for one." }
        } @else {
            p.mf-verdict.mf-yes { "✓ It may be mailed in this send. Other sends are blocked." }
        }
        @if !is_any_send {
            p { "Asked for " @for (at, scope) in asked.as_slice().iter().enumerate() { @if at > 0 { ", " } (shown(scope.as_str())) } "." }
        }
        @if let Some(warning) = unknown_providers_warning(asked.unknown_providers()) { (alert("Check the spelling", &html! { (shown(&warning)) })) }
        (table(input, asked, view))
        @for reason in &record.folded {
            p { strong { (reason.as_str()) } " was reported for more than " (MAX_SCOPES) " scopes: each report applies to every send, and only a lift for * ends it." }
        }
        (provider_lists(input))
        @if *may_decide {
            p { (view.link(&html! { "Suppress this address…" }, PageName::Decide, &[("address", address.as_str()), ("action", "suppress")])) }
        }
    }
}

fn table(input: &VerdictInput<'_>, asked: &AskedScopes, view: &View) -> Markup {
    let VerdictInput { address, record, now, may_decide } = input;
    let mut rows: Vec<_> =
        entries(record).map(|(scope, reason, entry)| (EntryStatus::of(entry, *now), scope, reason, entry)).collect();
    let rank = |status: EntryStatus, scope: &Scope| match status {
        EntryStatus::Blocked if asked.contains(scope) => 0,
        EntryStatus::Blocked => 1,
        EntryStatus::Ended | EntryStatus::Lifted => 2,
    };
    rows.sort_by_key(|(status, scope, ..)| rank(*status, scope));
    if rows.is_empty() {
        return html! {};
    }
    html! {
        h2 { "What stands against it" }
        table.mf-table {
            thead { tr { th scope="col" { "State" } th scope="col" { "Reason" } th scope="col" { "Scope" } th scope="col" { "Since" } th scope="col" { "Until" } th scope="col" { "Decided by" } th scope="col" { "What would lift it" } } }
            tbody {
                @for (status, scope, reason, entry) in rows {
                    @let block = Block::of(record, scope, reason, entry);
                    tr {
                        td { span.mf-th { "State" } (state(status, asked.contains(scope))) }
                        td { span.mf-th { "Reason" } (reason.as_str()) }
                        td { span.mf-th { "Scope" } (shown(scope.as_str())) }
                        td { span.mf-th { "Since" } (view.reader.time(block.since)) }
                        td { span.mf-th { "Until" } (until(status, entry, view)) }
                        td { span.mf-th { "Decided by" } (who(entry)) }
                        td { span.mf-th { "What would lift it" }
                            @if status == EntryStatus::Blocked {
                                (block.lifted_by())
                                @if *may_decide { " " (lift_link(address, scope, reason, view)) }
                            } @else { "–" }
                        }
                    }
                }
            }
        }
    }
}

fn state(status: EntryStatus, is_asked: bool) -> Markup {
    match status {
        EntryStatus::Blocked if is_asked => html! { strong { "✕ blocks" } },
        EntryStatus::Blocked => html! { "◐ blocks other sends" },
        EntryStatus::Ended => html! { "ended" },
        EntryStatus::Lifted => html! { "lifted" },
    }
}

fn until(status: EntryStatus, entry: &Entry, view: &View) -> Markup {
    match (status, entry.until) {
        (EntryStatus::Lifted, _) => html! { "lifted at " (view.reader.time(entry.at)) },
        (_, Some(until)) => view.reader.time(until),
        (_, None) => html! { "without end" },
    }
}

/// The person with their note, or the provider with its code and text.
fn who(entry: &Entry) -> Markup {
    html! {
        @match &entry.actor {
            Some(actor) => { (shown(actor)) @if let Some(note) = &entry.note { ": " (shown(note)) } }
            None => {
                (shown(&entry.provider))
                @if let Some(code) = &entry.code { ", code " (shown(code)) }
                @if let Some(detail) = &entry.detail { ": " (shown(detail)) }
            }
        }
    }
}

fn lift_link(address: &Address, scope: &Scope, reason: Reason, view: &View) -> Markup {
    let fields =
        [("address", address.as_str()), ("action", "lift"), ("scope", scope.as_str()), ("reason", reason.as_str())];
    view.link(&html! { "Lift " (reason.as_str()) " for " (shown(scope.as_str())) "…" }, PageName::Decide, &fields)
}

/// What SES's own lists have to do with it.
fn provider_lists(input: &VerdictInput<'_>) -> Markup {
    let active = entries(input.record).filter(|(_, _, entry)| entry.is_active(input.now));
    // A bounce and a complaint that SES reported concern the same list.
    let mut notes: Vec<SesNote> = Vec::new();
    for (scope, reason, entry) in active {
        let block = Block::of(input.record, scope, reason, entry);
        notes.extend(SesNote::on(input.address, &block, entry).filter(|note| !notes.contains(note)));
    }
    html! {
        @for note in notes { (note.shown()) }
    }
}

/// What a list of SES has to do with an entry, and the command of the AWS CLI that removes the address from it.
#[derive(PartialEq, Eq)]
pub(super) struct SesNote {
    why: &'static str,
    command: Option<String>,
}

impl SesNote {
    /// The note on an entry, given as a block, too; `None` if no list of SES has to do with it.
    pub(super) fn on(address: &Address, block: &Block, entry: &Entry) -> Option<Self> {
        // SES matches the spelling exactly.
        let spelling = shell_quoted(entry.recipient.as_deref().unwrap_or(address.as_str()));
        let delete = format!("aws sesv2 delete-suppressed-destination --email-address={spelling}");
        let of_tenant = |tenant: &str| format!("{delete} --tenant-name={tenant}");
        let (why, command) = match SesList::behind(block) {
            Some(SesList::Account) => (
                "SES's suppression list of the account refuses it. Lifting here does not change that list. This command does:",
                Some(delete),
            ),
            Some(SesList::Tenant(Some(tenant))) => (
                "SES's suppression list of this tenant refuses it. Lifting here does not change that list. This command does:",
                Some(of_tenant(&shell_quoted(&tenant))),
            ),
            Some(SesList::Tenant(None)) => (
                "SES's suppression list of a tenant refuses it. Lifting here does not change that list. This command does, with \
                 the name of the tenant:",
                Some(of_tenant("TENANT")),
            ),
            Some(SesList::Global) => (
                "SES's global suppression list refuses it. Nobody can remove an address from that list; SES does so after at \
                 most 14 days.",
                None,
            ),
            None if SesList::may_follow(block) => (
                "SES may also have put it on its suppression list of the account, and then goes on refusing. This command ends \
                 that:",
                Some(delete),
            ),
            None => return None,
        };
        Some(Self { why, command })
    }

    /// The note with its command to paste.
    pub(super) fn shown(&self) -> Markup {
        html! {
            p { (self.why) }
            @if let Some(command) = &self.command { pre tabindex="0" { code { (visible(command)) } } }
        }
    }
}

/// What is active in a record, one line each.
pub(super) fn blocks_list(record: &SuppressionRecord, now: Timestamp, view: &View) -> Markup {
    let verdict = everything(record, now);
    html! {
        @if verdict.is_allowed() { p { "Nothing blocks the address." } }
        @else {
            ul {
                @for block in &verdict.blocks {
                    li {
                        (block.reason.as_str()) " for " (shown(block.scope.as_str())) ", since " (view.reader.time(block.since)) ", "
                        @match block.until { Some(until) => { "until " (view.reader.time(until)) } None => { "without end" } }
                    }
                }
            }
        }
    }
}
