//! Suppresses and lifts: a form, what exactly would change, and the change.

use std::fmt::Write;

use maud::{Markup, html};

use super::action::plain;
use super::address;
use super::ask::{AddressQuestion, PageName};
use super::decision_form::{DecisionForm, Fault, Step};
use super::error::ViewError;
use super::escape::{shown, visible};
use super::frame::{Page, alert, field, notice};
use super::home::{Submit, View};
use super::responder::Responder;
use super::verdict::{SesNote, blocks_list};
use crate::address::Address;
use crate::api::{Action, Decided, decide_as_reviewed, preview, unknown_providers_warning};
use crate::event::{Reason, digest_hex};
use crate::lookup::{entries, everything};
use crate::store::Version;
use crate::suppression::{Block, Decision, SuppressionRecord};
use crate::text::shell_quoted;
use crate::timestamp::Timestamp;

/// Takes a step.
pub(super) async fn answer(
    responder: &Responder,
    form: &DecisionForm,
    view: &View,
    now: Timestamp,
) -> Result<Page, ViewError> {
    let Some(key) = form.key() else {
        let content =
            html! { h1 { "Decide" } (alert("Not an e-mail address", &html! { "Look an address up first." })) };
        return Ok(Page::correct(PageName::Decide, content));
    };
    if !responder.may_decide {
        return Ok(Page::correct(PageName::Decide, not_here(form, &key)));
    }
    if form.step == Step::Form {
        return Ok(Page::answer(PageName::Decide, form_page(form, &key, &[], view)));
    }
    let (record, version) = responder.recorder.suppressions().get_with_version(&key).await?;
    let decision = match form.decision(&record, now) {
        Ok(decision) => decision,
        Err(faults) => return Ok(Page::correct(PageName::Decide, form_page(form, &key, &faults, view))),
    };
    let review = Review { responder, form, key: &key, record: &record, version, decision: &decision, now };
    let is_as_seen = form.seen.as_deref() == Some(fingerprint(&record).as_str());
    match form.step {
        Step::Write if is_as_seen => {
            if let Some(page) = write(&review, view).await? {
                return Ok(page);
            }
            let (record, version) = responder.recorder.suppressions().get_with_version(&key).await?;
            Review { record: &record, version, ..review }.page(view, &changed())
        }
        Step::Write => review.page(view, &changed()),
        Step::Form | Step::Review => review.page(view, &html! {}),
    }
}

fn changed() -> Markup {
    alert("Nothing was changed", &html! { "The record has changed since you looked. Look again." })
}

/// A decision that can be made, before it is.
struct Review<'r> {
    responder: &'r Responder,
    form: &'r DecisionForm,
    key: &'r Address,
    record: &'r SuppressionRecord,
    version: Version,
    decision: &'r Decision,
    now: Timestamp,
}

impl Review<'_> {
    /// Says what would change, and asks to confirm it.
    fn page(&self, view: &View, first: &Markup) -> Result<Page, ViewError> {
        let Self { responder, form, key, record, decision, now, .. } = self;
        let state = form.state();
        let previewed = preview(record, key, decision, state, responder.rules, *now).map_err(ViewError::Refused)?;
        let Decided::Written(after) = previewed else {
            return Ok(Page::correct(
                PageName::Decide,
                form_page(form, key, &[without_effect(&previewed, decision)], view),
            ));
        };
        let content = html! {
            h1 { "Confirm" }
            (first)
            (self.changes(&after, view))
            (self.confirm(view))
            p { (view.link(&html! { "Cancel" }, PageName::Address, &[("address", key.as_str())])) }
        };
        Ok(Page::answer(PageName::Decide, content))
    }

    fn changes(&self, after: &SuppressionRecord, view: &View) -> Markup {
        let Self { responder, form, key, record, decision, now, .. } = self;
        let Decision { scope, reason, until, actor, note } = decision;
        let entry = record.entry(scope, *reason);
        html! {
            p.mf-change {
                @match form.action { Action::Suppress => "Suppress ", Action::Lift => "Lift " }
                strong { (reason.as_str()) } " for " strong { (shown(scope.as_str())) } " of " strong { (shown(key.as_str())) }
                @if form.action == Action::Suppress {
                    @match until { Some(until) => { ", until " (view.reader.time(*until)) } None => { ", without end" } }
                } "."
            }
            @if let Some(warning) = unknown_providers_warning(scope.unknown_provider()) { (alert("Check the spelling", &html! { (shown(&warning)) })) }
            h2 { "Now" }
            (blocks_list(record, *now, view))
            h2 { "Afterwards" }
            (blocks_list(after, *now, view))
            h2 { "What is written" }
            ul {
                li { "The suppression record of the address. Older reports that arrive late do not change the decision; newer ones do." }
                li { "An event " code { (match form.action { Action::Suppress => "suppressed", Action::Lift => "lifted" }) }
                    " by " (shown(actor)) @if let Some(note) = note { ", with the note " (shown(note)) } ", kept for "
                    (view.reader.number(u64::from(responder.retention.evidence_days))) " days." }
            }
            @if form.action == Action::Lift {
                @if let Some(note) = entry.and_then(|entry| SesNote::on(key, &Block::of(record, scope, *reason, entry), entry)) {
                    h2 { "At the provider" }
                    (note.shown())
                }
            }
        }
    }

    fn confirm(&self, view: &View) -> Markup {
        let Self { form, key, record, decision, .. } = self;
        let Decision { scope, reason, until, actor, note } = decision;
        let (verb, label) = match form.action {
            Action::Suppress => ("Suppress", "Suppress it now"),
            Action::Lift => ("Lift", "Lift it now"),
        };
        let until = until.map(|until| until.to_string());
        let seen = fingerprint(record);
        let fields = [
            ("step", Some(Step::Write.as_str())),
            ("action", Some(form.action.as_str())),
            ("address", Some(key.as_str())),
            ("scope", Some(scope.as_str())),
            ("reason", Some(reason.as_str())),
            ("until", until.as_deref()),
            ("actor", Some(actor.as_str())),
            ("note", note.as_deref()),
            ("seen", Some(seen.as_str())),
        ];
        let fields: Vec<_> = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let confirmation = format!("{verb} {reason} for {} of {}?", plain(scope.as_str()), plain(key.as_str()));
        let submit = Submit { label, changes: true, confirmation: Some(&confirmation), post: true, typed: &[] };
        view.form(PageName::Decide, &fields, &html! {}, &submit)
    }
}

/// Writes the decision about the record as it was reviewed, and shows the address as it is then; `None` if the record has
/// changed.
async fn write(review: &Review<'_>, view: &View) -> Result<Option<Page>, ViewError> {
    let Review { responder, form, key, record, version, decision, now } = review;
    let reviewed = (*record, *version);
    let decided = decide_as_reviewed(&responder.recorder, key, decision, form.state(), reviewed, *now).await?;
    let written = match decided {
        None => return Ok(None),
        Some(Decided::Written(written)) => written,
        Some(nothing @ (Decided::NothingToLift(_) | Decided::Counted)) => {
            let page = form_page(form, key, &[without_effect(&nothing, decision)], view);
            return Ok(Some(Page::correct(PageName::Decide, page)));
        }
    };
    let is_free = everything(&written, *now).is_allowed();
    let done = notice(&html! {
        @match form.action { Action::Suppress => "Suppressed ", Action::Lift => "Lifted " }
        (decision.reason.as_str()) " for " (shown(decision.scope.as_str())) "."
        @if form.action == Action::Lift && !is_free { " Something else still blocks it: see below." }
    });
    let question = AddressQuestion { address: Some(key.as_str().to_owned()), ..AddressQuestion::default() };
    // It is written, whatever comes of this read.
    let content = match address::read(responder, (*key).clone(), None).await {
        Ok(known) => address::content(responder, &known, &question, view, *now, &done),
        Err(error) => {
            html! { h1 { (shown(key.as_str())) } (done) (alert("Its events cannot be shown", &html! { (error.advice()) })) }
        }
    };
    Ok(Some(Page::answer(PageName::Address, content)))
}

/// Why nothing would change.
fn without_effect(decided: &Decided, decision: &Decision) -> Fault {
    match decided {
        Decided::Counted => ("reason", "soft_bounce for * is counted, not set. Use manual, with an end.".to_owned()),
        Decided::NothingToLift(_) | Decided::Written(_) => (
            "reason",
            format!("Nothing to lift: there is no {} for {}.", decision.reason, visible(decision.scope.as_str())),
        ),
    }
}

fn form_page(form: &DecisionForm, key: &Address, faults: &[Fault], view: &View) -> Markup {
    html! {
        h1 { @match form.action { Action::Suppress => "Suppress", Action::Lift => "Lift" } }
        @if !faults.is_empty() {
            (alert("Please correct this", &html! { @for (_, why) in faults { (shown(why)) " " } }))
        }
        (self::form(form, key, view))
        p { (view.link(&html! { "Cancel" }, PageName::Address, &[("address", key.as_str())])) }
    }
}

/// What is decided about, and the form with what was typed.
pub(super) fn form(form: &DecisionForm, key: &Address, view: &View) -> Markup {
    let content = html! {
        @if form.action == Action::Suppress {
            (field("Scope", "scope", Some(form.scope.as_deref().unwrap_or("*")), "* is every send; or provider:ses, domain:example.com, list:ses:News"))
            (field("Reason", "reason", Some(form.reason.as_deref().unwrap_or(Reason::Manual.as_str())), "manual, unless you know better"))
            (field("Until", "until", form.until.as_deref(), "a day, as 2027-01-31, from 00:00 UTC; empty: without end"))
        }
        (field("Your name", "actor", form.actor.as_deref().or(view.actor.as_deref()), "kept with the decision"))
        (field("Note", "note", form.note.as_deref(), "why; kept with the decision"))
    };
    let mut fields = vec![("step", Step::Review.as_str()), ("action", form.action.as_str()), ("address", key.as_str())];
    if form.action == Action::Lift {
        let frozen = [("scope", &form.scope), ("reason", &form.reason)];
        fields.extend(frozen.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
    }
    let typed: &[&str] = match form.action {
        Action::Suppress => &["scope", "reason", "until", "actor", "note"],
        Action::Lift => &["actor", "note"],
    };
    let submit = Submit { label: "See what will change", changes: false, confirmation: None, post: true, typed };
    html! {
        p { (shown(key.as_str()))
            @if form.action == Action::Lift {
                ": " (shown(form.reason.as_deref().unwrap_or(Reason::Manual.as_str()))) " for " (shown(form.scope.as_deref().unwrap_or("*")))
            }
        }
        (view.form(PageName::Decide, &fields, &content, &submit))
    }
}

/// The command that decides, where the pages may not.
fn not_here(form: &DecisionForm, key: &Address) -> Markup {
    let mut command = format!("mail-feedbackctl {}", form.action);
    let until = form.until.as_ref().filter(|_| form.action == Action::Suppress);
    let options = [
        ("reason", Some(form.reason.as_deref().unwrap_or(Reason::Manual.as_str()))),
        ("scope", form.scope.as_deref()),
        ("until", until.map(String::as_str)),
        ("actor", form.actor.as_deref()),
        ("note", form.note.as_deref()),
    ];
    for (name, value) in options {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            let _ = write!(command, " --{name}={}", shell_quoted(value));
        }
    }
    // An address may begin with a hyphen.
    let _ = write!(command, " -- {}", shell_quoted(key.as_str()));
    html! {
        h1 { "Decide" }
        (alert("Not here", &html! { "These pages may only read: the parameter SupportMayDecide is false. An operator can run:" }))
        pre tabindex="0" { code { (visible(&command)) } }
    }
}

/// What a reviewer has seen of a record, as a digest: everything that decides about mail.
fn fingerprint(record: &SuppressionRecord) -> String {
    let mut text = String::new();
    for (scope, reason, entry) in entries(record) {
        let _ = writeln!(text, "{scope} {reason} {} {} {:?} {}", entry.state, entry.at, entry.until, entry.event_id);
    }
    for bounce in record.soft_bounces.bounces() {
        let _ = writeln!(text, "{} {}", bounce.at, bounce.event_id);
    }
    let _ = writeln!(text, "{:?} {:?}", record.soft_bounces.lifted_at(), record.folded);
    digest_hex(text.as_bytes())
}
