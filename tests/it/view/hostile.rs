//! Texts from outside: a page with hostile ones has exactly the tags of a page with harmless ones.

use mail_feedback::view::{Home, Page, Reader, View, Zone};
use serde_json::{Value, json};

use super::world::{ARN, World, actions, corpus, put_everywhere, time};

/// The tags of a page with the names of their attributes.
fn skeleton(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        let end = end_of_tag(after);
        let tag = &after[..end];
        let mut in_quotes = false;
        let names: String = tag
            .chars()
            .filter(|char| {
                in_quotes ^= *char == '"';
                !in_quotes && *char != '"'
            })
            .collect();
        tags.push(names);
        rest = &after[end..];
    }
    tags
}

/// Where a tag ends: at the first `>` outside of quotes.
fn end_of_tag(text: &str) -> usize {
    let mut in_quotes = false;
    let end = text.char_indices().find(|(_, char)| {
        in_quotes ^= *char == '"';
        *char == '>' && !in_quotes
    });
    end.expect("the tag ends").0
}

/// The attributes whose values come from the pages alone.
fn assert_own_attributes(html: &str, text: &str) {
    for part in html.split("<cwdb-action").skip(1) {
        let tag = &part[..end_of_tag(part)];
        assert!(
            tag.contains(&format!("endpoint=\"{ARN}\"")) && tag.matches("endpoint=\"").count() == 1,
            "{text:?}: {tag}"
        );
    }
    for name in ["href=\"", "src=\"", "action=\"", "formaction=\""] {
        for value in html.split(name).skip(1) {
            let value = value.split('"').next().unwrap();
            let is_own = value.starts_with('/') && !value.starts_with("//") || value == "call";
            assert!(is_own, "{text:?}: {name}{value}");
        }
    }
}

#[tokio::test]
async fn no_text_is_more_than_text() {
    let world = World::new().await;
    put_everywhere(&world.database, "harmless@example.com", "x").await;
    let corpus = corpus();
    assert!(corpus.len() > 60, "{}", corpus.len());
    let pages = |address: &str, text: &str| {
        vec![
            json!({"page": "address", "address": address}),
            json!({"page": "address", "address": address, "provider": text, "domain": text, "list": text, "stream": text, "tenant": text}),
            json!({"page": "address", "address": text}),
            json!({"page": "message", "id": text}),
            json!({"page": "message", "id": text, "provider": text}),
            json!({"page": "decide", "action": "lift", "address": address, "scope": text, "reason": text, "actor": text, "note": text}),
            json!({"page": "decide", "step": "review", "action": "lift", "address": address, "scope": text, "reason": text, "actor": text, "note": text}),
            json!({"page": "decide", "step": "review", "address": address, "actor": text, "note": text}),
            json!({"page": "decide", "step": "review", "action": "lift", "address": address, "scope": format!("list:ses:{text}"), "reason": "unsubscribe", "actor": text, "note": text}),
            json!({"page": "decide", "address": address, "scope": text, "reason": text, "until": text, "actor": text, "note": text}),
            json!({"page": "decide", "step": "review", "address": address, "scope": format!("list:own:{text}"), "until": text, "actor": text}),
            json!({"page": "message", "id": "x", "provider": "ses", "after_address": text, "after_event": text}),
            json!({"page": "address", "address": address, "before": text}),
            json!({"page": "overview", "span": text}),
        ]
    };
    let harmless: Vec<Vec<String>> = skeletons(&world, pages("harmless@example.com", "x")).await;
    for (number, text) in corpus.iter().enumerate() {
        let address = format!("hostile{number}@example.com");
        put_everywhere(&world.database, &address, text).await;
        for (at, fields) in pages(&address, text).into_iter().enumerate() {
            let html = world.html(fields.clone()).await;
            // Other texts are other addresses, scopes and reasons: then a page may say so in one more tag of its own.
            let known: Vec<String> = harmless.iter().flatten().cloned().collect();
            let found = skeleton(&html);
            assert!(found.iter().all(|tag| known.contains(tag)), "{text:?} in {fields}: {found:?}");
            if at == 0 {
                assert_eq!(found, harmless[0], "{text:?}");
            }
            assert_own_attributes(&html, text);
            for action in actions(&html) {
                assert!(action["page"].is_string(), "{text:?}: {action}");
            }
        }
    }
    let html = world.html(json!({"page": "message", "id": "hostile"})).await;
    assert!(skeleton(&html).iter().all(|tag| !tag.starts_with("img") && !tag.starts_with("script")));
}

async fn skeletons(world: &World, pages: Vec<Value>) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for fields in pages {
        found.push(skeleton(&world.html(fields).await));
    }
    // Whatever a page may have besides.
    for more in [
        json!({"page": "address", "address": "harmless@example.com", "provider": "x"}),
        json!({"page": "decide", "step": "review", "address": "harmless@example.com", "actor": "x", "note": "x"}),
        json!({"page": "decide", "step": "review", "address": "harmless@example.com"}),
        json!({"page": "decide", "action": "lift"}),
        json!({"page": "message", "id": "x", "provider": "mailjet"}),
        json!({"page": "address", "address": "a@example.com"}),
        json!({"page": "address", "address": "a@example.com", "provider": "a\u{202e}"}),
        json!({"page": "address", "address": "harmless@example.com", "before": "#"}),
        json!({"page": "message", "id": "x", "provider": "ses", "after_address": "x", "after_event": "#"}),
    ] {
        found.push(skeleton(&world.html(more).await));
    }
    found
}

#[test]
fn a_browser_gets_no_foreign_link_either() {
    let home = Home::Browser { token: "t".to_owned() };
    let view =
        View { home, reader: Reader::new("en", Zone::fixed("+00:00")), actor: Some("\"><img src=x>".to_owned()) };
    for text in corpus() {
        let mut item = std::collections::HashMap::new();
        for name in ["address", "event", "provider", "kind", "detail", "url", "occurred_at"] {
            item.insert(name.to_owned(), aws_sdk_dynamodb::types::AttributeValue::S(text.clone()));
        }
        let row = mail_feedback::view::live_row(&item, &view);
        assert_eq!(skeleton(&row).iter().filter(|tag| tag.starts_with("tr")).count(), 1, "{text:?}");
        assert_own_attributes(&row, &text);
        let start = mail_feedback::view::live_start(Some(&text), &view);
        assert_own_attributes(&start, &text);
        assert!(!start.contains("<script") && !start.contains("<img"), "{text:?}");
        let refused = Page::refused(403, &text).html(&view, time("2026-11-20T12:00:00Z"));
        assert_own_attributes(&refused, &text);
    }
}
