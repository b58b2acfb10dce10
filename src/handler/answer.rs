//! The answer to each kind of invocation.

use aws_lambda_events::alb::AlbTargetGroupResponse;
use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::header::{ALLOW, CONTENT_TYPE, WWW_AUTHENTICATE};
use aws_lambda_events::http::{HeaderMap, HeaderValue};
use serde::Serialize;
use serde_json::json;

use crate::error::Error;
use crate::intake::PayloadFormat;

/// The answer to an invocation.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// To SNS or EventBridge, which ignore it; it is for people who invoke the function manually.
    Event {
        /// How many event records were written.
        events: usize,
    },
    /// To SQS: the messages that stay in the queue; the others are deleted from it.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>
    #[serde(rename_all = "camelCase")]
    Queue {
        /// The messages that failed.
        batch_item_failures: Vec<BatchItemFailure>,
    },
    /// To a load balancer.
    LoadBalancer(AlbTargetGroupResponse),
    /// To a request in payload format 1.0.
    V1(ApiGatewayProxyResponse),
    /// To a request in payload format 2.0.
    V2(ApiGatewayV2httpResponse),
}

/// A queued message that failed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// The id of the message.
    pub item_identifier: String,
}

impl Answer {
    /// The answer to an SNS or EventBridge event that was recorded.
    #[must_use]
    pub const fn event(events: usize) -> Self {
        Self::Event { events }
    }

    /// The answer to a batch of a queue, with the ids of the messages that failed.
    #[must_use]
    pub fn queue(failed: Vec<String>) -> Self {
        let failure = |item_identifier| BatchItemFailure { item_identifier };
        Self::Queue { batch_item_failures: failed.into_iter().map(failure).collect() }
    }

    /// The answer to a request: 200 with the number of events; a status with `{"error":"<one sentence>"}` if the caller can fix
    /// the cause; or a status alone.
    #[must_use]
    pub fn http(format: PayloadFormat, outcome: Result<usize, Error>) -> Self {
        let status = outcome.map_or_else(Error::status, |_| 200);
        Self::response(format, status, headers(outcome.err()), body(outcome))
    }

    /// The answer to a request with this status, headers and body.
    #[must_use]
    pub fn response(format: PayloadFormat, status: u16, headers: HeaderMap, body: String) -> Self {
        let (status_code, body) = (i64::from(status), Some(Body::Text(body)));
        match format {
            PayloadFormat::V1 => {
                let mut response = ApiGatewayProxyResponse::default();
                response.status_code = status_code;
                response.headers = headers;
                response.body = body;
                Self::V1(response)
            }
            PayloadFormat::LoadBalancer { multi_value } => {
                let mut response = AlbTargetGroupResponse::default();
                response.status_code = status_code;
                let place = if multi_value { &mut response.multi_value_headers } else { &mut response.headers };
                *place = headers;
                response.body = body;
                Self::LoadBalancer(response)
            }
            PayloadFormat::V2 => {
                let mut response = ApiGatewayV2httpResponse::default();
                response.status_code = status_code;
                response.headers = headers;
                response.body = body;
                Self::V2(response)
            }
        }
    }
}

fn body(outcome: Result<usize, Error>) -> String {
    match outcome.map_err(Error::answer) {
        Ok(events) => format!(r#"{{"events":{events}}}"#),
        Err(Some(sentence)) => json!({ "error": sentence }).to_string(),
        Err(None) => String::new(),
    }
}

fn headers(error: Option<Error>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if error.is_none_or(|error| error.answer().is_some()) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    match error {
        Some(Error::Credential) => {
            let challenge = HeaderValue::from_static(r#"Basic realm="mail-feedback", charset="UTF-8""#);
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        Some(Error::Method) => {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        _ => {}
    }
    headers
}
