//! Questions and orders: whatever is accepted can be answered, and errors quote nothing from the input.

use mail_feedback::api::{ApiError, MAX_ADDRESSES, Order, Question};
use mail_feedback::suppression::Scope;

/// A character that no message contains.
const MARK: char = '@';

/// Checks a text as a question, and as an order.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match Question::parse(&text) {
        Ok(question) => {
            assert!((1..=MAX_ADDRESSES).contains(&question.addresses.len()));
            match question.context.scopes() {
                Ok(asked) => assert!(asked.contains(&Scope::everything())),
                Err(error) => assert!(!error.to_string().contains(MARK)),
            }
        }
        Err(flaw) => assert!(!ApiError::from(flaw).to_string().contains(MARK)),
    }
    match Order::parse(&text) {
        Ok(order) => assert!(!order.decision.actor.trim().is_empty()),
        Err(flaw) => assert!(!ApiError::from(flaw).to_string().contains(MARK)),
    }
}
