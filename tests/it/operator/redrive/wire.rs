//! The account as AWS clients see it, without a network.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::account::{Account, INTAKE, LIMIT, QueuedMessage, State};
use mail_feedback::operator::redrive::Cloud;
use mail_feedback::operator::redrive::queue::Kind;

/// The alias that every source invokes.
const ALIAS: &str = "arn:aws:lambda:us-east-1:123456789012:function:mf:live";
/// What the URLs of its queues begin with.
pub const QUEUES: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/";

impl Account {
    /// Its clients.
    pub fn cloud(&self) -> Cloud {
        let sdk = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new("us-east-1"))
            .credentials_provider(aws_sdk_sqs::config::SharedCredentialsProvider::new(
                aws_sdk_sqs::config::Credentials::new("local", "local", None, None, "local"),
            ))
            .http_client(self.clone())
            .build();
        Cloud {
            cloudformation: aws_sdk_cloudformation::Client::new(&sdk),
            lambda: aws_sdk_lambda::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
            region: "us-east-1".to_owned(),
        }
    }
}

impl HttpConnector for Account {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, kind, body) = answer(&mut self.state(), &request);
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        response.headers_mut().insert("x-amzn-errortype", kind);
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl HttpClient for Account {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// The status, the error type, and the body.
fn answer(state: &mut State, request: &HttpRequest) -> (u16, &'static str, String) {
    let path = request.uri().split_once(".com").map_or("/", |(_, path)| path);
    let action = match (request.headers().get("x-amz-target"), request.method(), path) {
        (Some(target), _, _) => target.split_once('.').unwrap().1.to_owned(),
        (None, "GET", path) if path.contains("/functions/") => "GetFunctionConfiguration".to_owned(),
        (None, "GET", path) if path.contains('?') => "ListEventSourceMappings".to_owned(),
        (None, "GET", _) => "GetEventSourceMapping".to_owned(),
        (None, "PUT", _) => "UpdateEventSourceMapping".to_owned(),
        _ => "DescribeStacks".to_owned(),
    };
    if let Some((times, code)) = state.refusals.get_mut(action.as_str()).filter(|(times, _)| *times > 0) {
        *times -= 1;
        let code = *code;
        let message = if code == "ValidationError" { "Stack with id mf does not exist" } else { "refused" };
        let body = match action.as_str() {
            "DescribeStacks" => {
                format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")
            }
            _ => json!({"__type": code, "message": message}).to_string(),
        };
        return (400, code, body);
    }
    let body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
    let number = Kind::ALL.iter().position(|kind| {
        let text = format!("{path} {body}");
        text.contains(kind.as_str())
    });
    let number = if format!("{path} {body}").contains("mf-intake") { Some(INTAKE) } else { number };
    if action == "GetQueueAttributes" && number.is_some() && number == state.denied_queue {
        return (400, "AccessDenied", json!({"__type": "AccessDenied", "message": "refused"}).to_string());
    }
    let body = match action.as_str() {
        "DescribeStacks" => stack(state),
        "GetFunctionConfiguration" => json!({"Environment": {"Variables": state.variables}}).to_string(),
        "ListEventSourceMappings" => {
            let number = number.unwrap();
            let state = if number == INTAKE { state.intake_mapping } else { state.read_mapping(number) };
            json!({"EventSourceMappings": [{"UUID": uuid(number), "State": state, "FunctionArn": ALIAS}]}).to_string()
        }
        "GetEventSourceMapping" => json!({"State": state.read_mapping(number.unwrap())}).to_string(),
        "UpdateEventSourceMapping" => {
            state.switch(number.unwrap(), body["Enabled"] == true);
            "{}".to_owned()
        }
        _ => queue_answer(state, &action, &body, number.unwrap_or(2)).to_string(),
    };
    (200, "", body)
}

fn uuid(number: usize) -> String {
    format!("uuid-of-{}", Kind::ALL.get(number).map_or("IntakeQueue", |kind| kind.as_str()))
}

/// The ARN of a queue.
pub fn queue_arn(number: usize) -> String {
    let name = Kind::ALL.get(number).map_or("mf-intake".to_owned(), |kind| format!("mf-{}-1", kind.as_str()));
    format!("arn:aws:sqs:us-east-1:123456789012:{name}")
}

fn stack(state: &State) -> String {
    let queues = Kind::ALL.map(|kind| (kind.output().to_owned(), format!("{QUEUES}mf-{}-1", kind.as_str())));
    let outputs = queues
        .into_iter()
        .chain([("FunctionAliasArn".to_owned(), ALIAS.to_owned())])
        .chain(state.outputs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())))
        .map(|(key, value)| format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"));
    format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>mf</StackName>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>{}</StackStatus><Parameters><member>\
         <ParameterKey>RedriveEnabled</ParameterKey><ParameterValue>{}</ParameterValue></member><member>\
         <ParameterKey>SoftBounceThreshold</ParameterKey><ParameterValue>7</ParameterValue></member></Parameters>\
         <Outputs>{}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>",
        state.status,
        state.always_on,
        outputs.collect::<String>()
    )
}

fn queue_answer(state: &mut State, action: &str, body: &Value, number: usize) -> Value {
    match action {
        "GetQueueAttributes" => {
            state.work();
            let (shown, hidden) = state.depth(number);
            let mut attributes = json!({
                "QueueArn": queue_arn(number),
                "ApproximateNumberOfMessages": shown.to_string(),
                "ApproximateNumberOfMessagesNotVisible": hidden.to_string(),
                "VisibilityTimeout": "180",
                "MessageRetentionPeriod": "1209600",
            });
            if number < 2 {
                attributes["RedrivePolicy"] = json!({"maxReceiveCount": LIMIT}).to_string().into();
            }
            json!({"Attributes": attributes})
        }
        "ReceiveMessage" => {
            let most = body["MaxNumberOfMessages"].as_u64().unwrap().try_into().unwrap();
            let hidden = Duration::from_secs(body["VisibilityTimeout"].as_u64().unwrap());
            json!({"Messages": state.receive(number, most, hidden).iter().map(message).collect::<Vec<_>>()})
        }
        "ChangeMessageVisibilityBatch" => {
            for entry in body["Entries"].as_array().unwrap() {
                let receipt = entry["ReceiptHandle"].as_str().unwrap();
                for message in &mut state.queues[number] {
                    message.hidden_until = message.hidden_until.filter(|_| message.id != receipt);
                }
            }
            json!({"Successful": [], "Failed": []})
        }
        "DeleteMessage" => {
            state.changes.push(format!("deleted {}", body["ReceiptHandle"].as_str().unwrap()));
            state.queues[number].retain(|message| body["ReceiptHandle"] != message.id);
            json!({})
        }
        "StartMessageMoveTask" => state.move_back(),
        "ListMessageMoveTasks" => {
            state.list_moves(body["MaxResults"].as_u64().map_or(1, |most| most.try_into().unwrap()))
        }
        action => panic!("{action}"),
    }
}

/// A message in the wire format; its id is also its receipt.
fn message(message: &QueuedMessage) -> Value {
    let attribute =
        |(name, value): (&String, &String)| (name.clone(), json!({"DataType": "String", "StringValue": value}));
    let mut system = json!({"SentTimestamp": "1790000000000", "ApproximateReceiveCount": message.received.to_string()});
    if let Some(origin) = message.origin {
        system["DeadLetterQueueSourceArn"] = queue_arn(origin).into();
    }
    json!({
        "MessageId": message.id,
        "ReceiptHandle": message.id,
        "Body": message.body,
        "Attributes": system,
        "MessageAttributes": message.attributes.iter().map(attribute).collect::<serde_json::Map<_, _>>(),
    })
}
