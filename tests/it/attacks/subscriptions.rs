//! Cases 82 to 88: subscriptions, and what the log may say.

use mail_feedback::intake::sns::Fetcher;
use mail_feedback::timestamp::Timestamp;
use serde_json::Value;
use support::authority::CERTIFICATE_ID;
use support::database::Database;
use support::envelope::TOPIC;
use support::environment::trusting_environment;
use support::request::post;

use super::world::{Host, World, signed};
use crate::real_binary;

const TOKEN: &str = "2336412f37fb687f5d51e6e2425929f52e8e353134fe72d55ef8b330217d82da14007cbccefffd35b695feb8f0294d01";

fn url(topic: &str, token: &str) -> String {
    format!("https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}")
}

/// A genuine confirmation of a type.
pub fn confirmation(kind: &str) -> Value {
    signed(|envelope| {
        envelope["Type"] = kind.into();
        envelope["Token"] = TOKEN.into();
        envelope["SubscribeURL"] = url(TOPIC, TOKEN).into();
        envelope.as_object_mut().unwrap().remove("UnsubscribeURL");
    })
}

/// A genuinely signed confirmation with another subscribe URL.
fn leading_to(url: &str) -> Value {
    signed(|envelope| {
        envelope["Type"] = "SubscriptionConfirmation".into();
        envelope["Token"] = TOKEN.into();
        envelope["SubscribeURL"] = url.into();
    })
}

async fn confirming(host: &Host, auto: &str) -> World {
    World::new(Fetcher::over(host.clone()), &[("SNS_AUTO_CONFIRM", auto)]).await
}

#[tokio::test]
async fn case_82_a_subscribe_url_that_leads_elsewhere() {
    let host = Host::genuine();
    let world = confirming(&host, "true").await;
    for url in [
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "https://evil.example/?Action=ConfirmSubscription",
        &url(TOPIC, TOKEN).replace("https", "http"),
        &url(TOPIC, TOKEN).replace("us-east-1.", "us-east-2."),
        &url(TOPIC, TOKEN).replace("amazonaws.com/", "amazonaws.com@evil.example/"),
        &format!("{}&x=y", url(TOPIC, TOKEN)),
    ] {
        world.refuses(&leading_to(url), "subscribe_url").await;
    }
    assert_eq!(host.requests(), 0);
}

#[tokio::test]
async fn case_83_a_subscribe_url_of_another_topic_or_token() {
    let host = Host::genuine();
    let world = confirming(&host, "true").await;
    world.refuses(&leading_to(&url(&TOPIC.replace("local", "other"), TOKEN)), "subscribe_url").await;
    world.refuses(&leading_to(&url(TOPIC, "2336412f")), "subscribe_url").await;
    assert_eq!(host.requests(), 0);
}

#[tokio::test]
async fn case_84_a_genuine_confirmation_of_a_foreign_topic() {
    let host = Host::genuine();
    let world = confirming(&host, "true").await;
    let foreign = TOPIC.replace("123456789012", "999999999999");
    let envelope = signed(|envelope| {
        envelope["Type"] = "SubscriptionConfirmation".into();
        envelope["TopicArn"] = foreign.as_str().into();
        envelope["Token"] = TOKEN.into();
        envelope["SubscribeURL"] = url(&foreign, TOKEN).into();
    });
    world.refuses(&envelope, "topic").await;
    assert_eq!(host.requests(), 0);
}

#[tokio::test]
async fn case_85_confirmed_only_where_that_is_wanted() {
    for (auto, requests) in [("true", 2), ("false", 1), ("", 1)] {
        let host = Host::genuine();
        let world = confirming(&host, auto).await;
        assert_eq!(world.https(&confirmation("SubscriptionConfirmation")).await, 200);
        assert_eq!(host.requests(), requests, "the certificate, and the confirmation if wanted");
        world.is_untouched().await;
    }
    let host = Host::genuine();
    let world = confirming(&host, "true").await;
    assert_eq!(world.https(&signed(|_| {})).await, 200);
    host.answer_with(500, "");
    assert_eq!(world.https(&confirmation("SubscriptionConfirmation")).await, 503, "SNS will ask again");
}

#[tokio::test]
async fn case_86_an_old_confirmation() {
    let host = Host::genuine();
    let world = confirming(&host, "true").await;
    let old = Timestamp::from_millis(Timestamp::now().millis() - 76 * 60_000).unwrap();
    let envelope = signed(|envelope| {
        *envelope = confirmation("SubscriptionConfirmation");
        envelope["Timestamp"] = old.to_string().into();
    });
    assert_eq!(world.https(&envelope).await, 403);
    assert_eq!(host.requests(), 0);
}

/// Its URL would resubscribe. SNS confirms Lambda subscriptions on its own, so that door accepts no confirmation.
#[tokio::test]
async fn case_87_the_end_of_a_subscription_is_noted_and_its_url_never_visited() {
    let host = Host::genuine();
    let world = confirming(&host, "true").await;
    assert_eq!(world.https(&confirmation("UnsubscribeConfirmation")).await, 200);
    assert_eq!(host.requests(), 1, "the certificate");
    for kind in ["SubscriptionConfirmation", "UnsubscribeConfirmation"] {
        assert_eq!(world.lambda(&confirmation(kind)).await, "grammar");
    }
    assert_eq!(host.requests(), 1);
    world.is_untouched().await;
}

#[tokio::test]
async fn case_88_the_log_shows_no_token_url_signature_or_message() {
    let database = Database::start().await;
    let mut settings = trusting_environment(&database);
    settings.push(("AWS_LAMBDA_LOG_LEVEL".to_owned(), "TRACE".to_owned()));
    let mut function = real_binary::start(&settings).await;
    let sent = [
        signed(|_| {}),
        confirmation("SubscriptionConfirmation"),
        confirmation("UnsubscribeConfirmation"),
        leading_to("https://evil.example/"),
        signed(|envelope| envelope["TopicArn"] = "arn:aws:sns:us-east-1:999999999999:attacker".into()),
    ];
    for (envelope, expected) in sent.iter().zip([200, 200, 200, 403, 403]) {
        let request = post("/webhooks/sns", &serde_json::json!({}), &envelope.to_string());
        assert_eq!(function.invoke(&request.to_string()).await.unwrap()["statusCode"], expected);
    }
    let output = function.stop().await;
    assert!(output.contains("is waiting to be confirmed") && output.contains("has ended"), "{output}");
    let secrets = [
        &TOKEN[..12],
        "ConfirmSubscription",
        "Unsubscribe&",
        "https://",
        "a@example.com",
        "eventType",
        CERTIFICATE_ID,
        "attacker",
    ];
    for secret in secrets {
        assert!(!output.contains(secret), "the log shows {secret}");
    }
    for envelope in sent {
        assert!(!output.contains(&envelope["Signature"].as_str().unwrap()[..24]));
    }
}
