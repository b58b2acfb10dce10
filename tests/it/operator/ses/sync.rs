//! `sync ses`: what is compared, imported, put and removed.

use std::collections::BTreeSet;

use support::seeded::Seeded;

use super::*;

/// What the table says about an address: `reason state` per entry of a scope.
async fn own(world: &World, scope: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for record in world.records().await {
        for (of, reason, entry) in entries(&record) {
            if of == scope {
                lines.push(format!("{} {reason} {}", text(&record, "address"), text(&entry, "state")));
            }
        }
    }
    lines.sort_unstable();
    lines
}

/// Ann stands on both sides, Bob and Cid only at SES, Dan and Eve only here, and Fay was lifted here since.
async fn scene() -> (World, SesApi) {
    let (mut world, api) = world().await;
    for (spelling, reason) in [
        ("Ann@example.com", "BOUNCE"),
        ("Bob@example.com", "BOUNCE"),
        ("cid@example.com", "COMPLAINT"),
        ("Fay@Example.com", "BOUNCE"),
    ] {
        api.state().add("", spelling, reason, NOVEMBER);
    }
    let now = std::mem::replace(&mut world.now, time("2026-10-01T00:00:00Z"));
    for (address, reason) in [
        ("ann@example.com", "hard_bounce"),
        ("dan@example.com", "complaint"),
        ("eve@example.com", "hard_bounce"),
        ("fay@example.com", "hard_bounce"),
    ] {
        world.run_ok(&["suppress", address, "--reason", reason]).await;
    }
    // Not for SES's list: another reason, another scope, an end.
    world.run_ok(&["suppress", "gil@example.com"]).await;
    world.run_ok(&["suppress", "gil@example.com", "--reason", "hard_bounce", "--scope", "domain:example.com"]).await;
    world.run_ok(&["suppress", "gil@example.com", "--reason", "hard_bounce", "--until", "2030-01-01"]).await;
    world.now = now;
    world.run_ok(&["lift", "fay@example.com", "--reason", "hard_bounce"]).await;
    (world, api)
}

const AT_SES: [&str; 4] =
    ["Ann@example.com BOUNCE", "Bob@example.com BOUNCE", "Fay@Example.com BOUNCE", "cid@example.com COMPLAINT"];

/// The lines about differences, sorted.
fn differences(out: &str) -> Vec<&str> {
    let starts = ["only at SES  ", "only here  ", "lifted here  "];
    let mut lines: Vec<_> = out.lines().filter(|line| starts.iter().any(|start| line.starts_with(start))).collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn without_apply_both_sides_are_shown_and_stay_as_they_are() {
    let (world, api) = scene().await;
    let before = (world.records().await, world.database.scan(EVENTS).await);
    let state = StatePath::new();
    let out = world.run_ok(&sync_args(&state, &[])).await;
    let expected = [
        "lifted here  hard_bounce  fay@example.com  at 2026-11-20T12:00:00.000Z, but on SES's list",
        "only at SES  BOUNCE       Bob@example.com  since 2026-11-01T00:00:00.000Z",
        "only at SES  COMPLAINT    cid@example.com  since 2026-11-01T00:00:00.000Z",
        "only here    complaint    dan@example.com",
        "only here    hard_bounce  eve@example.com",
    ];
    assert_eq!(differences(&out), expected);
    let summary = "SES's list of the account: 4 entries\n  2 only at SES\n  2 only here\n  1 lifted here and still on SES's list\n1 request to SES in ";
    assert!(out.contains(summary), "{out}");
    assert_eq!((world.records().await, world.database.scan(EVENTS).await), before);
    assert_eq!(api.state().spellings(""), AT_SES);
    assert_eq!(api.state().requests.len(), 1);
    // The file names only whom a person lifted.
    let state = state.text();
    assert!(state.contains("Fay@Example.com"), "{state}");
    assert!(!["nn@", "ob@", "id@", "an@", "ve@"].iter().any(|part| state.contains(part)), "{state}");
}

#[tokio::test]
async fn here_imports_as_import_does_except_where_a_lift_is_newer() {
    let (world, api) = scene().await;
    let state = StatePath::new();
    let out = world.run_ok(&sync_args(&state, &["--apply", "here"])).await;
    assert!(out.contains("  2 only at SES; 2 imported, 2 new suppressions\n"), "{out}");
    let records: Vec<_> = world.records().await.iter().flat_map(entry_texts).collect();
    assert!(records.contains(&"bob@example.com * hard_bounce suppressed ses ses-list".to_owned()), "{records:?}");
    assert!(records.contains(&"cid@example.com * complaint suppressed ses ses-list".to_owned()), "{records:?}");
    assert!(records.contains(&"fay@example.com * hard_bounce lifted manual jo".to_owned()), "{records:?}");
    assert_eq!(api.state().spellings(""), AT_SES);
    // The same rows as a file of the AWS CLI would have.
    let before = (world.records().await, world.database.scan(EVENTS).await);
    let lines = "{\"EmailAddress\":\"Bob@example.com\",\"Reason\":\"BOUNCE\",\"LastUpdateTime\":\"2026-11-01T00:00:00+00:00\"}\n";
    let path = file("sync-as-import.json", lines);
    world.run_ok(&["import", "--source", "ses-list", "--format", "ses", "--file", &path]).await;
    std::fs::remove_file(path).unwrap();
    assert_eq!((world.records().await, world.database.scan(EVENTS).await), before);
    let again = world.run_ok(&sync_args(&state, &["--apply", "here", "--from-start"])).await;
    assert!(again.contains("  0 only at SES; 0 imported, 0 new suppressions\n"), "{again}");
}

#[tokio::test]
async fn there_puts_what_stands_and_removes_what_was_lifted_since() {
    let (world, api) = scene().await;
    let before = (world.records().await, world.database.scan(EVENTS).await);
    let state = StatePath::new();
    let out = world.run_ok(&sync_args(&state, &["--apply", "there"])).await;
    assert!(out.contains("  2 only here; 2 put on SES's list\n"), "{out}");
    assert!(out.contains("  1 lifted here and still on SES's list; 1 removed from SES's list, 0 kept\n"), "{out}");
    let expected = [
        "Ann@example.com BOUNCE",
        "Bob@example.com BOUNCE",
        "cid@example.com COMPLAINT",
        "dan@example.com COMPLAINT",
        "eve@example.com BOUNCE",
    ];
    assert_eq!(api.state().spellings(""), expected);
    assert_eq!((world.records().await, world.database.scan(EVENTS).await), before);
    // Removals come first, and each is looked at again.
    let order: Vec<_> = api.state().requests.iter().map(|(operation, _)| *operation).collect();
    assert_eq!(order, ["List", "Get", "Get", "Delete", "Put", "Put"]);
    let again = world.run_ok(&sync_args(&state, &["--apply", "there"])).await;
    assert!(again.contains("  0 only here; 0 put on SES's list\n  0 lifted here and"), "{again}");
    assert!(!state.text().contains('@'), "nobody is named any more: {}", state.text());
}

#[tokio::test]
async fn a_program_gets_a_line_for_each_difference_and_one_for_all() {
    let (world, _api) = scene().await;
    let state = StatePath::new();
    let out = world.run_ok(&sync_args(&state, &["--apply", "both", "--json"])).await;
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (sum, differences) = lines.split_last().unwrap();
    let mut kinds: Vec<_> = differences.iter().map(|line| line["difference"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["lifted_here", "only_at_ses", "only_at_ses", "only_here", "only_here"]);
    let counts =
        ["entries", "only_at_ses", "imported", "suppressed", "only_here", "put", "lifted_here", "removed", "kept"];
    assert_eq!(counts.map(|name| sum[name].as_u64().unwrap()), [4, 2, 2, 2, 2, 2, 1, 1, 0], "{sum}");
    assert_eq!((&sum["list"], &sum["stopped"], &sum["requests"]), (&json!("account"), &json!(false), &json!(6)));
}

#[tokio::test]
async fn a_tenants_list_is_compared_with_the_tenants_own_entries() {
    let (world, api) = world().await;
    let scope = "tenant:ses:Acme";
    api.state().add("Acme", "bob@example.com", "BOUNCE", NOVEMBER);
    api.state().add("Acme", "cid@example.com", "COMPLAINT", NOVEMBER);
    api.state().add("", "zoe@example.com", "BOUNCE", NOVEMBER);
    // Every send covers the tenant's, but its list takes only its own.
    world.run_ok(&["suppress", "cid@example.com", "--reason", "complaint"]).await;
    world.run_ok(&["suppress", "dan@example.com", "--reason", "hard_bounce"]).await;
    world.run_ok(&["suppress", "eve@example.com", "--reason", "complaint", "--scope", scope]).await;
    let state = StatePath::new();
    let out = world.run_ok(&sync_args(&state, &["--tenant", "Acme", "--apply", "both"])).await;
    let expected = [
        "only at SES  BOUNCE       bob@example.com  since 2026-11-01T00:00:00.000Z",
        "only here    complaint    eve@example.com",
    ];
    assert_eq!(differences(&out), expected);
    assert_eq!(
        own(&world, scope).await,
        ["bob@example.com hard_bounce suppressed", "eve@example.com complaint suppressed"]
    );
    assert_eq!(
        own(&world, "*").await,
        ["cid@example.com complaint suppressed", "dan@example.com hard_bounce suppressed"]
    );
    assert_eq!(
        api.state().spellings("Acme"),
        ["bob@example.com BOUNCE", "cid@example.com COMPLAINT", "eve@example.com COMPLAINT"]
    );
    assert_eq!(api.state().spellings(""), ["zoe@example.com BOUNCE"]);
}

#[tokio::test]
async fn a_later_run_reads_only_what_ses_changed_and_still_knows_the_rest() {
    let (mut world, api) = scene().await;
    api.state().page = 2;
    let state = StatePath::new();
    world.run_ok(&sync_args(&state, &["--apply", "both"])).await;
    assert_eq!(api.state().count("List"), 2);
    // Ann and Bob are lifted here, although SES listed them long ago; of Ann, nothing here knows SES's spelling.
    world.now = time("2026-11-23T12:00:00Z");
    world.run_ok(&["lift", "ann@example.com", "--reason", "hard_bounce"]).await;
    world.run_ok(&["lift", "bob@example.com", "--reason", "hard_bounce"]).await;
    world.run_ok(&["suppress", "hal@example.com", "--reason", "hard_bounce"]).await;
    api.state().add("", "new@example.com", "BOUNCE", millis("2026-11-22T12:00:00Z"));
    api.state().requests.clear();
    let out = world.run_ok(&sync_args(&state, &["--apply", "both"])).await;
    let expected = [
        "lifted here  hard_bounce  bob@example.com  at 2026-11-23T12:00:00.000Z, but on SES's list",
        "only at SES  BOUNCE       new@example.com  since 2026-11-22T12:00:00.000Z",
        "only here    hard_bounce  hal@example.com",
    ];
    assert_eq!(differences(&out), expected);
    assert!(out.contains("SES's list of the account: 3 entries changed since 2026-11-19T12:00:00.000Z\n"), "{out}");
    assert!(out.contains("; 1 removed from SES's list, 0 kept\n"), "{out}");
    assert!(
        out.contains("  1 lifted here, and perhaps on SES's list in an unknown spelling: --from-start finds it\n"),
        "{out}"
    );
    let all = world.run_ok(&sync_args(&state, &["--apply", "both", "--from-start"])).await;
    assert!(all.contains("; 1 removed from SES's list, 0 kept\n"), "{all}");
    let expected = [
        "cid@example.com COMPLAINT",
        "dan@example.com COMPLAINT",
        "eve@example.com BOUNCE",
        "hal@example.com BOUNCE",
        "new@example.com BOUNCE",
    ];
    assert_eq!(api.state().spellings(""), expected);
}

#[tokio::test]
async fn since_compares_one_direction_and_is_refused_for_the_other() {
    let (world, api) = scene().await;
    api.state().add("", "old@example.com", "BOUNCE", millis("2026-01-01T00:00:00Z"));
    let state = StatePath::new();
    let since = ["--since", "2026-10-15"];
    let failure =
        world.run(&sync_args(&state, &[&since[..], &["--apply", "there"]].concat())).await.outcome.unwrap_err();
    assert!(failure.starts_with("--since leaves out a part of SES's list"), "{failure}");
    let out = world.run_ok(&sync_args(&state, &since)).await;
    assert!(out.contains("what is only here was not compared: that takes a run with --from-start"), "{out}");
    assert!(!out.contains("old@example.com") && !out.contains("eve@example.com"), "{out}");
    // Its end is no mark: the next run reads all.
    let out = world.run_ok(&sync_args(&state, &[])).await;
    assert!(out.contains("old@example.com") && out.contains("eve@example.com"), "{out}");
}

/// Anything that a person did not lift after SES's entry stays, whatever else both sides have; and one run is enough.
#[tokio::test]
async fn never_more_is_removed_and_one_run_is_enough() {
    let mut seeded = Seeded::new(17);
    for round in 0..6 {
        let (mut world, api) = world().await;
        let end = world.now;
        let mut removable = BTreeSet::new();
        for number in 0..30 {
            let key = format!("user{number}@example.com");
            let spelling = format!("User{number}@Example.com");
            let at_ses: Vec<(&str, &str)> = [("BOUNCE", "hard_bounce"), ("COMPLAINT", "complaint")]
                .into_iter()
                .filter(|_| seeded.percent(40))
                .collect();
            // SES on the 1st of November; decisions a month before, or twenty days after.
            for (name, _) in &at_ses {
                api.state().add("", &spelling, name, NOVEMBER);
            }
            let (mut lifted_after, mut stands) = (BTreeSet::new(), false);
            for reason in ["hard_bounce", "complaint"] {
                let (suppressed, lifted) = (seeded.percent(60), seeded.percent(50));
                let after = seeded.percent(50);
                if suppressed {
                    world.now = time("2026-10-01T00:00:00Z");
                    world.run_ok(&["suppress", &key, "--reason", reason]).await;
                }
                if suppressed && lifted {
                    world.now = if after { end } else { time("2026-10-02T00:00:00Z") };
                    world.run_ok(&["lift", &key, "--reason", reason]).await;
                }
                if suppressed && lifted && after {
                    lifted_after.insert(reason);
                }
                let imported = at_ses.iter().any(|(_, own)| *own == reason) && !(suppressed && lifted && after);
                stands |= (suppressed && !lifted) || imported;
            }
            if !at_ses.is_empty() && !stands && at_ses.iter().all(|(_, own)| lifted_after.contains(own)) {
                removable.insert(spelling);
            }
        }
        world.now = end;
        let before: BTreeSet<String> = api.state().spellings("").into_iter().collect();
        let state = StatePath::new();
        let out = world.run_ok(&sync_args(&state, &["--apply", "both"])).await;
        let after: BTreeSet<String> = api.state().spellings("").into_iter().collect();
        let gone: BTreeSet<String> = before
            .difference(&after)
            .filter_map(|entry| entry.split_once(' '))
            .map(|(spelling, _)| spelling.to_owned())
            .collect();
        assert_eq!(gone, removable, "round {round}: {out}");
        let again = world.run_ok(&sync_args(&state, &["--from-start"])).await;
        assert!(again.contains("  0 only at SES\n  0 only here\n"), "round {round}: {again}");
    }
}
