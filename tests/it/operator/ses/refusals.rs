//! `explain` and `check` say when SES's own list is what refuses, and print the command that ends it.

use super::*;

/// The command in an output, run as it is printed.
async fn run_printed(world: &World, text: &str) -> String {
    let line = text.lines().find_map(|line| line.split_once("mail-feedbackctl ")).expect("a command").1;
    let words = std::process::Command::new("sh").args(["-c", &format!("printf '%s\\n' {line}")]).output().unwrap();
    let words = String::from_utf8(words.stdout).unwrap();
    world.run_ok(&words.lines().collect::<Vec<_>>()).await
}

#[tokio::test]
async fn the_printed_command_ends_a_refusal_of_each_list() {
    for (code, ruling, tenant, list) in [
        ("Permanent/OnAccountSuppressionList", ACCOUNT_BLOCK, None, "SES's list of the account refuses; to end that: "),
        ("OnAccountSuppressionList", ACCOUNT_BLOCK, None, "SES's list of the account refuses; to end that: "),
        (
            "Permanent/OnTenantSuppressionList",
            TENANT_BLOCK,
            Some("Acme"),
            "SES's list of the tenant Acme refuses; to end that: ",
        ),
    ] {
        let (world, api) = world().await;
        world.record(&[refused(code, ruling, tenant)]).await;
        api.state().add(tenant.unwrap_or_default(), "Jane@Example.com", "BOUNCE", NOVEMBER);
        let explained = world.run_ok(&["explain", JANE]).await;
        assert!(explained.contains(list), "{explained}");
        let mut check = vec!["check", JANE, "--provider", "ses"];
        check.extend(tenant.into_iter().flat_map(|tenant| ["--tenant", tenant]));
        let checked = world.run(&check).await;
        assert_eq!(checked.outcome, Ok(Outcome::Blocked));
        assert!(checked.out.contains(list), "{}", checked.out);
        let json: Value = serde_json::from_str(&world.run_ok(&["explain", JANE, "--json"]).await).unwrap();
        let command = json["entries"][0]["command"].as_str().unwrap();
        assert!(explained.contains(command), "{command}");
        let json: Value = serde_json::from_str(&world.run(&[&check[..], &["--json"]].concat()).await.out).unwrap();
        assert_eq!(json["commands"], json!([command]));
        assert!(run_printed(&world, &explained).await.ends_with("not blocked\n"));
        assert_eq!(api.state().spellings(tenant.unwrap_or_default()), [""; 0]);
        let explained = world.run_ok(&["explain", JANE]).await;
        assert!(!explained.contains("refuses"), "{explained}");
        assert_eq!(world.run_ok(&check).await.matches("refuses").count(), 0);
    }
}

#[tokio::test]
async fn nobody_can_change_the_global_list() {
    let (world, _api) = world().await;
    world.record(&[refused("Permanent/Suppressed", GLOBAL_BLOCK, None)]).await;
    let explained = world.run_ok(&["explain", JANE]).await;
    assert!(explained.contains("SES's global list refuses; nobody can remove an address from it"), "{explained}");
    assert!(!explained.contains("mail-feedbackctl"), "{explained}");
    let ran = world.run(&["lift", JANE, "--reason", "provider_block", "--scope", "provider:ses"]).await;
    assert!(ran.err.starts_with("SES's global list refused, which nobody can change"), "{}", ran.err);
}

#[tokio::test]
async fn other_blocks_are_not_of_a_list() {
    let (world, _api) = world().await;
    world
        .record(&[
            refused("Permanent/EmailValidationSuppressed", GLOBAL_BLOCK, None),
            complaint("2026-11-01T09:00:00Z"),
        ])
        .await;
    let explained = world.run_ok(&["explain", JANE]).await;
    assert!(!explained.contains("refuses"), "{explained}");
}

#[tokio::test]
async fn a_lift_only_here_is_told_that_ses_may_still_refuse() {
    let (mut world, api) = world().await;
    world.record(&[refused("Permanent/OnAccountSuppressionList", ACCOUNT_BLOCK, None)]).await;
    api.state().add("", "Jane@Example.com", "BOUNCE", NOVEMBER);
    let ran = world.run(&["lift", JANE, "--reason", "provider_block", "--scope", "provider:ses"]).await;
    assert_eq!(ran.outcome, Ok(Outcome::Done));
    assert!(
        ran.err.starts_with("lifted only here; if the address is still on SES's list, SES refuses the next mail"),
        "{}",
        ran.err
    );
    let done = run_printed(&world, &ran.err).await;
    assert!(done.contains("  Jane@Example.com  removed\n") && done.contains("already lifted"), "{done}");
    assert_eq!(api.state().spellings(""), [""; 0]);
    // SES lists what bounces or complains, too.
    world.record(&[complaint("2026-11-01T09:00:00Z")]).await;
    api.state().add("", "Jane@Example.com", "COMPLAINT", NOVEMBER);
    let ran = world.run(&["lift", JANE, "--reason", "complaint"]).await;
    assert!(run_printed(&world, &ran.err).await.contains("  Jane@Example.com  removed\n"), "{}", ran.err);
    world.run_ok(&["suppress", JANE, "--reason", "complaint"]).await;
    assert_eq!(world.run(&["lift", JANE, "--reason", "complaint"]).await.err, "", "nobody reported it");
    // `make run` has no SES.
    world.record(&[complaint("2026-11-02T09:00:00Z")]).await;
    world.tables.ses = None;
    assert_eq!(world.run(&["lift", JANE, "--reason", "complaint"]).await.err, "", "there is nowhere else to lift it");
}
