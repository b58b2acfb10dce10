//! Errors, and what each means for the sender.

use std::fmt;

use lambda_runtime::Diagnostic;

use crate::label::labelled;

labelled! {
    /// What is wrong with input that cannot be read.
    pub enum Malformed {
        /// The body is not JSON, or neither an object nor an array.
        Json = "json",
        /// An SNS envelope has a missing, repeated or mistyped field.
        Envelope = "envelope",
        /// The invocation is neither an SNS, SQS or EventBridge event nor an HTTP request.
        Invocation = "invocation",
        /// The body of an HTTP request is not valid base64, or not UTF-8.
        Encoding = "encoding",
    }
}

labelled! {
    /// Why readable input is permanently refused.
    pub enum Refusal {
        /// A field of the envelope breaks its grammar.
        Grammar = "grammar",
        /// The topic is not on the allow-list.
        Topic = "topic",
        /// The message is too old, or from the future.
        Age = "age",
        /// The signature version is unknown or not admitted.
        SignatureVersion = "signature_version",
        /// The signature does not match the message.
        Signature = "signature",
        /// The certificate URL is not one of the topic's region.
        CertificateUrl = "certificate_url",
        /// The certificate is malformed, was not valid, is not Amazon's, is not issued to SNS, or does not exist at
        /// SNS.
        Certificate = "certificate",
        /// The HTTP headers contradict the signed message.
        Headers = "headers",
        /// Raw delivery: nothing is signed.
        RawDelivery = "raw_delivery",
        /// The subscription does not belong to the topic.
        Subscription = "subscription",
        /// The subscribe URL does not match the signed topic and token.
        SubscribeUrl = "subscribe_url",
        /// The mail was sent from an account that is not on the allow-list.
        Account = "account",
        /// An EventBridge event from an account or queue that is not on the allow-list.
        EventBridge = "event_bridge",
    }
}

labelled! {
    /// What is temporarily unavailable.
    pub enum Outage {
        /// DynamoDB or its network did not answer in time.
        Unreachable = "unreachable",
        /// DynamoDB throttled the calls beyond all retries.
        Throttled = "throttled",
        /// A table does not exist.
        TableMissing = "table_missing",
        /// The function may not call DynamoDB.
        Forbidden = "forbidden",
        /// DynamoDB rejects an item as it is.
        ItemRefused = "item_refused",
        /// DynamoDB failed in another way.
        Store = "store",
        /// The time limit of the invocation was close.
        Deadline = "deadline",
        /// A suppression record changed under every attempt to write it.
        Contention = "contention",
        /// A stored suppression record cannot be read.
        StoredRecord = "stored_record",
        /// The signing certificate could not be fetched.
        CertificateFetch = "certificate_fetch",
        /// The SNS host denies the signing certificate, which may not be on every server yet, or too many unknown
        /// certificates were requested.
        CertificateUnknown = "certificate_unknown",
        /// The subscription could not be confirmed.
        Confirmation = "confirmation",
        /// The webhook credential, or the keys of links, could not be read from Secrets Manager.
        Secret = "secret",
    }
}

/// A failed invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The input cannot be read.
    Malformed(Malformed),
    /// The input can be read but is refused.
    Unauthentic(Refusal),
    /// A webhook request has no credential, or a wrong one.
    Credential,
    /// No such route.
    NotFound,
    /// The path names an invalid sender domain.
    SenderDomain,
    /// The path names a stream that is not one.
    Stream,
    /// The route accepts POST only.
    Method,
    /// The body exceeds the limit.
    TooLarge,
    /// No webhook credential is configured, so no webhook request can be authentic.
    Unconfigured,
    /// Something is temporarily unavailable; a later attempt may succeed.
    Transient(Outage),
}

/// What the sender should do with a failed delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Another attempt may succeed.
    Retry,
    /// No attempt can succeed.
    GiveUp,
}

impl Error {
    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::Credential => 401,
            Self::Unauthentic(_) => 403,
            Self::NotFound | Self::SenderDomain | Self::Stream => 404,
            Self::Method => 405,
            Self::TooLarge => 413,
            Self::Unconfigured | Self::Transient(_) => 503,
        }
    }

    /// The name in logs and metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Malformed(what) => what.as_str(),
            Self::Unauthentic(why) => why.as_str(),
            Self::Credential => "credential",
            Self::NotFound => "not_found",
            Self::SenderDomain => "sender_domain",
            Self::Stream => "stream",
            Self::Method => "method",
            Self::TooLarge => "too_large",
            Self::Unconfigured => "unconfigured",
            Self::Transient(what) => what.as_str(),
        }
    }

    /// The name of its class, which Lambda reports as the error type of a failed invocation.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Malformed(_) => "Malformed",
            Self::Unauthentic(_) => "Unauthentic",
            Self::Credential => "Credential",
            Self::NotFound | Self::SenderDomain | Self::Stream | Self::Method | Self::TooLarge => "Request",
            Self::Unconfigured => "Unconfigured",
            Self::Transient(_) => "Transient",
        }
    }

    /// All errors.
    pub fn all() -> impl Iterator<Item = Self> {
        let malformed = Malformed::ALL.iter().map(|what| Self::Malformed(*what));
        let refused = Refusal::ALL.iter().map(|why| Self::Unauthentic(*why));
        let outages = Outage::ALL.iter().map(|what| Self::Transient(*what));
        let request = [Self::NotFound, Self::SenderDomain, Self::Stream, Self::Method, Self::TooLarge];
        let single = [Self::Credential].into_iter().chain(request).chain([Self::Unconfigured]);
        malformed.chain(refused).chain(outages).chain(single)
    }

    /// The labels of all errors.
    pub fn labels() -> impl Iterator<Item = &'static str> {
        Self::all().map(Self::label)
    }

    /// Whether another attempt may succeed.
    #[must_use]
    pub const fn disposition(self) -> Disposition {
        match self {
            Self::Unconfigured | Self::Transient(_) => Disposition::Retry,
            Self::Malformed(_)
            | Self::Unauthentic(_)
            | Self::Credential
            | Self::NotFound
            | Self::SenderDomain
            | Self::Stream
            | Self::Method
            | Self::TooLarge => Disposition::GiveUp,
        }
    }

    /// Whether it suggests that this version of the function is broken: a retry may succeed, and no stranger can cause
    /// the error at will.
    ///
    /// Any caller of the SNS webhook chooses which certificate is requested. If a version cannot fetch any, Lambda
    /// counts the failed invocations on its own.
    #[must_use]
    pub const fn is_of_the_function(self) -> bool {
        match self {
            Self::Transient(Outage::CertificateUnknown | Outage::CertificateFetch) => false,
            _ => matches!(self.disposition(), Disposition::Retry),
        }
    }

    /// The explanation in the answer to a request: one sentence on what to do.
    ///
    /// Callers who fail authentication (401, 403) are told nothing, and temporary errors (503) need no explanation.
    #[must_use]
    pub const fn answer(self) -> Option<&'static str> {
        match self {
            Self::Malformed(_) | Self::NotFound | Self::SenderDomain | Self::Stream | Self::Method | Self::TooLarge => {
                Some(self.advice())
            }
            Self::Credential | Self::Unauthentic(_) | Self::Unconfigured | Self::Transient(_) => None,
        }
    }

    /// One sentence that says what to do; it is constant and quotes no input.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Malformed(Malformed::Json) => "the body is not a JSON object or array; send the provider's JSON",
            Self::Malformed(Malformed::Envelope) => {
                "the SNS envelope has a missing, repeated or mistyped field; subscribe without raw delivery"
            }
            Self::Malformed(Malformed::Invocation) => {
                "not an SNS, SQS or SES event, nor an HTTP request; invoke through SNS, SQS, EventBridge or HTTP"
            }
            Self::Malformed(Malformed::Encoding) => "the body is not valid base64, or not UTF-8; send UTF-8 text",
            Self::Unauthentic(Refusal::Grammar) => "a field of the SNS envelope is malformed; do not alter the message",
            Self::Unauthentic(Refusal::Topic) => "the topic is not allowed; add its ARN to SNS_TOPIC_ARNS",
            Self::Unauthentic(Refusal::Age) => {
                "the message is too old or from the future; check SNS_MAX_AGE_SECONDS and the clock"
            }
            Self::Unauthentic(Refusal::SignatureVersion) => {
                "the signature version is not admitted; set SignatureVersion 2 on the topic, or see SNS_ALLOW_SHA1"
            }
            Self::Unauthentic(Refusal::Signature) => {
                "the signature does not match the message; do not alter the message"
            }
            Self::Unauthentic(Refusal::CertificateUrl) => "the certificate url does not belong to the topic's region",
            Self::Unauthentic(Refusal::Certificate) => {
                "the signing certificate is not acceptable; see SNS_TRUST_ANCHORS and SNS_INTERMEDIATES"
            }
            Self::Unauthentic(Refusal::Headers) => "the headers contradict the message; forward both unchanged",
            Self::Unauthentic(Refusal::RawDelivery) => "raw delivery is unsigned; switch it off on the subscription",
            Self::Unauthentic(Refusal::Subscription) => "the subscription does not belong to the topic",
            Self::Unauthentic(Refusal::SubscribeUrl) => "the subscribe url does not match the topic and token",
            Self::Unauthentic(Refusal::Account) => "the account is not accepted; add it to SES_ACCOUNT_IDS",
            Self::Unauthentic(Refusal::EventBridge) => {
                "the event's account or queue is not admitted; see EVENTBRIDGE_ACCOUNT_IDS and EVENTBRIDGE_QUEUE_ARNS"
            }
            Self::Credential => "credential missing or wrong; use the user and password of the webhook secret",
            Self::NotFound => "no such route; post to /webhooks/mailjet, /webhooks/tencent or /webhooks/sns",
            Self::SenderDomain => "the sender domain in the path is not a domain; correct it, or leave it out",
            Self::Stream => {
                "the stream in the path is not one; use at most 64 letters, digits, - and _, or leave it out"
            }
            Self::Method => "method not allowed; use POST",
            Self::TooLarge => "the body exceeds 4 MiB; send fewer events per request",
            Self::Unconfigured => "no webhook credential; set WEBHOOK_SECRET_ARN or WEBHOOK_CREDENTIALS",
            Self::Transient(Outage::Unreachable) => "dynamodb did not answer; check network and endpoint, or wait",
            Self::Transient(Outage::Throttled) => "dynamodb throttles; wait, or raise the limits of the tables",
            Self::Transient(Outage::TableMissing) => "a table does not exist; check EVENT_TABLE and SUPPRESSION_TABLE",
            Self::Transient(Outage::Forbidden) => "dynamodb denies access; check the role of the function",
            Self::Transient(Outage::ItemRefused) => "dynamodb refuses an item as it is; please report this as a bug",
            Self::Transient(Outage::Store) => "dynamodb failed past all retries; try again",
            Self::Transient(Outage::Deadline) => "the time limit was close; wait, send less at once, or raise it",
            Self::Transient(Outage::Contention) => "a suppression record changed under every attempt; try again",
            Self::Transient(Outage::StoredRecord) => "a stored suppression record cannot be read; repair the item",
            Self::Transient(Outage::CertificateFetch) => {
                "the signing certificate could not be fetched; check internet access or SNS_CERTIFICATES"
            }
            Self::Transient(Outage::CertificateUnknown) => {
                "sns does not have the signing certificate yet, or too many unknown ones were requested; wait"
            }
            Self::Transient(Outage::Confirmation) => "sns did not confirm the subscription; try again",
            Self::Transient(Outage::Secret) => "the secret could not be read; check its permissions and content",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.label(), self.advice())
    }
}

impl std::error::Error for Error {}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self { error_type: error.class().to_owned(), error_message: error.to_string() }
    }
}
