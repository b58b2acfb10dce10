//! What an address page says about SES's own lists.

use serde_json::json;
use support::database::SUPPRESSIONS;

use super::world::{World, put, words};

#[tokio::test]
async fn each_list_of_ses_has_its_words() {
    let world = World::new().await;
    for (code, scope, expected) in [
        (
            "Permanent/OnAccountSuppressionList",
            "provider:ses",
            "SES's suppression list of the account refuses it. Lifting here does not change that list. This command does: \
             aws sesv2 delete-suppressed-destination --email-address='-x@example.com'",
        ),
        (
            "Permanent/OnTenantSuppressionList",
            "tenant:ses:Acme",
            "This command does: aws sesv2 delete-suppressed-destination --email-address='-x@example.com' --tenant-name='Acme'",
        ),
        (
            "Permanent/OnTenantSuppressionList",
            "provider:ses",
            "with the name of the tenant: aws sesv2 delete-suppressed-destination --email-address='-x@example.com' \
             --tenant-name=TENANT",
        ),
        (
            "Permanent/Suppressed",
            "provider:ses",
            "SES's global suppression list refuses it. Nobody can remove an address from that list; SES does so after at most \
             14 days.",
        ),
    ] {
        let entry = json!({"state": "suppressed", "at": "2026-11-18T08:00:00.000Z",
            "first_at": "2026-11-18T08:00:00.000Z", "provider": "ses", "event_id": "x", "code": code});
        let record = json!({"address": "-x@example.com", "updated_at": "x", "version": 1,
            "suppressions": {scope: {"provider_block": entry}}, "soft_bounces": {"bounces": []}});
        put(&world.database, SUPPRESSIONS, &record).await;
        let fields = json!({"address": "-x@example.com"});
        let said = words(&world.html(fields).await);
        assert!(said.contains(expected), "{expected:?} is missing in:\n{said}");
        assert_eq!(said.contains("aws sesv2"), code != "Permanent/Suppressed", "{said}");
    }
}

#[tokio::test]
async fn what_concerns_the_same_list_is_said_once() {
    let world = World::new().await;
    let entry = |code: &str| {
        json!({"state": "suppressed", "at": "2026-11-18T08:00:00.000Z", "first_at": "2026-11-18T08:00:00.000Z",
            "provider": "ses", "event_id": "x", "code": code, "recipient": "Jane@example.com"})
    };
    let record = json!({"address": "jane@example.com", "updated_at": "x", "version": 1, "soft_bounces": {"bounces": []},
        "suppressions": {"*": {"hard_bounce": entry("Permanent/General"), "complaint": entry("abuse")}}});
    put(&world.database, SUPPRESSIONS, &record).await;
    let said = words(&world.html(json!({"address": "jane@example.com"})).await);
    assert_eq!(said.matches("SES may also have put it on its suppression list").count(), 1, "{said}");
    assert_eq!(said.matches("--email-address='Jane@example.com'").count(), 1, "{said}");
}
