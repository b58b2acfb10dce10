//! The calls of AWS services, and their errors in words that say what to do.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::failure::Failure;

/// A call that may fail: the permission it needs, and its resource.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    /// The permission, such as `sqs:ReceiveMessage`.
    pub right: &'static str,
    /// The resource.
    pub on: &'c str,
}

impl Call<'_> {
    /// Why it failed.
    pub fn failure<E: ProvideErrorMetadata, R>(self, error: &SdkError<E, R>) -> Failure {
        let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
        match metadata {
            Some(metadata) => Failure::new(self.words(metadata.code().unwrap_or("an unknown error"))),
            None => match error {
                SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
                    Failure::new(format!("{} got no answer; check the network and the region (AWS_REGION)", self.right))
                }
                _ => Failure::new(format!("{} on {} failed: {error}; try again", self.right, self.on)),
            },
        }
    }

    /// The message for an AWS error code.
    #[must_use]
    pub fn words(self, code: &str) -> String {
        let Self { right, on } = self;
        match code {
            code if code.contains("AccessDenied") || code.starts_with("UnauthorizedOperation") => format!(
                "{right} on {on} is denied; use credentials with this permission (see Rights in src/guide/elsewhere.md)"
            ),
            "UnrecognizedClientException"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "SignatureDoesNotMatch" => "the credentials are invalid or have expired; get new ones".to_owned(),
            code if code.contains("NonExistentQueue") || code.contains("QueueDoesNotExist") => {
                format!("the queue {on} is gone; let `sam deploy` create it again, and see LossAlarm in the runbook")
            }
            "ResourceNotFoundException" => {
                format!("{on} is gone; somebody has deleted or replaced it: see what the last deployment did")
            }
            "ResourceInUseException" => format!("{on} is being changed by somebody else; wait a minute, and try again"),
            code if code.contains("Throttl") || code.contains("TooManyRequests") => {
                format!("AWS throttles {right}; wait a minute, and try again")
            }
            code => format!("{right} on {on} failed: {code}; try again"),
        }
    }
}

/// The error code.
pub fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}
