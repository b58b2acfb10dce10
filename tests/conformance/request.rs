//! Turns a peer's request into an invocation.

use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::envelope::lambda_event;
use support::request::{CREDENTIALS, authorization, post};

use super::case::{Case, Expected, PeerRequest};
use super::certificates::Certificates;
use super::envelope::{Defect, map, map_headers};
use super::world::Setup;

/// Where SNS posts to.
pub(crate) const SNS_PATH: &str = "/webhooks/sns";

/// An invocation, and its prerequisites.
pub(crate) struct Prepared {
    /// The invocation.
    pub(crate) invocation: Value,
    /// How the handler must be set up for it.
    pub(crate) setup: Setup,
    /// The defect, if it is an SNS message that must be refused.
    pub(crate) defect: Option<Defect>,
    /// Whether it asks to confirm a subscription.
    pub(crate) confirms: bool,
}

/// The credential in a webhook request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Credential {
    Right,
    Wrong,
    Missing,
    NotConfigured,
}

/// Prepares the request of a case.
///
/// # Errors
/// The transport is unknown.
pub(crate) fn prepare(case: &Case, request: &PeerRequest, certificates: &Certificates) -> Result<Prepared, String> {
    let expected = &case.content.expected;
    match case.content.transport.as_str() {
        "sns-http" => sns(case, request, false, certificates),
        "sns-lambda" => sns(case, request, true, certificates),
        "raw" => Ok(plain(post(SNS_PATH, &json!(request.headers), &request.body), Setup::default())),
        "http-webhook" => webhook(&case.name, &case.content.provider, request, expected),
        other => Err(format!("the transport {other} is not understood")),
    }
}

/// An envelope, converted and signed; anything else is unchanged.
fn sns(case: &Case, request: &PeerRequest, lambda: bool, certificates: &Certificates) -> Result<Prepared, String> {
    let Some(peer) = request.body_json.as_object().filter(|fields| fields.contains_key("Type")) else {
        return Ok(plain(post(SNS_PATH, &json!(request.headers), &request.body), Setup::default()));
    };
    let mapped = map(&case.name, &case.content.expected, peer, lambda, certificates)?;
    let envelope = &mapped.envelope;
    let invocation = if lambda {
        lambda_event(envelope)
    } else {
        let headers = map_headers(request.headers.clone(), &request.body_json, envelope);
        post(SNS_PATH, &headers, &envelope.to_string())
    };
    let confirms = envelope.get("Type").and_then(Value::as_str) == Some("SubscriptionConfirmation");
    let setup = Setup { topic: mapped.topic, ..Setup::default() };
    Ok(Prepared { invocation, setup, defect: mapped.defect, confirms })
}

/// A webhook request with its body byte for byte.
fn webhook(name: &str, provider: &str, request: &PeerRequest, expected: &Expected) -> Result<Prepared, String> {
    let path = match provider {
        "mailjet" => "/webhooks/mailjet",
        "tencent-ses" => "/webhooks/tencent",
        other => return Err(format!("the provider {other} has no webhook")),
    };
    let credential = Credential::of(name, expected);
    let mut headers = json!(request.headers);
    let mut query = json!({});
    // A peer with a token in the query gets ours in the query, too; all others use HTTP Basic.
    let token_in_query = request.path.contains("?token=") || credential == Credential::Missing;
    let token = match credential {
        Credential::Missing => None,
        Credential::Wrong => Some("wrong"),
        Credential::Right | Credential::NotConfigured => CREDENTIALS.split_once(':').map(|(_, password)| password),
    };
    match (token, credential) {
        (Some(token), _) if token_in_query => merge(&mut query, json!({"token": token})),
        (Some(_), Credential::Wrong) => merge(&mut headers, json!({"authorization": "Basic d3Jvbmc6d3Jvbmc="})),
        (Some(_), _) => merge(&mut headers, authorization()),
        (None, _) => {}
    }
    let mut invocation = post(path, &headers, &request.body);
    merge(&mut invocation, json!({"queryStringParameters": query}));
    let without_credential = credential == Credential::NotConfigured;
    Ok(plain(invocation, Setup { without_credential, ..Setup::default() }))
}

impl Credential {
    /// The credential that a case is about: the name of a refused case says why.
    fn of(name: &str, expected: &Expected) -> Self {
        let words = [
            ("not-configured", Self::NotConfigured),
            ("missing", Self::Missing),
            ("wrong", Self::Wrong),
            ("stale", Self::Wrong),
        ];
        let named = words.into_iter().find(|(word, _)| name.contains(word)).map(|(_, credential)| credential);
        let refused = matches!(expected.http_status, Some(401 | 403 | 503));
        named.filter(|_| refused).unwrap_or(Self::Right)
    }
}

/// The body of an SNS notification with the times of its event moved by some days.
///
/// # Errors
/// The message is not JSON.
pub(crate) fn postponed(body: &Value, days: u32) -> Result<Value, String> {
    let message = body.get("Message").and_then(Value::as_str).ok_or("the step has no message")?;
    let mut message: Value = serde_json::from_str(message).map_err(|_| "the step's message is not JSON")?;
    for pointer in ["/mail/timestamp", "/bounce/timestamp", "/complaint/timestamp", "/delivery/timestamp"] {
        let Some(time) = message.pointer_mut(pointer) else { continue };
        if let Some(at) = time.as_str().and_then(Timestamp::parse) {
            *time = at.plus_days(days).to_string().into();
        }
    }
    let mut moved = body.clone();
    merge(&mut moved, json!({"Message": message.to_string()}));
    Ok(moved)
}

/// An invocation without any defect or confirmation.
fn plain(invocation: Value, setup: Setup) -> Prepared {
    Prepared { invocation, setup, defect: None, confirms: false }
}

/// Adds the fields of one object to another.
fn merge(target: &mut Value, more: Value) {
    if let (Some(target), Value::Object(more)) = (target.as_object_mut(), more) {
        target.extend(more);
    }
}
