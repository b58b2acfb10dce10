//! A certificate host that answers garbage, reached by the real client of the real binary.

use super::{function, print_uncaptured};
use crate::attacks::subscriptions::confirmation;
use crate::attacks::world::{failure_record, signed};
use serde_json::json;
use support::authority::{AUTHORITY, Request};
use support::database::Database;
use support::envelope::lambda_event;
use support::environment::trusting_environment;
use support::request::post;
use support::tls_host::{Behaviour, TlsHost};

const SNS: &str = "sns.us-east-1.amazonaws.com";
/// The content of the garbage.
const MARK: &str = "jane.doe+vip@example.com";

/// What the host does, the name in its certificate, and whether a message is accepted then.
fn hosts() -> Vec<(Behaviour, &'static str, bool)> {
    let other = AUTHORITY.certificate(&Request { names: vec!["jane-doe.example".to_owned()], ..Request::default() });
    let page = format!("<html>no certificate for {MARK}, token=correct-horse-battery</html>");
    let answer = |status, body: &str| (Behaviour::Answer(status, body.to_owned()), SNS, false);
    vec![
        (Behaviour::Answer(200, AUTHORITY.leaf.clone()), SNS, true),
        (Behaviour::Answer(200, AUTHORITY.leaf.clone()), "jane-doe.example", false),
        answer(200, &other),
        answer(200, &page),
        answer(200, &AUTHORITY.key.serialize_pem()),
        answer(200, &AUTHORITY.leaf.replace("MII", MARK)),
        answer(404, &page),
        answer(500, &page),
        (Behaviour::Redirect(302), SNS, false),
        (Behaviour::Endless, SNS, false),
        (Behaviour::SlowBody, SNS, false),
        (Behaviour::Silent, SNS, false),
    ]
}

/// What a function writes with such a host; returns the number of lines.
async fn under(behaviour: Behaviour, name: &str, accepted: bool) -> usize {
    let host = TlsHost::start(behaviour.clone(), name).await;
    let database = Database::start().await;
    let proxy = format!("http://{}", host.address);
    let settings = [("SNS_CERTIFICATES", ""), ("HTTPS_PROXY", proxy.as_str()), ("SNS_AUTO_CONFIRM", "true")];
    let mut function = function(trusting_environment(&database), &settings).await;
    let posted = |envelope| post("/webhooks/sns", &json!({}), &format!("{envelope}")).to_string();
    let queued = json!({"eventSource": "aws:sqs", "messageId": "m-1", "body": failure_record(&signed(|_| {}))});
    let event = function.invoke(&lambda_event(&signed(|_| {})).to_string()).await;
    assert_eq!(event.is_ok(), accepted, "{behaviour:?}: {event:?}");
    let delivery = function.invoke(&posted(signed(|_| {}))).await.unwrap();
    assert_eq!(delivery["statusCode"] == 200, accepted, "{behaviour:?}: {delivery}");
    function.invoke(&posted(confirmation("SubscriptionConfirmation"))).await.unwrap();
    function.invoke(&json!({"Records": [queued]}).to_string()).await.unwrap();
    let output = function.stop().await;
    for part in ["jane", "+vip", "correct-horse", "amazonaws.com", "BEGIN", "MII"] {
        assert!(!output.contains(part), "{behaviour:?}: {part} in {output}");
    }
    output.lines().count()
}

#[tokio::test]
async fn a_certificate_host_that_answers_garbage_is_not_quoted() {
    let hosts = hosts();
    let count = hosts.len();
    let runs = hosts.into_iter().map(|(behaviour, name, accepted)| under(behaviour, name, accepted));
    let lines: usize = futures_util::future::join_all(runs).await.into_iter().sum();
    print_uncaptured(&format!("{count} hosts of certificates: {lines} lines"));
}
