//! What an answer contains, and what it omits.

use std::sync::Arc;

use mail_feedback::address::Address;
use mail_feedback::event::Reason;
use mail_feedback::suppression::{Context, Elsewhere};
use serde_json::{Value, json};
use support::database::Database;

use super::schema::Schema;
use super::{ask, checker, corrupt, now, suppress};

/// Jane left a list and complained. A provider blocks Joe for a while.
async fn world() -> Database {
    let database = Database::start().await;
    for (address, reason, scope, until) in [
        ("jane@example.com", Reason::Complaint, "*", None),
        ("jane@example.com", Reason::Unsubscribe, "list:ses:News", None),
        ("joe@example.com", Reason::ProviderBlock, "provider:mailjet", Some("2026-11-21T12:00:00Z")),
        ("joe@example.com", Reason::Manual, "tenant:ses:Acme", None),
        ("joe@example.com", Reason::Manual, "stream:marketing", None),
    ] {
        suppress(&database, address, reason, scope, until).await;
    }
    corrupt(&database, "broken@example.com").await;
    database
}

fn block(scope: &str, reason: &str, until: Option<&str>, lift: &str) -> Value {
    json!({"scope": scope, "reason": reason, "since": "2026-11-20T12:00:00.000Z", "until": until, "provider": "manual",
        "code": null, "lift": lift})
}

#[tokio::test]
async fn each_address_gets_its_answer_in_order() {
    let checker = checker(world().await.client);
    let question = json!({"addresses": ["\"Jane\" <JANE@Example.com>", "jane@", "joe@example.com", "broken@example.com",
        "jane@example.com", "ann@b\u{fc}cher.example"], "provider": "SES", "sender_domain": "Example.com",
        "lists": ["News/Offers"], "tenant": "Acme", "stream": "Transactional"});
    let complaint = block("*", "complaint", None, "a manual lift only");
    let resubscribe = "the recipient subscribing again where the provider reports it, or a manual lift";
    let left = block("list:ses:News", "unsubscribe", None, resubscribe);
    let jane = |address: &str| json!({"address": address, "key": "jane@example.com", "allowed": false, "blocked_by": [complaint, left]});
    let tenant = block("tenant:ses:Acme", "manual", None, "a manual lift only");
    let expected = json!({
        "results": [
            jane("\"Jane\" <JANE@Example.com>"),
            {"address": "jane@", "key": null, "allowed": false, "blocked_by": [], "error": "not_an_address"},
            {"address": "joe@example.com", "key": "joe@example.com", "allowed": false, "blocked_by": [tenant]},
            {"address": "broken@example.com", "key": "broken@example.com", "allowed": null, "error": "record_unreadable"},
            jane("jane@example.com"),
            {"address": "ann@b\u{fc}cher.example", "key": "ann@xn--bcher-kva.example", "allowed": true, "blocked_by": []},
        ],
        "asked": ["*", "provider:ses", "domain:example.com", "stream:transactional", "tenant:ses:Acme", "list:ses:News",
            "list:ses:News/Offers"],
    });
    let answer = ask(&checker, &question).await.unwrap();
    assert_eq!(answer, expected);
    assert!(Schema::read("check-question").admits(&question));
    assert!(Schema::read("check-answer").admits(&answer));
}

#[tokio::test]
async fn suppressions_elsewhere_are_listed_except_those_of_tenants() {
    let checker = checker(world().await.client);
    let addresses = ["joe@example.com", "jane@", "broken@example.com", "ann@example.com"];
    let answer = ask(&checker, &json!({"addresses": addresses, "elsewhere": true})).await.unwrap();
    let elsewhere: Vec<&Value> =
        answer["results"].as_array().unwrap().iter().map(|result| &result["elsewhere"]).collect();
    let until = Some("2026-11-21T12:00:00.000Z");
    let lift = "its expiry, or a manual lift once the provider's own list is cleared";
    let of_joe = json!([
        block("provider:mailjet", "provider_block", until, lift),
        block("stream:marketing", "manual", None, "a manual lift only"),
    ]);
    assert_eq!(elsewhere, [&of_joe, &json!([]), &Value::Null, &json!([])]);
    assert_eq!(answer["results"][0]["allowed"], true);
    assert_eq!(answer["asked"], json!(["*"]));
    assert!(Schema::read("check-answer").admits(&answer));

    // A question for another tenant of the platform reveals nothing about Acme.
    let other = json!({"addresses": addresses, "provider": "ses", "tenant": "Globex", "elsewhere": true});
    assert!(!ask(&checker, &other).await.unwrap().to_string().contains("Acme"));
}

#[tokio::test]
async fn a_single_address_gets_the_same_answer_as_in_a_batch() {
    let checker = checker(world().await.client);
    for address in ["jane@example.com", "jane@", "joe@example.com", "broken@example.com", "ann@example.com"] {
        let result = async |addresses: Value| {
            let question = json!({"addresses": addresses, "provider": "mailjet", "elsewhere": true});
            ask(&checker, &question).await.unwrap()
        };
        let among = result(json!(["jane@example.com", address, "ann@example.com"])).await;
        for alone in [result(json!([address])).await, result(json!([address, address])).await] {
            assert_eq!(alone["results"].as_array().unwrap().last(), Some(&among["results"][1]), "{address}");
            assert!(Schema::read("check-answer").admits(&alone));
        }
    }
}

#[tokio::test]
async fn a_provider_without_reports_is_answered_with_a_warning() {
    let checker = checker(world().await.client);
    let answer = ask(&checker, &json!({"addresses": ["joe@example.com"], "provider": "sess"})).await.unwrap();
    assert_eq!(answer["warning"], "no report comes from sess, only from ses, tencent, mailjet; check the spelling");
    assert!(Schema::read("check-answer").admits(&answer));
}

/// A thousand spellings of an address with a large record take the memory of one answer.
#[tokio::test]
async fn an_address_has_one_verdict_with_only_what_was_requested() {
    let suppressions = checker(world().await.client).suppressions;
    let asked = Context::default().scopes().unwrap();
    let ann = ["jane@example.com", "ann@example.com", "JANE@example.com"].map(|text| Address::parse(text).unwrap());
    let jane = ["jane@example.com", "JANE@example.com"].map(|text| Address::parse(text).unwrap());
    for addresses in [&ann[..], &jane] {
        for (elsewhere, expected) in [(Elsewhere::Nothing, 0), (Elsewhere::All, 1)] {
            let verdicts = suppressions.check_all(addresses, &asked, elsewhere, now()).await.unwrap();
            let (first, last) = (verdicts[0].as_ref().unwrap(), verdicts.last().unwrap().as_ref().unwrap());
            assert!(Arc::ptr_eq(first, last));
            assert_eq!((first.blocks.len(), first.elsewhere.len()), (1, expected));
        }
    }
}
