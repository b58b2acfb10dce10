//! A panic, told without its message: that may quote what could not be handled.

use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind, set_hook};

use futures_util::FutureExt;

/// What Lambda reports of a panic.
const MESSAGE: &str = "a fault of the function; its log names the place";

/// From now on a panic is one line of the log, with the place in the code.
pub(super) fn report_places() {
    set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panicked; please report this as a fault");
    }));
}

/// The outcome of some work; a panic in it goes on with a message that quotes nothing, which is what the Lambda runtime
/// reports.
pub async fn panic_unquoted<T>(work: impl Future<Output = T>) -> T {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| resume_unwind(Box::new(MESSAGE)))
}
