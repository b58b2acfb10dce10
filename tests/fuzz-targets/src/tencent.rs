//! The callbacks of Tencent.

use mail_feedback::event::Provider;

/// Judges a text as the body of an authentic request.
pub fn run(input: &[u8]) {
    super::webhook::judge(Provider::Tencent, input);
}
