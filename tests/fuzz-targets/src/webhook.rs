//! Webhook bodies, parsed as in authentic requests.

use mail_feedback::error::{Error, Malformed};
use mail_feedback::event::{EmailEvent, Provider, Stream};
use mail_feedback::intake::Invocation;
use mail_feedback::intake::webhook::{AuthenticRequest, ProviderRoute};
use mail_feedback::provider::normalize_webhook;
use serde_json::value::RawValue;
use support::request::{authorization, post};

use super::event_checks;
use super::world::{NOW, World};

/// A report that accompanies others.
const GOOD: &str = r#"{"event":"spam","time":1763600000,"MessageID":5,"email":"good@example.com","bulkId":"5"}"#;

/// Checks a text as the body of a provider's request, and as one element of an array.
pub fn check(provider: Provider, input: &[u8]) {
    let body = String::from_utf8_lossy(input);
    match events(provider, &body) {
        Ok(events) => {
            let elements = elements(&body).expect("an object or an array");
            assert_eq!(events.len(), elements.len(), "one event an element");
            for (event, element) in events.iter().zip(&elements) {
                event_checks::check(event, element);
            }
        }
        Err(error) => {
            assert_eq!(error, Error::Malformed(Malformed::Json));
            assert!(elements(&body).is_none());
        }
    }
    with_neighbour(provider, &body);
}

/// Whatever an element is, it does not affect the one next to it.
fn with_neighbour(provider: Provider, element: &str) {
    let Ok(element) = serde_json::from_str::<&RawValue>(element) else { return };
    let good = events(provider, GOOD).expect("a report");
    let before = events(provider, &format!("[{GOOD},{element}]")).expect("an array");
    let after = events(provider, &format!("[{element},{GOOD}]")).expect("an array");
    assert_eq!((before.len(), after.len()), (2, 2));
    assert_eq!((&before[0], &after[1]), (&good[0], &good[0]));
    assert_eq!(before[1], after[0], "the same in either place");
    event_checks::check(&after[0], element.get());
}

/// The elements of a body, split by other code than the function's.
fn elements(body: &str) -> Option<Vec<&str>> {
    if let Ok(array) = serde_json::from_str::<Vec<&RawValue>>(body) {
        return Some(array.into_iter().map(RawValue::get).collect());
    }
    let object: &RawValue = serde_json::from_str(body).ok()?;
    object.get().starts_with('{').then(|| vec![object.get()])
}

fn events(provider: Provider, body: &str) -> Result<Vec<EmailEvent>, Error> {
    let payload = post(&format!("/webhooks/{provider}"), &authorization(), body).to_string();
    let Ok(Invocation::Http(request)) = Invocation::detect(&payload) else { panic!("a request") };
    let sender_domain = provider.takes_sender_domain().then(|| "example.com".to_owned());
    let stream = sender_domain.as_ref().and_then(|_| Stream::parse("marketing"));
    let route = ProviderRoute { provider, sender_domain, stream };
    World::with(|world| {
        let authentic = AuthenticRequest::authenticate(&request, route, world.credentials(), *NOW);
        let authentic = world.wait(authentic).expect("the right credential");
        let events: Vec<_> = normalize_webhook(&authentic)?.collect();
        Ok(events)
    })
}
