//! `lift --at-provider` changes nothing at SES unless it takes effect here, and nothing else is in force that SES blocks.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::*;

const LIFT: [&str; 5] = ["lift", JANE, "--reason", "hard_bounce", "--at-provider"];

/// Fails a lift that SES must not hear of.
async fn refusal(world: &World, api: &SesApi, args: &[&str]) -> String {
    let at_ses = || {
        let state = api.state();
        (state.spellings(""), state.requests.len())
    };
    let before = (world.records().await, at_ses());
    let failure = world.run(args).await.outcome.unwrap_err();
    assert!(failure.ends_with(": not changed"), "{failure}");
    assert_eq!((world.records().await, at_ses()), before, "{failure}");
    failure
}

#[tokio::test]
async fn a_lift_of_what_is_not_in_force_leaves_ses_as_it_is() {
    let (world, api) = world().await;
    world.record(&[complaint("2026-11-01T09:00:00Z")]).await;
    api.state().add("", "Jane@Example.com", "COMPLAINT", NOVEMBER);
    let expected = "nothing to lift: there is no hard_bounce in scope *; the address is blocked by:\n  --reason complaint --scope \
                    '*'\nSES's list of the account: not changed";
    assert_eq!(refusal(&world, &api, &LIFT).await, expected);
}

#[tokio::test]
async fn a_lift_that_a_fold_refuses_leaves_ses_as_it_is() {
    let (world, api) = world().await;
    let mut rows = "address,reason,scope\n".to_owned();
    for number in 0..=mail_feedback::suppression::MAX_SCOPES {
        writeln!(rows, "{JANE},provider_block,list:ses:{number}").unwrap();
    }
    let path = file("folded.csv", rows);
    world.run_ok(&["import", "--source", "old", "--at", "2026-11-01", "--file", &path]).await;
    std::fs::remove_file(path).unwrap();
    api.state().add("", JANE, "BOUNCE", NOVEMBER);
    let lift = ["lift", JANE, "--reason", "provider_block", "--scope", "provider:ses", "--at-provider"];
    let failure = refusal(&world, &api, &lift).await;
    assert!(failure.starts_with("provider_block for provider:ses cannot be set or lifted separately"), "{failure}");
}

#[tokio::test]
async fn a_second_reason_of_ses_is_lifted_first() {
    let (world, api) = world().await;
    world.run_ok(&["suppress", JANE, "--reason", "hard_bounce"]).await;
    world.record(&[complaint("2026-11-01T09:00:00Z")]).await;
    for reason in ["BOUNCE", "COMPLAINT"] {
        api.state().add("", JANE, reason, NOVEMBER);
    }
    let expected = "SES's list would no longer block what is still in force here; lift that first:\n  mail-feedbackctl lift \
                    'jane@example.com' --reason complaint --scope '*'\nor lift hard_bounce only here, without \
                    --at-provider\nSES's list of the account: not changed";
    assert_eq!(refusal(&world, &api, &LIFT).await, expected);
    world.run_ok(&["lift", JANE, "--reason", "complaint", "--scope", "*"]).await;
    let ran = world.run_ok(&LIFT).await;
    assert!(ran.contains("  jane@example.com  removed\n") && ran.ends_with("  not blocked\n"), "{ran}");
    // A complaint that came later is in force, too, whatever was lifted before.
    world.record(&[complaint("2026-11-20T12:00:01Z")]).await;
    api.state().add("", JANE, "COMPLAINT", NOVEMBER);
    refusal(&world, &api, &LIFT).await;
}

#[tokio::test]
async fn what_is_in_force_for_every_send_is_so_for_a_tenant() {
    let (world, api) = world().await;
    let scope = "tenant:ses:Acme";
    world.run_ok(&["suppress", JANE, "--reason", "hard_bounce"]).await;
    world.run_ok(&["suppress", JANE, "--reason", "hard_bounce", "--scope", scope]).await;
    api.state().add("Acme", JANE, "BOUNCE", NOVEMBER);
    let of_tenant = [&LIFT[..], &["--scope", scope, "--tenant", "Acme"]].concat();
    let failure = refusal(&world, &api, &of_tenant).await;
    assert!(failure.contains("lift 'jane@example.com' --reason hard_bounce --scope '*'\n"), "{failure}");
    // What is in force only for the tenant does not concern the list of the account.
    api.state().add("", JANE, "BOUNCE", NOVEMBER);
    assert!(world.run_ok(&LIFT).await.contains("  jane@example.com  removed\n"));
    assert!(world.run_ok(&of_tenant).await.contains("  jane@example.com  removed\n"));
    assert_eq!(api.state().spellings("Acme"), [""; 0]);
}

#[tokio::test]
async fn what_only_ses_knows_is_lifted_there_whatever_blocks_other_sends() {
    let (world, api) = world().await;
    world.run_ok(&["suppress", JANE, "--scope", "domain:example.com"]).await;
    api.state().add("", JANE, "BOUNCE", NOVEMBER);
    let ran = world.run_ok(&LIFT).await;
    assert!(ran.contains("  jane@example.com  removed\n") && ran.contains("already lifted hard_bounce *"), "{ran}");
    // A decision for every send through SES may be what was meant instead.
    world.run_ok(&["suppress", JANE, "--scope", "provider:ses"]).await;
    api.state().add("", JANE, "BOUNCE", NOVEMBER);
    let failure = refusal(&world, &api, &LIFT).await;
    assert!(failure.starts_with("nothing to lift: "), "{failure}");
}

#[tokio::test]
async fn a_wrong_tenant_is_no_list_without_the_address() {
    let (world, api) = world().await;
    api.state().list("Acme");
    let lift = |tenant| [&LIFT[..], &["--tenant", tenant]].concat();
    world.run_ok(&["suppress", JANE, "--reason", "hard_bounce"]).await;
    let failure = world.run(&lift("Acne")).await.outcome.unwrap_err();
    let expected = "SES does not know SES's list of the tenant Acne: Tenant Acne does not exist.; check --tenant and AWS_REGION\n\
                    SES's list of the tenant Acne:\n  jane@example.com  not on it (Tenant Acne does not exist.)\nhere: nothing was \
                    lifted; the same command may be run again";
    assert_eq!(failure, expected);
    assert_eq!(world.run(&["check", JANE]).await.outcome, Ok(Outcome::Blocked));
    api.state().requests.clear();
    assert!(world.run_ok(&lift("Acme")).await.ends_with("  not blocked\n"), "an empty list is a list");
    assert_eq!(["Delete", "List"].map(|operation| api.state().count(operation)), [1, 1]);
}

#[tokio::test]
async fn a_table_that_fails_after_the_decision_does_not_hide_it() {
    let (mut world, api) = world().await;
    world.run_ok(&["suppress", JANE, "--reason", "hard_bounce"]).await;
    api.state().add("", JANE, "BOUNCE", NOVEMBER);
    let written = Arc::new(AtomicBool::new(false));
    let is_written = written.clone();
    let behind = world.database.behind(move |request| {
        let denied = json!({"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"});
        match request.operation.as_str() {
            "TransactWriteItems" => is_written.store(true, Ordering::Relaxed),
            "GetItem" if is_written.load(Ordering::Relaxed) => {
                return Reply::Answer(Message::answer("400 Bad Request", &denied));
            }
            _ => {}
        }
        Reply::Database
    });
    world.tables = tables(behind.await.client).with_ses(super::client(&api));
    let suppress = ["suppress", JANE, "--reason", "complaint", "--at-provider", "complaint"];
    for (args, done) in [
        (&LIFT[..], "jane@example.com  lifted hard_bounce * by jo\n  not blocked\n"),
        (&suppress, "jane@example.com  suppressed complaint * by jo\n  blocked by:\n"),
    ] {
        written.store(false, Ordering::Relaxed);
        let out = world.run_ok(args).await;
        assert!(out.contains(done), "{out}");
    }
}
