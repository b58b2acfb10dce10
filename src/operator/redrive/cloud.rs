//! The AWS services that a redrive uses.

/// The clients, all for one region.
pub struct Cloud {
    /// Describes the stack.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// Describes and switches the event source mappings.
    pub lambda: aws_sdk_lambda::Client,
    /// Reads and moves the messages.
    pub sqs: aws_sdk_sqs::Client,
    /// The region, for people.
    pub region: String,
}
