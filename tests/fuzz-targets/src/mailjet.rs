//! The event API of Mailjet.

use mail_feedback::event::Provider;

/// Checks a text as the body of an authentic request.
pub fn run(input: &[u8]) {
    super::webhook::check(Provider::Mailjet, input);
}
