//! For which send an answer holds, and what it says of the rest.

use std::time::Duration;

use super::*;

/// A list of Mailjet is left, and two other reasons stand in scopes of their own.
async fn world() -> World {
    let world = World::new().await;
    for (reason, scope) in [
        ("unsubscribe", "list:mailjet:42"),
        ("complaint", "stream:marketing"),
        ("provider_block", "tenant:ses:Acme"),
        ("unsubscribe", "list:own:weekly"),
    ] {
        world.run_ok(&["suppress", "jane@example.com", "--reason", reason, "--scope", scope, "--actor", "ops"]).await;
    }
    world
}

#[tokio::test]
async fn a_list_blocks_in_its_short_and_its_long_form() {
    let world = world().await;
    for list in [
        &["--provider", "mailjet", "--list", "42"][..],
        &["--provider", "mailjet", "--list", "list:mailjet:42"],
        &["--provider", "Mailjet", "--list", "list:Mailjet:42"],
        &["--list", "list:mailjet:42"],
        &["--provider", "mailjet", "--list", "41", "--list", "42"],
        &["--provider", "mailjet", "--list", "list:own:weekly", "--topic", "x"],
        &["--provider", "mailjet", "--list", "list:own:weekly/x"],
        &["--provider", "ses", "--list", "list:own:weekly"],
        &["--provider", "tencent", "--list", "list:own:weekly"],
        &["--stream", "Marketing"],
        &["--provider", "mailjet", "--stream", "stream:marketing"],
        &["--provider", "ses", "--tenant", "Acme"],
        &["--tenant", "tenant:ses:Acme"],
    ] {
        let ran = world.run(&[&["check", "jane@example.com"], list].concat()).await;
        assert_eq!(ran.outcome, Ok(Outcome::Blocked), "{list:?}: {}", ran.out);
    }
    for other in [
        &["--provider", "ses", "--list", "42"][..],
        &["--provider", "ses", "--tenant", "acme"],
        &["--stream", "transactional"],
    ] {
        world.run_ok(&[&["check", "jane@example.com"], other].concat()).await;
    }
}

#[tokio::test]
async fn a_scope_that_cannot_exist_is_an_error() {
    let world = world().await;
    for (wrong, expected) in [
        (&["--list", "42"][..], "a list without its provider"),
        (&["--provider", "ses", "--list", "list:mailjet:42"], "the list or tenant belongs to a provider other"),
        (&["--provider", "mailjet", "--tenant", "Acme"], "the list or tenant belongs to a provider other"),
        (&["--provider", "mailjet", "--list", "list:mailjet"], "not a list"),
        (&["--provider", "mailjet", "--list", "own:weekly"], "not a list"),
        (&["--provider", "mailjet", "--list", "News"], "not a list name"),
        (&["--provider", "mailjet", "--list", "042"], "not a list name"),
        (&["--provider", "mailjet", "--list", "42", "--topic", "x"], "not a list name"),
        (&["--provider", "ses", "--list", " News"], "not a list name"),
        (&["--provider", "ses", "--list", "News", "--topic", ""], "not a list name"),
        (&["--list", "list:own:weekly\t"], "not a list name"),
        (&["--provider", "ses", "--list", ""], "not a list"),
        (&["--provider", "mail jet"], "not a provider"),
        (&["--provider", "ses\0"], "not a provider"),
        (&["--stream", "spring sale"], "not a stream"),
        (&["--tenant", "Acme, Inc."], "not a tenant"),
        (&["--provider", "ses", "--list", "a", "--list", "b", "--topic", "c"], "--topic of several lists"),
    ] {
        let ran = world.run(&[&["check", "jane@example.com"], wrong].concat()).await;
        let failure = ran.outcome.unwrap_err();
        assert!(failure.starts_with(expected) && ran.out.is_empty(), "{wrong:?}: {failure}");
    }
}

#[tokio::test]
async fn the_answer_says_for_what_it_holds_and_what_stands_elsewhere() {
    let world = world().await;
    let shown = world.run_ok(&["check", "jane@example.com", "--provider", "mailjet"]).await;
    assert_eq!(
        shown,
        "jane@example.com  allowed for * and provider:mailjet; elsewhere: unsubscribe for list:mailjet:42, unsubscribe for \
         list:own:weekly, complaint for stream:marketing, provider_block for tenant:ses:Acme\n"
    );
    let send = ["check", "jane@example.com", "--json", "--provider", "mailjet", "--list", "42"];
    let answer: Value = serde_json::from_str(&world.run(&send).await.out).unwrap();
    assert_eq!(answer["allowed"], false);
    assert_eq!(answer["asked"], json!(["*", "provider:mailjet", "list:mailjet:42"]));
    let scopes = |name: &str| {
        let blocks = answer[name].as_array().unwrap().iter();
        blocks.map(|block| block["scope"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(scopes("blocked_by"), ["list:mailjet:42"]);
    assert_eq!(scopes("elsewhere"), ["list:own:weekly", "stream:marketing", "tenant:ses:Acme"]);
    assert_eq!(answer["warning"], Value::Null);
    let nobody = world.run_ok(&["check", "john@example.com", "--domain", "Example.com", "--provider", "ses"]).await;
    assert_eq!(nobody, "john@example.com  allowed for *, provider:ses and domain:example.com\n");
}

/// A line of `check --json` is the answer of the function `check`, with the fields that this returns once for all
/// addresses.
#[tokio::test]
async fn the_program_answers_what_the_function_answers() {
    let world = world().await;
    world
        .run_ok(&["suppress", "jane@example.com", "--reason", "manual", "--until", "2027-01-01", "--actor", "ops"])
        .await;
    let item = Item::from([("address".to_owned(), AttributeValue::S("broken@example.com".to_owned()))]);
    world.database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item)).send().await.unwrap();
    let addresses = ["Jane <Jane@Example.com>", "broken@example.com", "foo@", "john@example.com"];
    for (arguments, mut question) in [
        (&[][..], json!({})),
        (&["--provider", "Mailjet", "--list", "42"], json!({"provider": "Mailjet", "lists": ["42"]})),
        (
            &["--provider", "sess", "--domain", "Example.com"],
            json!({"provider": "sess", "sender_domain": "Example.com"}),
        ),
        (
            &["--provider", "ses", "--tenant", "Acme", "--stream", "marketing"],
            json!({"provider": "ses", "tenant": "Acme", "stream": "marketing"}),
        ),
    ] {
        question["addresses"] = json!(addresses);
        let function = crate::check::checker(world.database.client.clone());
        let answer = function.answer(&question.to_string(), "test-request", Duration::from_secs(10)).await.unwrap();
        let answer = json!(answer);
        let ran = world.run(&[&["check", "--json"], &addresses[..], arguments].concat()).await;
        assert_eq!(ran.outcome, Err("1 of 3 records cannot be read; repair the items".to_owned()));
        let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), addresses.len());
        for (mut line, result) in lines.into_iter().zip(answer["results"].as_array().unwrap()) {
            let fields = line.as_object_mut().unwrap();
            fields.remove("elsewhere");
            assert_eq!(fields.remove("asked"), Some(answer["asked"].clone()));
            assert_eq!(fields.remove("warning"), Some(answer["warning"].clone()));
            assert_eq!(line, *result, "{arguments:?}");
        }
    }
    let shown = world.run(&[&["check"], &addresses[..]].concat()).await.out;
    assert!(shown.contains("broken@example.com  not known: its record cannot be read; do not send\n"), "{shown}");
    assert!(shown.contains("foo@  not an e-mail address; do not send\n"), "{shown}");
    let alone = world.run(&["check", "john@example.com", "foo@"]).await;
    assert_eq!(alone.outcome, Ok(Outcome::Blocked));
}

#[tokio::test]
async fn of_much_that_stands_elsewhere_a_line_names_the_first() {
    let world = World::new().await;
    for n in 10..23 {
        let scope = format!("list:ses:{n}");
        let suppress = ["suppress", "jane@example.com", "--reason", "unsubscribe", "--scope", &scope, "--actor", "ops"];
        world.run_ok(&suppress).await;
    }
    let shown = world.run_ok(&["check", "jane@example.com"]).await;
    assert!(shown.ends_with("unsubscribe for list:ses:19 and 3 more\n"), "{shown}");
    let json: Value = serde_json::from_str(&world.run_ok(&["check", "jane@example.com", "--json"]).await).unwrap();
    assert_eq!(json["elsewhere"].as_array().unwrap().len(), 13);
}

#[tokio::test]
async fn a_provider_without_reports_is_answered_with_a_warning() {
    let world = world().await;
    let warning = "no report comes from sess, only from ses, tencent, mailjet; check the spelling";
    for send in [&["--provider", "sess"][..], &["--list", "list:sess:42"]] {
        let ran = world.run(&[&["check", "jane@example.com"], send].concat()).await;
        assert_eq!((ran.outcome, ran.err), (Ok(Outcome::Done), format!("warning: {warning}\n")), "{send:?}");
        let ran = world.run(&[&["check", "jane@example.com", "--json"], send].concat()).await;
        let answer: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((&answer["allowed"], &answer["warning"]), (&json!(true), &json!(warning)));
    }
    for scope in ["provider:sess", "list:sess:42"] {
        let decision = ["jane@example.com", "--reason", "manual", "--scope", scope, "--actor", "ops"];
        for command in ["suppress", "lift"] {
            let ran = world.run(&[&[command], &decision[..]].concat()).await;
            assert_eq!(
                (ran.outcome, ran.err),
                (Ok(Outcome::Done), format!("warning: {warning}\n")),
                "{command} {scope}"
            );
        }
    }
}

/// Tenants and streams are scopes like any other for every command.
#[tokio::test]
async fn tenants_and_streams_are_shown_moved_and_lifted() {
    let world = world().await;
    let explained = world.run_ok(&["explain", "jane@example.com"]).await;
    for scope in ["stream:marketing", "tenant:ses:Acme"] {
        assert!(explained.contains(scope), "{explained}");
    }
    let exported = world.run_ok(&["export"]).await;
    let path = file("scopes.csv", &exported);
    let other = World::new().await;
    other.run_ok(&["import", "--source", "move", "--file", &path]).await;
    std::fs::remove_file(path).unwrap();
    assert_eq!(other.run_ok(&["export"]).await, exported);
    for (reason, scope) in [("complaint", "stream:Marketing"), ("provider_block", "tenant:SES:Acme")] {
        other.run_ok(&["lift", "jane@example.com", "--reason", reason, "--scope", scope, "--actor", "ops"]).await;
    }
    let rest = other.run_ok(&["check", "jane@example.com"]).await;
    assert!(rest.ends_with("elsewhere: unsubscribe for list:mailjet:42, unsubscribe for list:own:weekly\n"), "{rest}");

    let rows = "address,reason,scope,since\na@example.com,complaint,stream:a b,2026-01-01\n\
        b@example.com,complaint,tenant:mailjet:Acme,2026-01-01\n";
    let path = file("no-scopes.csv", rows);
    let ran = other.run(&["import", "--source", "move", "--file", &path]).await;
    std::fs::remove_file(path).unwrap();
    assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
}
