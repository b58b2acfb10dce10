//! The SES rows of the decision table for bounces, complaints and delays.

use super::wire::ReportedRecipient;
use crate::event::{Cause, Effect, Kind, Permanence, Reason, Ruling};
use crate::provider::status_code::{self, StatusCode};

/// On the global suppression list of SES, where an address stays for 14 days [doc].
const ON_GLOBAL_LIST: Ruling = Ruling::rejected(Cause::ProviderList, &[Effect::provider_block(Some(14))]);
/// On the suppression list of the account, until somebody removes it.
const ON_ACCOUNT_LIST: Ruling = Ruling::rejected(Cause::ProviderList, &[Effect::provider_block(None)]);
/// On the suppression list of a tenant, until somebody removes it (general rule 9).
const ON_TENANT_LIST: Ruling = Ruling::rejected(Cause::ProviderList, &[Effect::tenant_block()]);
/// SES's address validation says that the address does not work; that verdict is trusted for 30 days [ours].
const INVALID_BY_VALIDATION: Ruling = Ruling::rejected(Cause::ProviderList, &[Effect::provider_block(Some(30))]);
/// The recipient had unsubscribed from a list or topic, which the report does not name. The Subscription event did, and set
/// the scope.
const UNSUBSCRIBED: Ruling = Ruling::rejected(Cause::Unsubscribed, &[]);
/// A hard bounce whose report names another recipient than the message's.
const MISMATCHED: Ruling = Ruling::bounce(Permanence::Undetermined, Cause::RecipientMismatch, &[Effect::SoftBounce]);

/// The fields of a recipient's own delivery status notification (RFC 3464).
#[derive(Default)]
pub(super) struct DeliveryStatus {
    /// `failed`, `delayed` …, in lower case; empty when absent.
    action: String,
    /// The enhanced status code.
    code: Option<StatusCode>,
    /// Whether any of action, status and diagnostic code was reported.
    is_reported: bool,
}

impl DeliveryStatus {
    /// The fields that a report has about a recipient.
    pub(super) fn of(recipient: &ReportedRecipient<'_>) -> Self {
        let ReportedRecipient { action, status, diagnostic_code, .. } = recipient;
        Self {
            action: action.key(),
            code: status.get().and_then(StatusCode::parse),
            is_reported: [action, status, diagnostic_code].iter().any(|field| field.get().is_some()),
        }
    }
}

/// The ruling on a bounced recipient; `bounce_type` and `sub_type` in lower case.
///
/// `names_another` says that the report names another recipient than the message's only one (general rule 3): then a
/// hard bounce becomes a soft one, since anybody may send a report that looks like one. What SES itself refused is
/// unchanged.
pub(super) fn bounce(bounce_type: &str, sub_type: &str, status: &DeliveryStatus, names_another: bool) -> Ruling {
    let ruling = reported_bounce(bounce_type, sub_type, status);
    if names_another && ruling.effects.iter().any(is_hard_bounce) { MISMATCHED } else { ruling }
}

fn reported_bounce(bounce_type: &str, sub_type: &str, status: &DeliveryStatus) -> Ruling {
    if status.action == "delayed" {
        return Ruling::with_cause(Kind::Deferred, Cause::Undetermined);
    }
    match bounce_type {
        "permanent" => permanent(sub_type, status),
        "transient" => transient(sub_type, status),
        "undetermined" => Ruling::undetermined(),
        _ => Ruling::of(Kind::Unknown),
    }
}

fn permanent(sub_type: &str, status: &DeliveryStatus) -> Ruling {
    match sub_type {
        "suppressed" => ON_GLOBAL_LIST,
        "onaccountsuppressionlist" => ON_ACCOUNT_LIST,
        "ontenantsuppressionlist" => ON_TENANT_LIST,
        "emailvalidationsuppressed" => INVALID_BY_VALIDATION,
        "unsubscribedrecipient" => UNSUBSCRIBED,
        "general" | "noemail" | "" => overruled(status.code).unwrap_or_else(|| hard(status.code)),
        _ => overruled(status.code).unwrap_or_else(|| other_permanent(status)),
    }
}

/// A permanent bounce of an unknown subtype: only the recipient's own status makes it a hard bounce (rule 1).
fn other_permanent(status: &DeliveryStatus) -> Ruling {
    let failed = matches!(status.action.as_str(), "failed" | "");
    if failed && status.code.is_some_and(StatusCode::blames_address) {
        hard(status.code)
    } else {
        Ruling::undetermined()
    }
}

fn hard(code: Option<StatusCode>) -> Ruling {
    Ruling::hard(status_code::hard_bounce_cause(code))
}

/// General rule 7, with SES's reading of class 4: it is still trying.
fn overruled(code: Option<StatusCode>) -> Option<Ruling> {
    match code {
        Some(code) if code.class == 4 => Some(Ruling::with_cause(Kind::Deferred, status_code::transient_cause(code))),
        _ => status_code::overrule_permanent(code),
    }
}

fn transient(sub_type: &str, status: &DeliveryStatus) -> Ruling {
    let code = status.code.map(StatusCode::parts);
    if sub_type == "general" && !status.is_reported {
        return Ruling::with_cause(Kind::Autoresponded, Cause::AutoReply);
    }
    if matches!(code, Some((5, 4, 4) | (5, 1, 2))) {
        return Ruling::hard(Cause::InvalidDomain);
    }
    match sub_type {
        "general" if code == Some((4, 4, 7)) => Ruling::soft(Cause::Timeout),
        "mailboxfull" => Ruling::soft(Cause::MailboxFull),
        "messagetoolarge" => Ruling::sender_fault(Cause::MessageTooLarge),
        "contentrejected" | "attachmentrejected" => Ruling::sender_fault(Cause::Content),
        "customtimeoutexceeded" => Ruling::sender_fault(Cause::Timeout),
        _ => Ruling::soft(Cause::Undetermined),
    }
}

/// The ruling on a complaint; both types in lower case.
pub(super) fn complaint(sub_type: &str, feedback_type: &str) -> Ruling {
    match (sub_type, feedback_type) {
        ("onaccountsuppressionlist", _) => ON_ACCOUNT_LIST,
        ("ontenantsuppressionlist", _) => ON_TENANT_LIST,
        (_, "not-spam" | "auth-failure" | "virus") => Ruling::of(Kind::Feedback),
        _ => Ruling::of(Kind::Complained).with(const { &[Effect::suppress(Reason::Complaint)] }),
    }
}

/// The ruling on a delay; `delay_type` in lower case.
pub(super) fn delay(delay_type: &str) -> Ruling {
    let cause = match delay_type {
        "mailboxfull" => Cause::MailboxFull,
        "spamdetected" | "ipfailure" => Cause::SenderBlocked,
        "transientcommunicationfailure" => Cause::Connection,
        "internalfailure" | "recipientservererror" | "byoiphostnamelookupunavailable" | "sendingdeferral" => {
            Cause::System
        }
        _ => Cause::Undetermined,
    };
    Ruling::with_cause(Kind::Deferred, cause)
}

/// The strength of a ruling, to choose among several reports about one recipient.
pub(super) fn strength(ruling: Ruling) -> u8 {
    let of_effect = |effect: &Effect| match effect {
        Effect::Suppress { .. } => 2,
        Effect::SoftBounce => 1,
        Effect::Lift { .. } | Effect::Delivered => 0,
    };
    ruling.effects.iter().map(of_effect).max().unwrap_or(0)
}

const fn is_hard_bounce(effect: &Effect) -> bool {
    match effect {
        Effect::Suppress { reason, .. } => matches!(reason, Reason::HardBounce),
        Effect::SoftBounce | Effect::Lift { .. } | Effect::Delivered => false,
    }
}
