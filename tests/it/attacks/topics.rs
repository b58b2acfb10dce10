//! Cases 73 to 81: topics, replay, and the event around the message.

use mail_feedback::config::Config;
use mail_feedback::intake::sns::Fetcher;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::envelope::{TOPIC, lambda_event};
use support::environment::environment;
use support::samples::Snapshot;

use super::world::{Host, ID, World, signed, tampered};
use crate::real_binary::invoke_both;

/// A genuine message of each topic is refused before anything is fetched.
async fn refused(topics: &[&str]) {
    let host = Host::genuine();
    let world = World::at(&host).await;
    for topic in topics {
        world.refuses(&signed(|envelope| envelope["TopicArn"] = (*topic).into()), "topic").await;
    }
    assert_eq!(host.requests(), 0);
}

#[tokio::test]
async fn case_73_a_genuine_message_of_somebody_elses_topic() {
    refused(&["arn:aws:sns:us-east-1:999999999999:attacker-topic"]).await;
}

#[tokio::test]
async fn case_74_almost_the_right_topic() {
    let same_name = TOPIC.replace("123456789012", "999999999999");
    let (longer, shorter) = (format!("{TOPIC}x"), &TOPIC[..TOPIC.len() - 1]);
    let (sub, upper) = (format!("{TOPIC}:1"), TOPIC.to_uppercase());
    refused(&[&same_name, &longer, shorter, &sub, &upper, "*", "arn:aws:sns:us-east-1:123456789012:*"]).await;
    let world = World::at(&Host::genuine()).await;
    let with_line = tampered(|envelope| envelope["TopicArn"] = format!("{TOPIC}\n").into());
    assert_eq!(world.https(&with_line).await, 403);
}

#[tokio::test]
async fn case_75_no_list_accepts_nothing_and_a_malformed_one_stops_the_start() {
    let world = World::new(Fetcher::over(Host::genuine()), &[("SNS_TOPIC_ARNS", "")]).await;
    world.refuses(&signed(|_| {}), "topic").await;
    for list in ["*", "arn:aws:sns:*:123456789012:t", "arn:aws:sns:us-east-1:123456789012:t,,x", "not an arn"] {
        let mut settings = environment(&world.database);
        settings.push(("SNS_TOPIC_ARNS".to_owned(), list.to_owned()));
        let lookup =
            |name: &str| settings.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let error = Config::from_lookup(lookup).unwrap_err();
        assert_eq!(error.variable, "SNS_TOPIC_ARNS", "{list}");
    }
}

#[tokio::test]
async fn case_76_too_old_for_the_door_or_from_the_future() {
    let world = World::new(Fetcher::over(Host::genuine()), &[("SNS_MAX_AGE_SECONDS", "172800")]).await;
    let minutes_ago = |minutes: i64| Timestamp::from_millis(Timestamp::now().millis() - minutes * 60_000).unwrap();
    for (minutes, lambda, https) in [
        (0, "ok", 200),
        (74, "ok", 200),
        (76, "ok", 403),
        (2879, "ok", 403),
        (2881, "age", 403),
        (-4, "ok", 200),
        (-6, "age", 403),
    ] {
        let envelope = signed(|envelope| envelope["Timestamp"] = minutes_ago(minutes).to_string().into());
        assert_eq!(world.lambda(&envelope).await, lambda, "{minutes} minutes");
        assert_eq!(world.https(&envelope).await, https, "{minutes} minutes");
    }
}

/// There is no store of seen messages: event ids and the merge make a second effect impossible.
#[tokio::test]
async fn case_77_the_same_message_again() {
    let world = World::at(&Host::genuine()).await;
    let envelope = signed(|_| {});
    assert_eq!(world.https(&envelope).await, 200);
    let first = Snapshot::take(&world.database).await;
    assert_eq!((first.events.len(), first.suppressions.len()), (1, 1));
    for _ in 0..3 {
        assert_eq!(world.https(&envelope).await, 200);
    }
    assert_eq!(Snapshot::take(&world.database).await, first);
}

/// SNS never signs two texts under one id, and changing the text breaks the signature.
#[tokio::test]
async fn case_78_the_same_id_with_another_text() {
    let world = World::at(&Host::genuine()).await;
    assert_eq!(world.https(&signed(|_| {})).await, 200);
    let first = Snapshot::take(&world.database).await;
    let other = tampered(|envelope| {
        envelope["Message"] =
            envelope["Message"].as_str().unwrap().replace("a@example.com", "victim@example.com").into();
    });
    assert_eq!(other["MessageId"], ID);
    assert_eq!(world.https(&other).await, 403);
    assert_eq!(world.lambda(&other).await, "signature");
    assert_eq!(Snapshot::take(&world.database).await, first);
}

#[tokio::test]
async fn case_79_one_message_through_both_doors() {
    for lambda_first in [true, false] {
        let world = World::at(&Host::genuine()).await;
        let envelope = signed(|_| {});
        if lambda_first {
            assert_eq!(world.lambda(&envelope).await, "ok");
        } else {
            assert_eq!(world.https(&envelope).await, 200);
        }
        let first = Snapshot::take(&world.database).await;
        assert_eq!(world.https(&envelope).await, 200);
        assert_eq!(world.lambda(&envelope).await, "ok");
        assert_eq!(Snapshot::take(&world.database).await, first);
    }
}

#[tokio::test]
async fn case_80_two_records_the_second_forged() {
    let world = World::at(&Host::genuine()).await;
    let mut event = lambda_event(&signed(|_| {}));
    let forged = lambda_event(&tampered(|envelope| envelope["Message"] = "{}".into()));
    event["Records"].as_array_mut().unwrap().push(forged["Records"][0].clone());
    let error = invoke_both(&world.handler, &event.to_string()).await.unwrap_err();
    assert_eq!((error.class(), error.label()), ("Unauthentic", "signature"));
    world.is_untouched().await;
}

#[tokio::test]
async fn case_81_events_of_another_make() {
    let world = World::at(&Host::genuine()).await;
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut event = lambda_event(&signed(|_| {}));
        change(&mut event);
        event.to_string()
    };
    for (event, label) in [
        (changed(&|event| event["Records"][0]["EventSource"] = "aws:sqs".into()), "invocation"),
        (changed(&|event| event["Records"][0]["EventSource"] = "AWS:SNS".into()), "invocation"),
        (changed(&|event| event["Records"] = json!([])), "invocation"),
        (changed(&|event| event["Records"][0]["EventSubscriptionArn"] = format!("{TOPIC}x:1").into()), "subscription"),
        (changed(&|event| event["Records"][0]["EventSubscriptionArn"] = TOPIC.into()), "subscription"),
        (changed(&|event| event["Records"][0]["EventSubscriptionArn"] = Value::Null), "invocation"),
    ] {
        assert_eq!(invoke_both(&world.handler, &event).await.unwrap_err().label(), label, "{event:.200}");
    }
    world.is_untouched().await;
}
