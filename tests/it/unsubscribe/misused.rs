//! Requests that try to get more than a link gives: other forms, sizes, methods and sites, and undos sent again.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_feedback::timestamp::Timestamp;
use serde_json::json;
use support::door::RequestForm;

use super::world::{ONE_CLICK, Served, World, request, served, token, undo_field};

fn jane() -> String {
    token("jane@example.com", "list:own:weekly")
}

/// The answer to any event, whose headers are lists where a load balancer wants them so.
async fn invoke(world: &World, event: &str) -> Served {
    let answer = world.function.serve(event, "r", Duration::from_secs(10)).await.unwrap();
    let mut answer = serde_json::to_value(answer).unwrap();
    if answer["headers"].as_object().is_none_or(serde_json::Map::is_empty) {
        let multi = answer["multiValueHeaders"].as_object().cloned().unwrap_or_default();
        answer["headers"] = multi.into_iter().map(|(name, values)| (name, values[0].clone())).collect();
    }
    served(&answer)
}

#[tokio::test]
async fn each_payload_format_is_served_alike() {
    let part = "Content-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n";
    let multipart = format!("--b\r\n{part}--b--\r\n");
    for form in RequestForm::ALL {
        for (content_type, body) in
            [("application/x-www-form-urlencoded", ONE_CLICK), ("multipart/form-data; boundary=b", multipart.as_str())]
        {
            let world = World::new().await;
            let headers = json!({"CONTENT-TYPE": content_type, "Accept-language": "de"});
            let event = form.request(&request("POST", &format!("/u/{}", jane()), &headers, body).to_string());
            let page = invoke(&world, &event).await;
            assert_eq!(page.status, 200, "{form:?} {content_type}");
            assert!(page.body.contains("Sie sind abgemeldet") && undo_field(&page).is_some(), "{form:?}");
            assert_eq!(page.headers["cache-control"], "no-store", "{form:?}");
            assert_eq!(world.entries().await, ["list:own:weekly unsubscribe suppressed own"], "{form:?}");
        }
    }
}

#[tokio::test]
async fn nothing_in_a_get_makes_it_a_post() {
    let world = World::new().await;
    for method in ["GET", "HEAD"] {
        let headers = json!({"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST",
            "content-type": "application/x-www-form-urlencoded", "purpose": "prefetch"});
        let mut event = request(method, &format!("/u/{}", jane()), &headers, &format!("_method=POST&{ONE_CLICK}"));
        event["rawQueryString"] = format!("_method=POST&{ONE_CLICK}").into();
        event["queryStringParameters"] = json!({"_method": "POST", "List-Unsubscribe": "One-Click"});
        event["httpMethod"] = "POST".into();
        assert_eq!(invoke(&world, &event.to_string()).await.status, 200, "{method}");
    }
    assert!(world.items().await.is_empty());
}

#[tokio::test]
async fn a_query_does_not_ask_for_what_the_body_does_not() {
    let world = World::new().await;
    let mut event = request("POST", &format!("/u/{}", jane()), &json!({}), "");
    event["rawQueryString"] = ONE_CLICK.into();
    event["queryStringParameters"] = json!({"List-Unsubscribe": "One-Click"});
    assert_eq!(invoke(&world, &event.to_string()).await.status, 400);
    assert!(world.items().await.is_empty());
}

#[tokio::test]
async fn a_body_is_as_long_as_it_is_once_decoded() {
    let world = World::new().await;
    let padded = |bytes: usize| format!("{ONE_CLICK}&a={}", "a".repeat(bytes - ONE_CLICK.len() - 3));
    for (bytes, status) in [(16 * 1024 + 1, 413), (16 * 1024 - 2, 200)] {
        for is_base64 in [false, true] {
            let body = if is_base64 { STANDARD.encode(padded(bytes)) } else { padded(bytes) };
            let mut event = request("POST", &format!("/u/{}", jane()), &json!({}), &body);
            event["isBase64Encoded"] = is_base64.into();
            assert_eq!(invoke(&world, &event.to_string()).await.status, status, "{bytes} {is_base64}");
            assert_eq!(world.items().await.is_empty(), status == 413);
        }
    }
}

/// The pair is ASCII (RFC 8058, section 3.2), so these are not what a mail client posts.
#[tokio::test]
async fn a_body_that_is_no_text_asks_for_nothing() {
    let world = World::new().await;
    let pair = ONE_CLICK.as_bytes();
    let wide: Vec<u8> = ONE_CLICK.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let page = world.get(&jane()).await.body;
    for body in [STANDARD.encode([pair, b"&a=\xff"].concat()), STANDARD.encode(wide), "%".to_owned()] {
        let mut event = request("POST", &format!("/u/{}", jane()), &json!({}), &body);
        event["isBase64Encoded"] = true.into();
        let answer = invoke(&world, &event.to_string()).await;
        assert_eq!((answer.status, &answer.body), (400, &page), "{body}");
    }
    assert!(world.items().await.is_empty());
}

/// No cookie identifies anybody, so a site that makes a browser post has only what it knows already: the link, or not.
#[tokio::test]
async fn another_site_needs_the_link_and_cannot_read_the_answer() {
    let world = World::new().await;
    let headers = json!({"origin": "https://attacker.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors",
        "content-type": "application/x-www-form-urlencoded", "access-control-request-method": "POST"});
    for (method, token, status) in [("POST", jane(), 200), ("OPTIONS", jane(), 405), ("POST", "x".to_owned(), 404)] {
        let answer = world.request(method, &format!("/u/{token}"), &headers, ONE_CLICK).await;
        assert_eq!(answer.status, status, "{method}");
        let mut names = answer.headers.as_object().unwrap().keys();
        assert!(!names.any(|name| name.starts_with("access-control-")), "{}", answer.headers);
    }
}

#[tokio::test]
async fn an_undo_sent_again_does_not_end_a_later_unsubscribe() {
    let mut world = World::new().await;
    let undo = format!("undo={}", undo_field(&world.post(&jane(), ONE_CLICK).await).unwrap());
    assert_eq!(world.post(&jane(), &undo).await.status, 200);
    let later = || Timestamp::parse("2026-11-20T12:05:00Z").unwrap();
    let again = world.at(later).post(&jane(), ONE_CLICK).await;
    assert_eq!(world.entries().await, ["list:own:weekly unsubscribe suppressed own"]);
    let before = world.items().await;
    assert_eq!(world.post(&jane(), &undo).await.status, 410);
    assert_eq!(world.items().await, before);
    assert_ne!(undo_field(&again).map(|value| format!("undo={value}")), Some(undo));
}

#[tokio::test]
async fn other_content_types_are_forms_or_nothing() {
    for (content_type, body, status) in [
        ("text/plain", ONE_CLICK, 200),
        ("application/json", r#"{"List-Unsubscribe":"One-Click"}"#, 400),
        ("application/xml", "<List-Unsubscribe>One-Click</List-Unsubscribe>", 400),
        ("multipart/form-data", ONE_CLICK, 200),
        ("multipart/form-data; boundary=b", ONE_CLICK, 400),
        ("multipart/mixed; boundary=b", "--b\r\nList-Unsubscribe: One-Click\r\n\r\n\r\n--b--", 400),
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click\u{0}", 400),
        ("application/x-www-form-urlencoded", "Undo=x", 400),
    ] {
        let world = World::new().await;
        let headers = json!({"content-type": content_type});
        let answer = world.request("POST", &format!("/u/{}", jane()), &headers, body).await;
        assert_eq!((answer.status, world.items().await.is_empty()), (status, status == 400), "{content_type} {body}");
    }
}
