//! Panics without their messages, which may quote input.

use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind, set_hook};

use futures_util::FutureExt;

/// What Lambda reports instead of the panic's message.
const MESSAGE: &str = "the function panicked; its log names the place";

/// Makes every later panic log one line with its place in the code.
pub(super) fn log_panics() {
    set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panicked; please report this as a bug");
    }));
}

/// The outcome of the work; a panic continues with a fixed message, which the Lambda runtime reports.
pub async fn redact_panic<T>(work: impl Future<Output = T>) -> T {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| resume_unwind(Box::new(MESSAGE)))
}
