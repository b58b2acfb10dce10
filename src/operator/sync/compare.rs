//! What compares to what: pure functions on the entries of one address.
//!
//! `BOUNCE` at SES is `hard_bounce` here, `COMPLAINT` is `complaint`; of the scope `*`, or for a tenant's list of that
//! tenant. SES's entries have no end and no lift, so entries here that end are never put there, and only a person's lift
//! that is newer than SES's entry removes one there.

use std::collections::BTreeMap;

use super::super::ses::SesReason;
use crate::event::Reason;
use crate::suppression::{Entry, Scope, State, SuppressionRecord};
use crate::timestamp::Timestamp;

/// How much later than our entry SES may date the same bounce, in milliseconds.
const SAME_REPORT_MS: i64 = 60 * 60 * 1000;

/// The entries of a record that one of SES's lists is compared with.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    /// Of the list's own scope.
    of_list: BTreeMap<Reason, Entry>,
    /// Of every send, which a tenant's list is a part of.
    of_all: BTreeMap<Reason, Entry>,
}

/// What the table says about an entry of SES's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtSes {
    /// It is suppressed here, too.
    Both,
    /// It is not suppressed here, and nothing here is newer.
    OnlyThere,
    /// A person lifted it here after SES listed it.
    Lifted,
    /// It ended here: the same report expired, or something else than a lift of this very entry ended it.
    Ended,
}

impl Own {
    /// The part of a record that concerns a list whose entries have this scope.
    pub(super) fn of(record: &SuppressionRecord, scope: &Scope) -> Self {
        let of_scope = |scope: &Scope| {
            let reasons = SesReason::ALL.map(SesReason::own).into_iter();
            reasons.filter_map(|reason| Some((reason, record.entry(scope, reason)?.clone()))).collect()
        };
        Self { of_list: of_scope(scope), of_all: of_scope(&Scope::everything()) }
    }

    /// What this says about an entry that SES dates `at`.
    pub(super) fn compare(&self, reason: SesReason, at: Timestamp, now: Timestamp) -> AtSes {
        if self.blocks(reason, now) {
            return AtSes::Both;
        }
        let reason = reason.own();
        match (self.of_list.get(&reason), self.of_all.get(&reason)) {
            (Some(own), _) if is_lifted_by_hand(own) && own.at > at => AtSes::Lifted,
            (own, of_all) if own.or(of_all).is_some_and(|entry| is_past(entry, at)) => AtSes::Ended,
            (_, Some(of_all)) if of_all.state == State::Lifted && of_all.at > at => AtSes::Ended,
            _ => AtSes::OnlyThere,
        }
    }

    /// The reason to put the address on the list for; `None` if nothing is suppressed without an end.
    ///
    /// SES may keep one reason per address: `COMPLAINT` is the greater one, and no later delivery disproves it.
    pub(super) fn to_put(&self) -> Option<SesReason> {
        let is_lasting = |reason: &SesReason| {
            let entry = self.of_list.get(&reason.own());
            entry.is_some_and(|entry| entry.state == State::Suppressed && entry.until.is_none())
        };
        [SesReason::Complaint, SesReason::Bounce].into_iter().find(is_lasting)
    }

    /// When a person lifted a reason here; `None` if nobody did, or if it was suppressed again.
    pub(super) fn lifted_at(&self, reason: SesReason) -> Option<Timestamp> {
        self.of_list.get(&reason.own()).filter(|entry| is_lifted_by_hand(entry)).map(|entry| entry.at)
    }

    /// When a person last lifted any of the reasons.
    pub(super) fn latest_lift(&self) -> Option<Timestamp> {
        SesReason::ALL.into_iter().filter_map(|reason| self.lifted_at(reason)).max()
    }

    /// Whether a reason blocks mail here that the list would block.
    pub(super) fn blocks(&self, reason: SesReason, now: Timestamp) -> bool {
        let reason = reason.own();
        [&self.of_list, &self.of_all].into_iter().any(|own| own.get(&reason).is_some_and(|entry| entry.is_active(now)))
    }

    /// Whether SES's entry may be removed: each reason for which SES has the address was lifted by a person after SES
    /// listed it, and nothing here blocks what the list would block.
    pub(super) fn allows_removal(&self, listed: &[(SesReason, Timestamp)], now: Timestamp) -> bool {
        let is_older = |(reason, at): &(SesReason, Timestamp)| self.lifted_at(*reason).is_some_and(|lift| lift > *at);
        !listed.is_empty()
            && listed.iter().all(is_older)
            && !SesReason::ALL.into_iter().any(|reason| self.blocks(reason, now))
    }
}

fn is_lifted_by_hand(entry: &Entry) -> bool {
    entry.state == State::Lifted && entry.actor.is_some()
}

/// Whether an entry that no longer blocks is not older than what SES dates `at`.
fn is_past(entry: &Entry, at: Timestamp) -> bool {
    match entry.state {
        State::Lifted => entry.at > at,
        State::Suppressed => at.millis_since(entry.at) <= SAME_REPORT_MS,
    }
}

#[cfg(test)]
mod tests {
    use super::{AtSes, Own};
    use crate::event::Reason;
    use crate::operator::ses::SesReason::{Bounce, Complaint};
    use crate::suppression::{Change, Entry, Scope, SoftBounceRules, State, SuppressionRecord};
    use crate::timestamp::Timestamp;

    fn time(day: i64) -> Timestamp {
        Timestamp::from_millis(day.saturating_mul(86_400_000)).unwrap_or(Timestamp::MAX)
    }

    /// An entry of a day; a lift is by hand if it has an actor.
    fn entry(state: State, day: i64, until: Option<i64>, actor: Option<&str>) -> Entry {
        Entry {
            state,
            at: time(day),
            first_at: None,
            suppressed_at: None,
            lifted_event: None,
            until: until.map(time),
            provider: "ses".to_owned(),
            event_id: format!("{day}"),
            code: None,
            detail: None,
            recipient: None,
            actor: actor.map(str::to_owned),
            note: None,
        }
    }

    fn own(scope: &str, entries: &[(&str, Reason, Entry)]) -> Own {
        let mut record = SuppressionRecord::default();
        for (scope, reason, entry) in entries {
            let (scope, entry) = (Scope::from_text(scope), entry.clone());
            record.merge(&Change::Entry { scope, reason: *reason, entry }, SoftBounceRules::default());
        }
        Own::of(&record, &Scope::from_text(scope))
    }

    const NOW: i64 = 100;
    const TENANT: &str = "tenant:ses:Acme";

    #[test]
    fn an_entry_of_ses_is_on_both_sides_lifted_ended_or_only_there() {
        let bounce = |entry: Entry| own("*", &[("*", Reason::HardBounce, entry)]);
        let active = bounce(entry(State::Suppressed, 10, None, None));
        let lifted = bounce(entry(State::Lifted, 10, None, Some("jo")));
        let by_report = bounce(entry(State::Lifted, 10, None, None));
        let ended = bounce(entry(State::Suppressed, 10, Some(20), None));
        let ends = bounce(entry(State::Suppressed, 10, Some(200), None));
        for (own, day, expected) in [
            (&Own::default(), 9, AtSes::OnlyThere),
            (&active, 9, AtSes::Both),
            (&active, 50, AtSes::Both),
            (&ends, 50, AtSes::Both),
            (&lifted, 9, AtSes::Lifted),
            (&lifted, 10, AtSes::OnlyThere),
            (&lifted, 11, AtSes::OnlyThere),
            (&by_report, 9, AtSes::Ended),
            (&by_report, 11, AtSes::OnlyThere),
            (&ended, 9, AtSes::Ended),
            (&ended, 10, AtSes::Ended),
            (&ended, 11, AtSes::OnlyThere),
        ] {
            assert_eq!(own.compare(Bounce, time(day), time(NOW)), expected, "{own:?} on day {day}");
            assert_eq!(own.compare(Complaint, time(day), time(NOW)), AtSes::OnlyThere, "the other reason");
        }
    }

    #[test]
    fn a_tenants_list_is_compared_with_the_tenant_and_covered_by_every_send() {
        let of_all = own(TENANT, &[("*", Reason::HardBounce, entry(State::Suppressed, 10, None, None))]);
        assert_eq!(of_all.compare(Bounce, time(50), time(NOW)), AtSes::Both);
        assert_eq!(of_all.to_put(), None, "only a tenant's own entries are put on its list");
        let lifted = own(TENANT, &[("*", Reason::HardBounce, entry(State::Lifted, 10, None, Some("jo")))]);
        assert_eq!(lifted.compare(Bounce, time(9), time(NOW)), AtSes::Ended, "a lift for every send is newer");
        assert_eq!(lifted.compare(Bounce, time(11), time(NOW)), AtSes::OnlyThere);
        assert_eq!(
            (lifted.lifted_at(Bounce), lifted.latest_lift()),
            (None, None),
            "but removes nothing of the tenant's"
        );
        let own = own(TENANT, &[(TENANT, Reason::Complaint, entry(State::Lifted, 10, None, Some("jo")))]);
        assert_eq!(own.compare(Complaint, time(9), time(NOW)), AtSes::Lifted);
        assert!(own.allows_removal(&[(Complaint, time(9))], time(NOW)));
    }

    #[test]
    fn what_has_no_end_is_put_the_complaint_first() {
        let bounce = ("*", Reason::HardBounce, entry(State::Suppressed, 10, None, None));
        let complaint = ("*", Reason::Complaint, entry(State::Suppressed, 11, None, None));
        let ends = ("*", Reason::HardBounce, entry(State::Suppressed, 10, Some(200), None));
        let manual = ("*", Reason::Manual, entry(State::Suppressed, 10, None, Some("jo")));
        let elsewhere = ("provider:ses", Reason::HardBounce, entry(State::Suppressed, 10, None, None));
        assert_eq!(own("*", std::slice::from_ref(&bounce)).to_put(), Some(Bounce));
        assert_eq!(own("*", &[bounce, complaint]).to_put(), Some(Complaint));
        assert_eq!(own("*", &[ends, manual, elsewhere]).to_put(), None);
    }

    #[test]
    fn only_what_a_person_lifted_after_all_of_ses_may_be_removed() {
        let lift = |reason| ("*", reason, entry(State::Lifted, 10, None, Some("jo")));
        let lifted = own("*", &[lift(Reason::HardBounce)]);
        assert!(lifted.allows_removal(&[(Bounce, time(9))], time(NOW)));
        assert!(!lifted.allows_removal(&[], time(NOW)));
        assert!(!lifted.allows_removal(&[(Bounce, time(10))], time(NOW)), "listed again");
        assert!(!lifted.allows_removal(&[(Bounce, time(9)), (Complaint, time(9))], time(NOW)), "also a complaint");
        let active = ("*", Reason::Complaint, entry(State::Suppressed, 5, None, None));
        assert!(!own("*", &[lift(Reason::HardBounce), active]).allows_removal(&[(Bounce, time(9))], time(NOW)));
        let both = own("*", &[lift(Reason::HardBounce), lift(Reason::Complaint)]);
        assert!(both.allows_removal(&[(Bounce, time(9)), (Complaint, time(9))], time(NOW)));
        let by_report = own("*", &[("*", Reason::HardBounce, entry(State::Lifted, 10, None, None))]);
        assert!(!by_report.allows_removal(&[(Bounce, time(9))], time(NOW)));
    }
}
