//! The SES rows of the decision table for bounces, complaints and delays.

use crate::dsn::{self, Status};
use crate::event::{Breadth, Cause, Effect, Kind, Permanence, Reason, Ruling};

/// How long an address stays on the global suppression list of SES [doc].
const GLOBAL_LIST_DAYS: u32 = 14;
/// How long a negative verdict of SES's address validation is trusted [ours].
const VALIDATION_DAYS: u32 = 30;

/// What a recipient's own delivery status notification says.
#[derive(Default)]
pub(super) struct Dsn {
    /// `failed`, `delayed` …, in lower case; empty when absent.
    pub(super) action: String,
    /// The enhanced status code.
    pub(super) status: Option<Status>,
    /// Whether any of action, status and diagnostic code was reported.
    pub(super) reported: bool,
}

/// The ruling on a bounced recipient; `bounce_type` and `sub_type` in lower case.
pub(super) fn ruling(bounce_type: &str, sub_type: &str, dsn: &Dsn) -> Ruling {
    if dsn.action == "delayed" {
        return Ruling::because(Kind::Deferred, Cause::Undetermined);
    }
    match bounce_type {
        "permanent" => permanent(sub_type, dsn),
        "transient" => transient(sub_type, dsn),
        "undetermined" => Ruling::undetermined(),
        _ => Ruling::of(Kind::Unknown),
    }
}

fn permanent(sub_type: &str, dsn: &Dsn) -> Ruling {
    let listed = |days| Ruling::rejected(Cause::ProviderList, Some(Effect::provider_block(days)));
    match sub_type {
        "suppressed" => listed(Some(GLOBAL_LIST_DAYS)),
        "onaccountsuppressionlist" | "ontenantsuppressionlist" => listed(None),
        "emailvalidationsuppressed" => listed(Some(VALIDATION_DAYS)),
        "unsubscribedrecipient" => {
            Ruling::rejected(Cause::Unsubscribed, Some(Effect::unsubscribe(Breadth::SenderDomain)))
        }
        "general" | "noemail" | "" => {
            overruled(dsn.status).unwrap_or_else(|| Ruling::hard(dsn::hard_cause(dsn.status)))
        }
        _ => overruled(dsn.status).unwrap_or_else(|| other_permanent(dsn)),
    }
}

/// A permanent bounce of a subtype we do not know: only the recipient's own status makes it a hard bounce (rule 1).
fn other_permanent(dsn: &Dsn) -> Ruling {
    let failed = matches!(dsn.action.as_str(), "failed" | "");
    if failed && dsn.status.is_some_and(Status::blames_address) {
        Ruling::hard(dsn::hard_cause(dsn.status))
    } else {
        Ruling::undetermined()
    }
}

/// General rule 7, with SES's reading of class 4: it is still trying.
fn overruled(status: Option<Status>) -> Option<Ruling> {
    match status {
        Some(status) if status.class == 4 => Some(Ruling::because(Kind::Deferred, dsn::transient_cause(status))),
        _ => dsn::overrule_permanent(status),
    }
}

fn transient(sub_type: &str, dsn: &Dsn) -> Ruling {
    let status = dsn.status.map(Status::parts);
    if sub_type == "general" && !dsn.reported {
        return Ruling::because(Kind::Autoresponded, Cause::AutoReply);
    }
    if matches!(status, Some((5, 4, 4) | (5, 1, 2))) {
        return Ruling::hard(Cause::InvalidDomain);
    }
    match sub_type {
        "general" if status == Some((4, 4, 7)) => Ruling::soft(Cause::Timeout),
        "mailboxfull" => Ruling::soft(Cause::MailboxFull),
        "messagetoolarge" => Ruling::blameless(Cause::MessageTooLarge),
        "contentrejected" | "attachmentrejected" => Ruling::blameless(Cause::Content),
        "customtimeoutexceeded" => Ruling::blameless(Cause::Timeout),
        _ => Ruling::soft(Cause::Undetermined),
    }
}

/// The ruling where the report names another than the only recipient of the message (general rule 3): a hard bounce
/// becomes a soft one, since anybody may send a report that looks like one. What SES itself refused stays as it is.
pub(super) fn doubted(ruling: Ruling) -> Ruling {
    match ruling.effect {
        Some(Effect::Suppress { reason: Reason::HardBounce, .. }) => {
            Ruling::bounce(Permanence::Undetermined, Cause::RecipientMismatch, Some(Effect::Soft))
        }
        Some(Effect::Suppress { .. } | Effect::Soft | Effect::Lift { .. } | Effect::Delivered) | None => ruling,
    }
}

/// How much a ruling weighs among those on reports about one recipient.
pub(super) const fn weight(ruling: Ruling) -> u8 {
    match ruling.effect {
        Some(Effect::Suppress { .. }) => 2,
        Some(Effect::Soft) => 1,
        Some(Effect::Lift { .. } | Effect::Delivered) | None => 0,
    }
}

/// The ruling on a complaint; both types in lower case.
pub(super) fn complaint_ruling(sub_type: &str, feedback_type: &str) -> Ruling {
    match (sub_type, feedback_type) {
        ("onaccountsuppressionlist" | "ontenantsuppressionlist", _) => {
            Ruling::rejected(Cause::ProviderList, Some(Effect::provider_block(None)))
        }
        (_, "not-spam" | "auth-failure" | "virus") => Ruling::of(Kind::Feedback),
        _ => Ruling::of(Kind::Complained).with(Effect::suppress(Reason::Complaint)),
    }
}

/// The ruling on a delay; `delay_type` in lower case.
pub(super) fn delay_ruling(delay_type: &str) -> Ruling {
    let cause = match delay_type {
        "mailboxfull" => Cause::MailboxFull,
        "spamdetected" | "ipfailure" => Cause::SenderBlocked,
        "transientcommunicationfailure" => Cause::Connection,
        "internalfailure" | "recipientservererror" | "byoiphostnamelookupunavailable" | "sendingdeferral" => {
            Cause::System
        }
        _ => Cause::Undetermined,
    };
    Ruling::because(Kind::Deferred, cause)
}
