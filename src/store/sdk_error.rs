//! Classifies the errors of DynamoDB calls.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::error::{Error, Outage};

/// The codes with which DynamoDB and its gateway throttle calls.
const THROTTLES: [&str; 4] =
    ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException", "ThrottledException"];

/// The error for a failed call that the client has already retried.
pub(crate) fn classified<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Error {
    let code = match error {
        SdkError::ServiceError(context) => context.err().code(),
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) => return Error::Transient(Outage::Unreachable),
        _ => None,
    };
    Error::Transient(match code {
        Some("ResourceNotFoundException") => Outage::TableMissing,
        Some("AccessDeniedException" | "UnrecognizedClientException" | "ExpiredTokenException") => Outage::Forbidden,
        Some("ValidationException") => Outage::ItemRefused,
        Some(code) if THROTTLES.contains(&code) => Outage::Throttled,
        _ => Outage::Store,
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::error::{ErrorMetadata, SdkError};
    use aws_sdk_dynamodb::operation::get_item::GetItemError;

    use super::classified;
    use crate::error::{Error, Outage};

    fn label(code: &str) -> &'static str {
        let error = GetItemError::generic(ErrorMetadata::builder().code(code).build());
        classified(&SdkError::service_error(error, ())).label()
    }

    #[test]
    fn an_operator_can_tell_the_faults_apart() {
        assert_eq!(label("ResourceNotFoundException"), "table_missing");
        assert_eq!(label("AccessDeniedException"), "forbidden");
        assert_eq!(label("ThrottlingException"), "throttled");
        assert_eq!(label("ProvisionedThroughputExceededException"), "throttled");
        assert_eq!(label("ValidationException"), "item_refused");
        assert_eq!(label("InternalServerError"), "store");
        let timeout: SdkError<GetItemError, ()> = SdkError::timeout_error("slow");
        assert_eq!(classified(&timeout), Error::Transient(Outage::Unreachable));
    }
}
