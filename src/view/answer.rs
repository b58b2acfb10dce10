//! Answers questions about addresses and messages, and takes the steps of a decision.

use super::ask::Ask;
use super::error::ViewError;
use super::frame::Page;
use super::home::View;
use super::responder::Responder;
use super::{address, decide, message};
use crate::timestamp::Timestamp;

impl Responder {
    /// Answers a question about an address or a message, or takes a step towards a decision; `None` for the questions
    /// that each home answers itself.
    ///
    /// # Errors
    /// A table did not answer, or a decision was refused.
    pub async fn answer(&self, ask: &Ask, view: &View, now: Timestamp) -> Result<Option<Page>, ViewError> {
        match ask {
            Ask::Address(question) => Box::pin(address::answer(self, question, view, now)).await.map(Some),
            Ask::Message(question) => Box::pin(message::answer(self, question, view)).await.map(Some),
            Ask::Decide(form) => Box::pin(decide::answer(self, form, view, now)).await.map(Some),
            Ask::Overview(_) | Ask::Failures | Ask::Live(_) => Ok(None),
        }
    }
}
