//! The questions and answers of the functions as JSON; `mail-feedbackctl --json` prints the same.
//!
//! Fields and values are public: `src/guide/check.md` and the schemas in `src/guide/schemas/` describe them.

mod answer;
mod ask;
mod block;
mod error;
mod fields;
mod question;

pub use answer::{Answer, AnswerError};
pub use ask::{Answers, ask, unknown_providers_warning};
pub use block::BlockedBy;
pub use error::{ApiError, Flaw};
pub use question::{MAX_ADDRESSES, Question};
