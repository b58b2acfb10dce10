//! Tenants of SES: what is kept of them, and what the refusal of a tenant's own list concerns.

use serde_json::json;
use support::database::text;

use super::{World, bounce, complaint};

#[tokio::test]
async fn the_refusal_of_a_tenants_list_concerns_that_tenant_alone() {
    let tags = json!({"ses:tenant-name": ["Acme"]});
    for report in
        [bounce("Permanent", "OnTenantSuppressionList", &tags), complaint(Some("OnTenantSuppressionList"), &tags)]
    {
        let world = World::open(&[]).await;
        world.ses(&report).await;
        assert_eq!(world.suppressed().await, ["tenant:ses:Acme provider_block"]);
        assert_eq!(text(&world.event().await, "effect"), "suppress provider_block tenant:ses:Acme");
    }
}

#[tokio::test]
async fn without_a_tenant_that_refusal_is_recorded_and_suppresses_nothing() {
    let no_name = json!({"ses:tenant-name": ["Acme, Inc."]});
    for tags in [json!(null), json!({}), json!({"ses:tenant-name": []}), no_name] {
        for report in
            [bounce("Permanent", "OnTenantSuppressionList", &tags), complaint(Some("OnTenantSuppressionList"), &tags)]
        {
            let world = World::open(&[]).await;
            world.ses(&report).await;
            assert_eq!(world.suppressed().await, Vec::<String>::new(), "{tags}");
            let event = world.event().await;
            assert_eq!((text(&event, "kind"), text(&event, "cause")), ("rejected", "provider_list"));
            assert_eq!((text(&event, "tenant"), text(&event, "effect")), ("", ""));
        }
    }
}

#[tokio::test]
async fn the_refusal_of_the_accounts_list_concerns_every_tenant() {
    let world = World::open(&[]).await;
    world.ses(&bounce("Permanent", "OnAccountSuppressionList", &json!({"ses:tenant-name": ["Acme"]}))).await;
    assert_eq!(world.suppressed().await, ["provider:ses provider_block"]);
}

#[tokio::test]
async fn what_ses_says_of_the_mail_is_kept_beside_the_senders_tags() {
    let tags = json!({"ses:tenant-name": ["Acme"], "ses:configuration-set": ["Set-1"], "ses:recipient-isp": ["Gmail"],
        "ses:source-ip": ["192.0.2.1"], "campaign": ["autumn"]});
    let world = World::open(&[]).await;
    world.ses(&complaint(None, &tags)).await;
    let event = world.event().await;
    let kept = ["tenant", "configuration_set", "recipient_isp"].map(|name| text(&event, name));
    assert_eq!(kept, ["Acme", "Set-1", "Gmail"]);
    assert_eq!(event["tags"].as_m().unwrap().keys().collect::<Vec<_>>(), ["campaign"]);
    assert_eq!(world.suppressed().await, ["* complaint"], "a complaint reaches every send, unless set otherwise");
}

/// The report names no list, and the event of the unsubscribe has set the right scope.
#[tokio::test]
async fn mail_that_ses_kept_from_an_unsubscribed_contact_suppresses_nothing() {
    let world = World::open(&[]).await;
    world.ses(&bounce("Permanent", "UnsubscribedRecipient", &json!({"ses:from-domain": ["example.com"]}))).await;
    assert_eq!(world.suppressed().await, Vec::<String>::new());
    let event = world.event().await;
    assert_eq!((text(&event, "kind"), text(&event, "cause")), ("rejected", "unsubscribed"));
}
