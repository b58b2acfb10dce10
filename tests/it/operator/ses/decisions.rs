//! `lift --at-provider` and `suppress --at-provider`.

use std::collections::VecDeque;

use support::ses_api::Mishap;

use super::*;

/// A bounce of Jane in one of her spellings.
fn bounce(spelling: &str, at: &str) -> EmailEvent {
    let mut event = event(Ruling::hard(Cause::UnknownMailbox), at);
    event.recipient = Some(Recipient::parse(spelling));
    event
}

const LIFT: [&str; 5] = ["lift", JANE, "--reason", "hard_bounce", "--at-provider"];

#[tokio::test]
async fn a_lift_first_removes_every_known_spelling_and_nobody_elses() {
    let (world, api) = world().await;
    // The second one is a mail that was forwarded to somebody else.
    let mut forwarded = bounce(JANE, "2026-11-02T09:00:00Z");
    forwarded.recipient = Recipient { spelling: "other@example.com".to_owned(), ..Recipient::parse(JANE) }.into();
    world.record(&[bounce("Jane@Example.com", "2026-11-01T09:00:00Z"), forwarded]).await;
    world.record(&[bounce("JANE@example.com", "2026-11-03T09:00:00Z")]).await;
    for spelling in ["Jane@Example.com", "JANE@example.com", "jAne@example.com", "other@example.com"] {
        api.state().add("", spelling, "BOUNCE", NOVEMBER);
    }
    let ran = world.run_ok(&["lift", "jAne@example.com", "--reason", "hard_bounce", "--at-provider"]).await;
    let expected = "\
SES's list of the account:
  JANE@example.com  removed
  Jane@Example.com  removed
  jAne@example.com  removed
  jane@example.com  not on it (Email address does not exist in the suppression list.)
jane@example.com  lifted hard_bounce * by jo
  not blocked
";
    assert_eq!(ran, expected);
    assert_eq!(api.state().spellings(""), ["other@example.com BOUNCE"]);
    // Harmless, and no failure.
    let again = world.run_ok(&LIFT).await;
    assert!(again.contains("jane@example.com  already lifted hard_bounce * by jo\n"), "{again}");
    let json: Value = serde_json::from_str(&world.run_ok(&[&LIFT[..], &["--json"]].concat()).await).unwrap();
    assert_eq!(json["at_provider"]["list"], "account");
    assert_eq!(json["at_provider"]["spellings"][0]["result"], "absent");
    assert_eq!(json["lifted"]["reason"], "hard_bounce");
}

#[tokio::test]
async fn a_refusal_of_ses_lifts_nothing_here_and_says_what_stands_where() {
    let (world, api) = world().await;
    world.record(&[bounce("Jane@Example.com", "2026-11-01T09:00:00Z")]).await;
    for spelling in ["Jane@Example.com", JANE] {
        api.state().add("", spelling, "BOUNCE", NOVEMBER);
    }
    let refusals = VecDeque::from([Mishap::Refused(403, "AccessDeniedException")]);
    api.state().mishaps.insert("Delete", refusals.clone());
    let denied = world.run(&LIFT).await.outcome.unwrap_err();
    let expected = "ses:DeleteSuppressedDestination on SES's list of the account is denied; use credentials with this \
                    permission (see Rights in src/guide/elsewhere.md)\nSES's list of the account:\n  Jane@Example.com  not \
                    removed\n  jane@example.com  not removed\nhere: nothing was lifted; the same command may be run again";
    assert_eq!(denied, expected);
    // Somebody else removes one of them; the other one is refused again.
    api.state().list("").remove(&("Jane@Example.com".to_owned(), "BOUNCE".to_owned()));
    api.state().mishaps.insert("Delete", refusals);
    world.run(&LIFT).await.outcome.unwrap_err();
    assert_eq!(world.run(&["check", JANE]).await.outcome, Ok(Outcome::Blocked), "nothing was lifted");
    let done = world.run_ok(&LIFT).await;
    assert!(done.contains("  jane@example.com  removed\n") && done.ends_with("not blocked\n"), "{done}");
}

#[tokio::test]
async fn a_spelling_that_was_removed_before_a_failure_is_named() {
    let (world, api) = world().await;
    world.record(&[bounce("Jane@Example.com", "2026-11-01T09:00:00Z")]).await;
    for spelling in ["Jane@Example.com", JANE] {
        api.state().add("", spelling, "BOUNCE", NOVEMBER);
    }
    // A lost answer is asked for again; then the next spelling is refused.
    let mishaps =
        [Mishap::LostAnswer, Mishap::Refused(500, "InternalFailure"), Mishap::Refused(404, "NotFoundException")];
    let refused = [Mishap::Refused(400, "BadRequestException")];
    api.state().mishaps.insert("Delete", mishaps.into_iter().chain(refused).collect());
    let failure = world.run(&LIFT).await.outcome.unwrap_err();
    assert!(failure.contains("SES refuses ses:DeleteSuppressedDestination"), "{failure}");
    assert!(
        failure.contains("\n  Jane@Example.com  not on it (refused by the test)\n  jane@example.com  not removed\n"),
        "{failure}"
    );
}

#[tokio::test]
async fn a_table_that_fails_after_ses_is_told_with_what_was_removed() {
    let (mut world, api) = world().await;
    world.record(&[bounce("Jane@Example.com", "2026-11-01T09:00:00Z")]).await;
    api.state().add("", "Jane@Example.com", "BOUNCE", NOVEMBER);
    let whole = world.database.client.clone();
    let behind = world.database.behind(|request| {
        let denied = json!({"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"});
        match request.operation.as_str() {
            "TransactWriteItems" => Reply::Answer(Message::answer("400 Bad Request", &denied)),
            _ => Reply::Database,
        }
    });
    world.tables = tables(behind.await.client).with_ses(super::client(&api));
    let failure = world.run(&LIFT).await.outcome.unwrap_err();
    assert!(failure.starts_with("dynamodb denies access"), "{failure}");
    assert!(failure.contains("  Jane@Example.com  removed\n"), "{failure}");
    assert!(failure.ends_with("here: nothing was lifted; the same command may be run again"), "{failure}");
    world.tables = tables(whole).with_ses(super::client(&api));
    assert!(world.run_ok(&LIFT).await.ends_with("not blocked\n"));
}

#[tokio::test]
async fn a_typing_error_is_told_also_if_ses_had_nothing() {
    let (world, api) = world().await;
    let nobody = world.run(&["lift", "nobody@example.com", "--reason", "complaint", "--at-provider"]).await;
    let failure = nobody.outcome.unwrap_err();
    assert!(failure.starts_with("nothing to lift: there is no complaint in scope *"), "{failure}");
    // What only SES knows is lifted there.
    api.state().add("", "nobody@example.com", "COMPLAINT", NOVEMBER);
    let ran = world.run_ok(&["lift", "nobody@example.com", "--reason", "complaint", "--at-provider"]).await;
    assert!(ran.contains("nobody@example.com  removed\n"), "{ran}");
}

#[tokio::test]
async fn a_tenants_list_is_its_own() {
    let (world, api) = world().await;
    world.record(&[refused("Permanent/OnTenantSuppressionList", TENANT_BLOCK, Some("Acme"))]).await;
    api.state().add("", "Jane@Example.com", "BOUNCE", NOVEMBER);
    api.state().add("Acme", "Jane@Example.com", "BOUNCE", NOVEMBER);
    let lift = ["lift", JANE, "--reason", "provider_block", "--at-provider", "--scope"];
    for (scope, more, words) in [
        ("tenant:ses:Acme", &[][..], "name its list with --tenant Acme"),
        ("tenant:ses:Acme", &["--tenant", "Other"], "name its list with --tenant Acme"),
        ("list:ses:News", &[], "SES's list blocks all mail of its account or tenant"),
        ("provider:mailjet", &[], "SES's list blocks all mail of its account or tenant"),
    ] {
        let failure = world.run(&[&lift[..], &[scope], more].concat()).await.outcome.unwrap_err();
        assert!(failure.contains(words), "{scope} {more:?}: {failure}");
    }
    assert!(api.state().requests.is_empty(), "nothing was asked of SES");
    let ran = world.run_ok(&[&lift[..], &["tenant:ses:Acme", "--tenant", "Acme"]].concat()).await;
    assert!(ran.starts_with("SES's list of the tenant Acme:\n  Jane@Example.com  removed\n"), "{ran}");
    assert_eq!(api.state().spellings(""), ["Jane@Example.com BOUNCE"], "the account's list stays");
    let missing = [&lift[..], &["provider:ses", "--tenant", "Gone"]].concat();
    let failure = world.run(&missing).await.outcome.unwrap_err();
    assert!(failure.contains("not on it (Tenant Gone does not exist.)"), "{failure}");
    assert!(failure.starts_with("SES does not know SES's list of the tenant Gone"), "{failure}");
}

#[tokio::test]
async fn a_suppression_is_written_here_first_and_then_at_ses() {
    let (world, api) = world().await;
    let suppress = ["suppress", "Jane@Example.com", "--reason", "complaint", "--at-provider", "complaint"];
    api.state().sandbox = true;
    let failure = world.run(&suppress).await.outcome.unwrap_err();
    assert!(failure.contains("Account is in the sandbox. (an account in the sandbox may not add"), "{failure}");
    assert!(failure.contains("\nhere: the address is suppressed\nSES's list of the account: not changed"), "{failure}");
    assert_eq!(world.run(&["check", JANE]).await.outcome, Ok(Outcome::Blocked));
    api.state().sandbox = false;
    let ran = world.run_ok(&suppress).await;
    assert!(ran.starts_with("SES's list of the account:\n  jane@example.com  put as COMPLAINT\n"), "{ran}");
    assert_eq!(api.state().spellings(""), ["jane@example.com COMPLAINT"]);
    api.state().list("Acme");
    let tenant = ["--scope", "tenant:ses:Acme", "--tenant", "Acme", "--at-provider", "bounce", "--json"];
    let json = world.run_ok(&[&["suppress", JANE], &tenant[..]].concat()).await;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["at_provider"], json!({"list": "tenant:ses:Acme", "put": {"spelling": JANE, "reason": "BOUNCE"}}));
    assert_eq!(api.state().spellings("Acme"), ["jane@example.com BOUNCE"]);
    // It can be taken back.
    world.run_ok(&["lift", JANE, "--reason", "complaint", "--at-provider"]).await;
    assert_eq!(api.state().spellings(""), [""; 0]);
}

#[tokio::test]
async fn what_ses_cannot_express_is_refused_before_anything_is_written() {
    let (mut world, api) = world().await;
    let suppress = ["suppress", JANE, "--at-provider", "bounce", "--scope", "domain:example.com"];
    let failure = world.run(&suppress).await.outcome.unwrap_err();
    assert!(failure.starts_with("SES's list blocks all mail"), "{failure}");
    world.tables.ses = None;
    for args in [&["suppress", JANE, "--at-provider", "bounce"][..], &LIFT, &["sync", "ses", "--state", "/nowhere"]] {
        let failure = world.run(args).await.outcome.unwrap_err();
        assert!(failure.starts_with("`make run` has no SES"), "{failure}");
    }
    assert!(world.records().await.is_empty() && api.state().requests.is_empty());
    for wrong in [
        &["suppress", JANE, "--at-provider", "bounce", "--until", "2030-01-01"][..],
        &["suppress", JANE, "--at-provider", "spam"],
        &["suppress", JANE, "--tenant", "Acme"],
        &["lift", JANE, "--reason", "manual", "--tenant", "Acme"],
        &["lift", JANE, "--reason", "manual", "--at-provider", "--tenant", "a b"],
        &["sync", "mailjet"],
        &["sync", "ses", "--since", "2026-01-01", "--from-start"],
        &["sync", "ses", "--rate", "0"],
    ] {
        assert!(Cli::try_parse_from([&["mail-feedbackctl"], wrong].concat()).is_err(), "{wrong:?}");
    }
}
