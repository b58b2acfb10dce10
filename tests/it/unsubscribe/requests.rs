//! Requests of mail clients, browsers and scanners, and the pages that they get.

use mail_feedback::unsubscribe::Language;
use serde_json::json;
use support::database::Database;

use super::world::{ONE_CLICK, Served, World, function, token, undo_field};

fn jane() -> String {
    token("jane@example.com", "list:own:weekly")
}

/// The headers that every answer has.
fn assert_private(served: &Served) {
    let policy = served.headers["content-security-policy"].as_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.ends_with("; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"), "{policy}");
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-robots-tag", "noindex"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(served.headers[name], value);
    }
    for name in ["set-cookie", "location", "refresh"] {
        assert!(served.headers[name].is_null(), "{name}");
    }
}

/// A page that loads nothing, runs nothing and leads nowhere but to the sender's site.
fn assert_plain(served: &Served) {
    let html = served.body.to_lowercase();
    for word in
        ["<script", "<img", "<link", "<iframe", "http-equiv", "javascript:", "url(", "@import", " onclick", "src="]
    {
        assert!(!html.contains(word), "{word}: {html}");
    }
    assert_eq!(html.matches("href=").count(), html.matches("href=\"https://shop.example/").count());
    assert!(!html.contains("jane@") && !html.contains("list:own"), "{html}");
}

#[tokio::test]
async fn get_and_head_change_nothing() {
    let world = World::new().await;
    for _ in 0..3 {
        let page = world.get(&jane()).await;
        assert_eq!(page.status, 200);
        assert_private(&page);
        assert_plain(&page);
        assert!(page.body.contains("<bdi>ja\u{2022}\u{2022}\u{2022}@example.com</bdi>"), "{}", page.body);
        assert!(page.body.contains("<bdi>Ann&#39;s &lt;Shop&gt;</bdi>"), "{}", page.body);
        assert!(page.body.contains("href=\"https://shop.example/account?a=1&amp;b=2\" rel=\"noreferrer\""));
        let head = world.request("HEAD", &format!("/u/{}", jane()), &json!({}), "").await;
        assert_eq!((head.status, head.body.as_str(), &head.headers), (200, "", &page.headers));
    }
    // A scanner may even send the body of a form with GET.
    world.request("GET", &format!("/u/{}", jane()), &json!({}), ONE_CLICK).await;
    assert!(world.items().await.is_empty());
}

#[tokio::test]
async fn get_needs_no_table() {
    let database = Database::start().await.behind(|_| panic!("no request to DynamoDB")).await;
    let world = World { function: function(database.client.clone()), database };
    assert_eq!(world.get(&jane()).await.status, 200);
    assert_eq!(world.get("x").await.status, 404);
}

#[tokio::test]
async fn the_button_of_the_page_posts_what_a_mail_client_posts() {
    let world = World::new().await;
    let page = world.get(&jane()).await;
    assert!(page.body.contains("<input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">"));
    assert_eq!(page.body.matches("<form method=\"post\">").count(), 1);
    assert_eq!(page.body.matches("<button").count(), 1);
    let done = world.post(&jane(), ONE_CLICK).await;
    assert_private(&done);
    assert_plain(&done);
    assert!(undo_field(&done).is_some() && done.body.matches("<button").count() == 1);
    let undone = world.post(&jane(), &format!("undo={}", undo_field(&done).unwrap())).await;
    assert_private(&undone);
    assert_plain(&undone);
    assert!(!undone.body.contains("<form"));
}

#[tokio::test]
async fn a_client_posts_either_encoding_also_in_base64() {
    let part = "Content-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n";
    let multipart = format!("--b\r\n{part}--b--\r\n");
    for (content_type, body, is_base64) in [
        ("application/x-www-form-urlencoded", ONE_CLICK, false),
        ("application/x-www-form-urlencoded", "TGlzdC1VbnN1YnNjcmliZT1PbmUtQ2xpY2s=", true),
        ("multipart/form-data; boundary=b", multipart.as_str(), false),
    ] {
        let world = World::new().await;
        let headers = json!({"Content-Type": content_type, "cookie": "a=b", "authorization": "x"});
        let mut event = super::world::request("POST", &format!("/u/{}", jane()), &headers, body);
        event["isBase64Encoded"] = is_base64.into();
        let answer = world.function.serve(&event.to_string(), "r", std::time::Duration::from_secs(10)).await.unwrap();
        assert_eq!(serde_json::to_value(answer).unwrap()["statusCode"], 200, "{content_type}");
        assert_eq!(world.events().await.len(), 1, "{content_type}");
    }
}

#[tokio::test]
async fn a_post_that_does_not_ask_for_it_changes_nothing() {
    let world = World::new().await;
    for body in ["", "List-Unsubscribe=yes", "a=b", "{}"] {
        let page = world.post(&jane(), body).await;
        assert_eq!(page.status, 400, "{body}");
        assert_private(&page);
        assert!(page.body.contains("value=\"One-Click\""), "the page with the button");
    }
    let long = world.post(&jane(), &"a".repeat(16 * 1024 + 1)).await;
    assert_eq!((long.status, long.body.as_str()), (413, ""));
    let mut event = super::world::request("POST", &format!("/u/{}", jane()), &json!({}), "\u{0}");
    event["isBase64Encoded"] = true.into();
    let answer = world.function.serve(&event.to_string(), "r", std::time::Duration::from_secs(10)).await.unwrap();
    assert_eq!(serde_json::to_value(answer).unwrap()["statusCode"], 400);
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "post"] {
        let served = world.request(method, &format!("/u/{}", jane()), &json!({}), ONE_CLICK).await;
        assert_eq!((served.status, &served.headers["allow"]), (405, &json!("GET, HEAD, POST")), "{method}");
        assert_private(&served);
    }
    assert!(world.items().await.is_empty());
}

#[tokio::test]
async fn a_page_speaks_the_language_of_the_browser() {
    let world = World::new().await;
    let mut titles = Vec::new();
    for language in Language::ALL {
        let headers = json!({"Accept-Language": format!("nl;q=0.9, {language}-x, en;q=0.1")});
        let page = world.request("GET", &format!("/u/{}", jane()), &headers, "").await;
        assert_eq!(page.headers["content-language"], language.as_str());
        assert!(page.body.contains(&format!("<html lang=\"{language}\">")));
        let title = page.body.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>")).unwrap().0;
        titles.push(title.to_owned());
    }
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), 8);
}

#[tokio::test]
async fn an_outage_is_a_page_that_asks_to_try_again() {
    let database = Database::start().await;
    let world = World { function: function(database.client.clone()), database };
    world.database.client.delete_table().table_name(support::database::SUPPRESSIONS).send().await.unwrap();
    let page = world.post(&jane(), ONE_CLICK).await;
    assert_eq!((page.status, &page.headers["retry-after"]), (503, &json!("60")));
    assert_private(&page);
    assert!(page.body.contains("Please try again"), "{}", page.body);
    assert!(!page.body.contains("jane") && !page.body.contains("<form"));
}

#[tokio::test]
async fn anything_but_a_request_fails_the_invocation() {
    let world = World::new().await;
    for payload in [r#"{"Records":[]}"#, "5", r#"{"addresses":["jane@example.com"]}"#] {
        let failed = world.function.serve(payload, "r", std::time::Duration::from_secs(10)).await;
        assert_eq!(failed.unwrap_err().label(), "invocation", "{payload}");
    }
}
