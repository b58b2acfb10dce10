//! Why SES refused a call, in words that say what to do.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::super::call::Call;

/// The permission to add to a list.
pub(super) const PUT: &str = "ses:PutSuppressedDestination";

/// A call that failed for good.
#[derive(Debug)]
pub(in crate::operator) struct SesError {
    /// The permission that it needs.
    right: &'static str,
    /// The list that it was for.
    list: String,
    /// SES's code and text; `None` without an answer.
    answer: Option<Answer>,
}

#[derive(Debug)]
struct Answer {
    code: String,
    message: String,
}

impl SesError {
    pub(super) fn new<E: ProvideErrorMetadata>(
        right: &'static str,
        list: String,
        error: &SdkError<E, HttpResponse>,
    ) -> Self {
        let answer = error.as_service_error().map(|error| Answer {
            code: error.code().unwrap_or("an unknown error").to_owned(),
            message: error.message().unwrap_or_default().to_owned(),
        });
        Self { right, list, answer }
    }

    /// Whether SES refuses this one request, while others may succeed.
    pub(in crate::operator) fn is_of_the_request(&self) -> bool {
        self.code() == Some("BadRequestException")
    }

    /// Whether SES does not know the place to continue from.
    pub(in crate::operator) fn is_of_the_token(&self) -> bool {
        self.code() == Some("InvalidNextTokenException")
    }

    fn code(&self) -> Option<&str> {
        self.answer.as_ref().map(|answer| answer.code.as_str())
    }
}

impl fmt::Display for SesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { right, list, answer } = self;
        let Some(Answer { code, message }) = answer else {
            return write!(f, "{right} got no answer from SES; check the network and the region (AWS_REGION)");
        };
        match code.as_str() {
            "BadRequestException" if *right == PUT => write!(
                f,
                "SES refuses to add to {list}: {message} (an account in the sandbox may not add; ask AWS for production access)"
            ),
            "BadRequestException" => write!(f, "SES refuses {right} on {list}: {message}"),
            "NotFoundException" => write!(f, "SES does not know {list}: {message}; check --tenant and AWS_REGION"),
            "InvalidNextTokenException" => {
                write!(f, "SES no longer knows where the listing stopped: {message}; start again with --from-start")
            }
            "TooManyRequestsException" => write!(
                f,
                "SES throttles {right}: it takes one request a second, from all programs of the account together; wait until \
                 the others are done, or lower --rate"
            ),
            code => f.write_str(&Call { right, on: list }.words(code)),
        }
    }
}

/// Whether the same request may succeed a little later.
pub(super) fn is_passing<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(context) => {
            let throttled = |code: &str| code.contains("TooManyRequests") || code.contains("Throttl");
            context.raw().status().is_server_error() || context.err().code().is_some_and(throttled)
        }
        _ => false,
    }
}
