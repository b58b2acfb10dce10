//! How a report arrived.

/// The SNS message or EventBridge event that carried a report, by its id; a webhook request has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport<Id = String> {
    /// An SNS message, by its `MessageId`.
    Sns(Id),
    /// An EventBridge event, by its `id`.
    EventBridge(Id),
}

impl<Id: AsRef<str>> Transport<Id> {
    /// The id, which is the same for a redelivery.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Sns(id) | Self::EventBridge(id) => id.as_ref(),
        }
    }
}

impl Transport<&str> {
    /// The same as an owned value.
    #[must_use]
    pub fn into_owned(self) -> Transport {
        match self {
            Self::Sns(id) => Transport::Sns(id.to_owned()),
            Self::EventBridge(id) => Transport::EventBridge(id.to_owned()),
        }
    }
}
