//! Enhanced mail system status codes (RFC 3463), and how they modify a provider's own verdict.

use crate::event::{Cause, Effect, Permanence, Ruling};

/// The last defined subject; what looks like a code with a later one is the version of a mail server.
const MAX_SUBJECT: u16 = 7;

/// An enhanced status code: class, subject, detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusCode {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub class: u16,
    /// 1 address, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// The detail within the subject.
    pub detail: u16,
}

impl StatusCode {
    /// Parses a status field: a code such as `5.1.1`, which a comment may follow (RFC 3464, section 2.3.4).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split_whitespace().next()?.split('.');
        let class = number(parts.next()?, 1)?;
        let subject = number(parts.next()?, 3)?;
        let detail = number(parts.next()?, 3)?;
        let known = matches!(class, 2 | 4 | 5) && subject <= MAX_SUBJECT;
        (known && parts.next().is_none()).then_some(Self { class, subject, detail })
    }

    /// The first failure code in a diagnostic text such as `551 5.1.1 recipient is not exist`.
    ///
    /// A code must not touch Latin letters, digits or dots, so that neither an IP address nor `v5.1.1` is mistaken for
    /// one; a sentence's full stop may follow it.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        let part_of_word = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '_');
        text.split(|char: char| !part_of_word(char))
            .filter_map(|word| Self::parse(word.trim_end_matches('.')))
            .find(|status| status.class != 2)
    }

    /// The three numbers, for matching.
    #[must_use]
    pub const fn parts(self) -> (u16, u16, u16) {
        (self.class, self.subject, self.detail)
    }

    /// Whether the code says that the address itself does not work: 5.1.x or 5.2.1.
    #[must_use]
    pub const fn blames_address(self) -> bool {
        matches!(self.parts(), (5, 1, _) | (5, 2, 1))
    }
}

/// At most `digits` decimal digits.
fn number(text: &str, digits: usize) -> Option<u16> {
    let plain = !text.is_empty() && text.len() <= digits && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// The cause of a hard bounce by its status code.
pub(super) fn hard_bounce_cause(status: Option<StatusCode>) -> Cause {
    match status.map(StatusCode::parts) {
        Some((5, 1, 2)) => Cause::InvalidDomain,
        Some((5, 2, 1)) => Cause::MailboxInactive,
        _ => Cause::UnknownMailbox,
    }
}

/// The cause of a temporary failure by a class 4 code.
pub(super) fn transient_cause(status: StatusCode) -> Cause {
    match status.parts() {
        (4, 2, 2) => Cause::MailboxFull,
        (4, 4, 7) => Cause::Timeout,
        _ => Cause::Undetermined,
    }
}

/// General rule 7: the status codes that override a permanent verdict; `None` keeps the verdict.
///
/// Class 4 codes are left to the caller, since providers use them differently.
pub(super) fn overrule_permanent(status: Option<StatusCode>) -> Option<Ruling> {
    match status?.parts() {
        (5, 2, 2) => Some(Ruling::soft(Cause::MailboxFull)),
        (5, 2, 3) | (5, 3, 4) => Some(Ruling::sender_fault(Cause::MessageTooLarge)),
        (5, 6, _) => Some(Ruling::sender_fault(Cause::Content)),
        (5, 7, _) => Some(POLICY_REFUSAL),
        _ => None,
    }
}

/// A policy refusal under a permanent verdict counts as a soft bounce: it may be our fault or the mailbox's.
const POLICY_REFUSAL: Ruling = Ruling::bounce(Permanence::Transient, Cause::SenderBlocked, &[Effect::SoftBounce]);

#[cfg(test)]
mod tests {
    use super::StatusCode;

    fn found(text: &str) -> Option<(u16, u16, u16)> {
        StatusCode::find(text).map(StatusCode::parts)
    }

    #[test]
    fn a_code_is_found_in_text() {
        assert_eq!(found("551 5.1.1 recipient is not exist"), Some((5, 1, 1)));
        assert_eq!(found("smtp; 550-5.1.1 no\n550-5.7.1 such"), Some((5, 1, 1)));
        assert_eq!(found("(5.2.2)"), Some((5, 2, 2)));
        assert_eq!(found("用户邮箱已满5.2.2错误"), Some((5, 2, 2)));
        assert_eq!(found("host mx (Exim 4.94.2) said: 550 5.1.1 no such user"), Some((5, 1, 1)));
        assert_eq!(found("mailbox is full: 4.2.2."), Some((4, 2, 2)));
        assert_eq!(found("250 2.0.0 OK, then #5.7.26: denied"), Some((5, 7, 26)));
    }

    #[test]
    fn numbers_that_are_not_codes_are_skipped() {
        for text in ["", "host 5.1.1.9 said no", "v5.1.1", "45.1.1", "5.1", "5.1.1.", "3.1.1", "5.1234.1", "5..1"] {
            let expected = (text == "5.1.1.").then_some((5, 1, 1));
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn a_field_begins_with_the_code() {
        assert_eq!(StatusCode::parse(" 5.0.0 ").map(StatusCode::parts), Some((5, 0, 0)));
        assert_eq!(StatusCode::parse("5.2.2 (mailbox full)").map(StatusCode::parts), Some((5, 2, 2)));
        assert_eq!(StatusCode::parse("bad 5.1.1"), None);
        assert_eq!(StatusCode::parse("5.94.2"), None);
    }
}
