//! The parsers of the providers: which parser reads which input, and what they have in common.
//!
//! A new provider is one file below this one, one variant of [`Provider`] in the vocabulary, its samples in `events/`
//! and its rows in the decision tables. The compiler and the contract test point out the rest.

mod mailjet;
mod salvage;
mod ses;
mod status_code;
mod tencent;

use serde_json::value::RawValue;
pub use ses::{SesSettings, StreamTag};
pub use status_code::StatusCode;

use crate::error::{Error, Malformed};
use crate::event::{EmailEvent, EventId, Provider, Stream, digest_hex};
use crate::intake::event_bridge::AuthorizedEvent;
use crate::intake::sns::VerifiedMessage;
use crate::intake::webhook::AuthenticRequest;
use crate::timestamp::Timestamp;

/// What is known about a webhook request apart from its body.
#[derive(Clone, Copy)]
struct WebhookContext<'a> {
    /// The sender domain that the path names.
    sender_domain: Option<&'a str>,
    /// The stream that the path names.
    stream: Option<&'a Stream>,
    /// When it arrived: no report can have a much later time.
    received_at: Timestamp,
}

/// Reads one element of a webhook body.
type ElementParser = for<'a> fn(&'a str, WebhookContext<'a>) -> EmailEvent;

/// The parser of a provider that posts to a webhook.
fn element_parser(provider: Provider) -> Option<ElementParser> {
    match provider {
        Provider::Ses | Provider::Own => None,
        Provider::Tencent => Some(tencent::parse),
        Provider::Mailjet => Some(mailjet::parse),
    }
}

/// The events of a verified SNS message, which is always an SES report.
///
/// # Errors
/// Refuses a message about mail from an account that is not accepted.
pub fn normalize_sns(message: &VerifiedMessage<'_>, settings: &SesSettings) -> Result<Vec<EmailEvent>, Error> {
    ses::parse(&ses::Published::by_sns(message), settings)
}

/// The events of an authorized EventBridge event, which is always an SES report.
///
/// `received_at` replaces the time of publication if the event has no usable one.
///
/// # Errors
/// Refuses an event about mail from an account that is not accepted.
pub fn normalize_event_bridge(
    event: &AuthorizedEvent<'_>,
    settings: &SesSettings,
    received_at: Timestamp,
) -> Result<Vec<EmailEvent>, Error> {
    ses::parse(&ses::Published::by_event_bridge(event, received_at), settings)
}

/// The events of an authenticated webhook request: of the object in its body, or of each element of the array.
///
/// They are created one by one, so that a large array is never in memory as a whole. An element that cannot be read
/// becomes an `unknown` event, and never fails the others.
///
/// # Errors
/// The body is not JSON, or neither an object nor an array.
pub fn normalize_webhook<'r>(
    request: &'r AuthenticRequest<'_>,
) -> Result<impl Iterator<Item = EmailEvent> + use<'r>, Error> {
    let route = request.route();
    let parse = element_parser(route.provider).ok_or(Error::NotFound)?;
    let elements = elements(request.body())?.into_iter();
    let sender_domain = route.sender_domain.as_deref();
    let context = WebhookContext { sender_domain, stream: route.stream.as_ref(), received_at: request.received_at() };
    Ok(elements.map(move |element| parse(element.get(), context).clipped()))
}

fn elements(body: &str) -> Result<Vec<&RawValue>, Error> {
    match body.trim_start().bytes().next() {
        Some(b'[') => serde_json::from_str(body).map_err(|_| Error::Malformed(Malformed::Json)),
        Some(b'{') => {
            serde_json::from_str(body).map(|object| vec![object]).map_err(|_| Error::Malformed(Malformed::Json))
        }
        _ => Err(Error::Malformed(Malformed::Json)),
    }
}

/// The event for an element that is not an object or names no event; its identity is the digest of its bytes as
/// received.
fn quarantined(provider: Provider, element: &str) -> EmailEvent {
    let digest = digest_hex(element.as_bytes());
    let id = EventId::of(&[Some(provider.as_str()), Some(&digest)]);
    EmailEvent::unknown(provider, id, element)
}

#[cfg(test)]
mod tests {
    use super::element_parser;
    use crate::event::Provider;

    #[test]
    fn a_route_has_a_parser() {
        for provider in Provider::ALL {
            assert_eq!(element_parser(*provider).is_some(), provider.has_webhook(), "{provider}");
        }
    }
}
