//! Cases 51 to 64: the JSON, the envelope and the request around it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use support::envelope::TOPIC;
use support::request::post;

use super::world::{Host, MESSAGE, World, signed, tampered};
use crate::real_binary::invoke_both;

async fn world() -> World {
    World::at(&Host::unreachable()).await
}

/// The envelope as JSON with a part of its text replaced.
fn edited(from: &str, to: &str) -> String {
    let text = signed(|envelope| envelope["Subject"] = "s".into()).to_string();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[tokio::test]
async fn case_51_text_that_is_not_json() {
    let world = world().await;
    let good = signed(|_| {}).to_string();
    let bad = [
        "hello".to_owned(),
        format!("\u{feff}{good}"),
        format!("{good} x"),
        format!("{good}{good}"),
        good.trim_end_matches('}').to_owned(),
        edited("\"Subject\":\"s\"", "\"Subject\":\"\\ud800\""),
    ];
    for body in bad {
        assert_eq!(world.posted(&json!({}), &body).await, 400, "{body:.200}");
    }
    let mut invalid_utf8 = post("/webhooks/sns", &json!({}), &STANDARD.encode(b"{\"Type\":\"\xff\"}"));
    invalid_utf8["isBase64Encoded"] = true.into();
    let answer = invoke_both(&world.handler, &invalid_utf8.to_string()).await.unwrap();
    assert_eq!(answer["statusCode"], 400);
    world.is_untouched().await;
}

#[tokio::test]
async fn case_52_a_field_twice() {
    let world = world().await;
    for field in ["Message", "TopicArn", "Type", "Signature", "SigningCertURL", "MessageId", "Timestamp", "Subject"] {
        let value = &signed(|envelope| envelope["Subject"] = "s".into())[field];
        world.cannot_read(&edited("{", &format!("{{{}:{value},", json!(field)))).await;
    }
}

#[tokio::test]
async fn case_53_a_field_of_another_type() {
    let world = world().await;
    for field in ["Message", "MessageId", "TopicArn", "Timestamp", "Type", "Signature", "SignatureVersion"] {
        for value in [json!(["x"]), json!({"x": "y"}), json!(5), json!(true)] {
            world.cannot_read(&tampered(|envelope| envelope[field] = value).to_string()).await;
        }
    }
    world.cannot_read(&tampered(|envelope| envelope["Subject"] = json!(["s"])).to_string()).await;
}

/// Missing fields make the envelope unreadable; empty ones do not, and fail their grammar or their check.
#[tokio::test]
async fn case_54_missing_and_empty_fields() {
    let world = world().await;
    for (field, label) in [
        ("Type", "grammar"),
        ("MessageId", "grammar"),
        ("Timestamp", "grammar"),
        ("TopicArn", "grammar"),
        ("SignatureVersion", "signature_version"),
        ("Signature", "signature"),
        ("SigningCertURL", "certificate_url"),
    ] {
        let missing = tampered(|envelope| drop(envelope.as_object_mut().unwrap().remove(field)));
        world.cannot_read(&missing.to_string()).await;
        world.cannot_read(&tampered(|envelope| envelope[field] = Value::Null).to_string()).await;
        let empty = tampered(|envelope| envelope[field] = "".into());
        assert_eq!(world.posted(&json!({}), &empty.to_string()).await, 403, "{field}");
        if field != "TopicArn" {
            assert_eq!(world.lambda(&empty).await, label);
        }
    }
    world
        .cannot_read(&tampered(|envelope| drop(envelope.as_object_mut().unwrap().remove("Message"))).to_string())
        .await;
    world.is_untouched().await;
}

#[tokio::test]
async fn case_55_an_unknown_type() {
    let world = world().await;
    for kind in ["notification", "Notification ", "Test", "SUBSCRIPTIONCONFIRMATION"] {
        world.refuses(&tampered(|envelope| envelope["Type"] = kind.into()), "grammar").await;
    }
}

#[tokio::test]
async fn case_56_fields_of_a_confirmation_in_a_notification() {
    let world = world().await;
    for field in ["Token", "SubscribeURL", "SubscribeUrl"] {
        world.refuses(&tampered(|envelope| envelope[field] = "x".into()), "grammar").await;
    }
}

#[tokio::test]
async fn case_57_control_characters_in_one_line_fields() {
    let world = world().await;
    for control in ["\n", "\r", "\u{0}", "\t", "\u{7f}", "\u{85}"] {
        for field in ["Subject", "MessageId", "Timestamp"] {
            let value = format!("a{control}b");
            world.refuses(&tampered(|envelope| envelope[field] = value.into()), "grammar").await;
        }
        let topic = format!("{TOPIC}{control}");
        assert_eq!(world.https(&tampered(|envelope| envelope["TopicArn"] = topic.into())).await, 403);
    }
    world.is_untouched().await;
}

/// The same signed bytes with different field boundaries: the reason for the rule of case 57.
#[tokio::test]
async fn case_57_the_same_signed_bytes_split_otherwise() {
    let world = World::at(&Host::genuine()).await;
    let other = "11111111-1111-1111-1111-111111111111";
    let original = signed(|envelope| envelope["Message"] = format!("x\nMessageId\n{other}\nSubject\ny").into());
    let id = original["MessageId"].as_str().unwrap().to_owned();
    let mut split = original.clone();
    split["Message"] = "x".into();
    split["MessageId"] = other.into();
    split["Subject"] = format!("y\nMessageId\n{id}").into();
    world.refuses(&split, "grammar").await;
    assert_eq!(world.lambda(&original).await, "ok", "the original is genuine");
}

#[tokio::test]
async fn case_58_ids_and_times_of_another_form() {
    let world = world().await;
    for id in [
        "x",
        "165545c92a5c472c8df27ff2be2b3b1b",
        "165545c9-2a5c-472c-8df2-7ff2be2b3b1",
        "{165545c9-2a5c-472c-8df2-7ff2be2b3b1b}",
    ] {
        world.refuses(&tampered(|envelope| envelope["MessageId"] = id.into()), "grammar").await;
    }
    for time in [
        "2026-11-20T09:00:00.000+00:00",
        "2026-11-20T09:00:00Z",
        "2026-11-20T09:00:00.000z",
        "2026-11-20t09:00:00.000Z",
        "2026-12-31T23:59:60.000Z",
        "0000-01-01T00:00:00.000Z",
        "2026-11-20T09:00:00.0000Z",
        "2026-02-30T09:00:00.000Z",
        " 2026-11-20T09:00:00.000Z",
    ] {
        world.refuses(&tampered(|envelope| envelope["Timestamp"] = time.into()), "grammar").await;
    }
}

#[tokio::test]
async fn case_59_an_empty_or_long_subject() {
    let world = world().await;
    for subject in [String::new(), "s".repeat(100), "é".repeat(100)] {
        world.refuses(&tampered(|envelope| envelope["Subject"] = subject.into()), "grammar").await;
    }
    let genuine = World::at(&Host::genuine()).await;
    assert_eq!(genuine.lambda(&signed(|envelope| envelope["Subject"] = "é".repeat(99).into())).await, "ok");
}

#[tokio::test]
async fn case_60_a_body_too_large_and_a_body_too_deep() {
    let world = World::at(&Host::genuine()).await;
    let large = edited("{", &format!("{{\"x\":\"{}\",", "x".repeat(4 * 1024 * 1024)));
    assert_eq!(world.posted(&json!({}), &large).await, 413);
    // Unknown fields are skipped without recursion, so their depth costs nothing: neither a 400 nor stack space.
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = edited("{", &format!("{{\"MessageAttributes\":{deep},"));
    assert_eq!(world.posted(&json!({}), &nested).await, 200);
}

#[tokio::test]
async fn case_61_base64_and_a_wrong_flag() {
    let world = World::at(&Host::genuine()).await;
    let body = signed(|_| {}).to_string();
    for (text, flag, expected) in [
        (STANDARD.encode(&body), true, 200),
        (body.clone(), false, 200),
        (body.clone(), true, 400),
        (STANDARD.encode(&body), false, 400),
    ] {
        let mut request = post("/webhooks/sns", &json!({}), &text);
        request["isBase64Encoded"] = flag.into();
        let answer = invoke_both(&world.handler, &request.to_string()).await.unwrap();
        assert_eq!(answer["statusCode"], expected);
    }
}

#[tokio::test]
async fn case_62_headers_that_contradict_the_body() {
    let world = World::at(&Host::genuine()).await;
    let body = signed(|_| {}).to_string();
    for headers in [
        json!({"x-amz-sns-message-type": "SubscriptionConfirmation"}),
        json!({"X-Amz-Sns-Topic-Arn": "arn:aws:sns:us-east-1:123456789012:other"}),
        json!({"x-amz-sns-message-id": "265545c9-2a5c-472c-8df2-7ff2be2b3b1b"}),
    ] {
        assert_eq!(world.posted(&headers, &body).await, 403, "{headers}");
    }
    world.is_untouched().await;
    let agreeing = json!({"X-Amz-Sns-Message-Type": "Notification", "x-amz-sns-topic-arn": TOPIC});
    assert_eq!(world.posted(&agreeing, &body).await, 200);
}

#[tokio::test]
async fn case_63_raw_delivery() {
    let world = world().await;
    assert_eq!(world.posted(&json!({"x-amz-sns-rawdelivery": "true"}), MESSAGE).await, 403);
    assert_eq!(world.posted(&json!({"X-Amz-Sns-Rawdelivery": "true"}), &signed(|_| {}).to_string()).await, 403);
    assert_eq!(world.posted(&json!({}), MESSAGE).await, 403);
    assert_eq!(world.posted(&json!({}), "{}").await, 403);
    world.is_untouched().await;
}

#[tokio::test]
async fn case_64_other_methods() {
    let world = world().await;
    for method in ["GET", "PUT", "HEAD", "DELETE"] {
        let mut request = post("/webhooks/sns", &json!({}), &signed(|_| {}).to_string());
        request["requestContext"]["http"]["method"] = method.into();
        let answer = invoke_both(&world.handler, &request.to_string()).await.unwrap();
        assert_eq!(answer["statusCode"], 405, "{method}");
    }
    world.is_untouched().await;
}
