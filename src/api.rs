//! The questions, orders and answers of the functions `check` and `decide` as JSON; `mail-feedbackctl --json` prints
//! the same.
//!
//! Fields and values are public: `src/guide/check.md` and the schemas in `src/guide/schemas/` describe them.

mod answer;
mod ask;
mod block;
mod decide;
mod error;
mod fields;
mod order;
mod question;
mod written;

pub use answer::{Answer, AnswerError, Blocks};
pub use ask::{Answers, ask, unknown_providers_warning};
pub use block::BlockedBy;
#[cfg(feature = "pages")]
pub use decide::decide_as_reviewed;
#[cfg(any(feature = "tables", feature = "pages"))]
pub use decide::preview;
pub use decide::{Decided, decide, is_counted};
pub use error::{ApiError, Flaw, Refusal};
pub use fields::Demand;
pub use order::{Action, Done, Order};
pub use question::{MAX_ADDRESSES, Question};
pub use written::MAX_ANSWER_BYTES;
