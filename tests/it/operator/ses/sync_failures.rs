//! `sync ses` when SES, the table or the file of its state fails.

use std::collections::VecDeque;

use support::ses_api::Mishap;

use super::*;

/// A list with this many addresses, of which none is known here.
async fn long_list(count: usize) -> (World, SesApi) {
    let (world, api) = world().await;
    {
        let mut state = api.state();
        state.page = 10;
        for number in 0..count {
            state.add("", &format!("User{number}@example.com"), "BOUNCE", NOVEMBER);
        }
    }
    (world, api)
}

#[tokio::test]
async fn what_ses_throttles_or_drops_is_asked_for_again() {
    let (world, api) = long_list(60).await;
    let passing =
        [Mishap::LostAnswer, Mishap::Refused(500, "InternalFailure"), Mishap::Refused(429, "TooManyRequestsException")];
    api.state().mishaps.insert("List", passing.into());
    let state = StatePath::new();
    let out = world.run_ok(&sync_args(&state, &["--apply", "here"])).await;
    assert!(out.contains("60 only at SES; 60 imported, 60 new suppressions"), "{out}");
    assert_eq!(api.state().count("List"), 6 + 3);
    assert_eq!(world.records().await.len(), 60);
}

#[tokio::test]
async fn a_failure_of_ses_says_how_far_it_came_and_the_next_run_goes_on() {
    for (status, code, words) in [
        (403, "AccessDeniedException", "ses:ListSuppressedDestinations on SES's list of the account is denied"),
        (403, "ExpiredTokenException", "the credentials are invalid or have expired"),
        (
            400,
            "BadRequestException",
            "SES refuses ses:ListSuppressedDestinations on SES's list of the account: refused by",
        ),
        (404, "NotFoundException", "SES does not know SES's list of the account: refused by the test; check --tenant"),
        (400, "InvalidNextTokenException", "SES no longer knows where the listing stopped"),
    ] {
        let (world, api) = long_list(60).await;
        let state = StatePath::new();
        let failing = fail_from_third(&world, &api, &state, Mishap::Refused(status, code)).await;
        assert!(failing.contains(words), "{failing}");
        assert!(failing.contains("before this: 20 of SES's entries compared, 20 imported"), "{failing}");
        assert!(failing.contains(&state.0), "{failing}");
        let before = api.state().count("List");
        let out = world.run_ok(&sync_args(&state, &["--apply", "here"])).await;
        assert!(out.contains("SES's list of the account: 60 entries\n  60 only at SES; 60 imported, 60 new"), "{out}");
        assert_eq!(api.state().count("List") - before, 4, "{code}: the first two pages are not read again");
    }
}

/// Runs a sync whose third page fails; returns the failure.
async fn fail_from_third(world: &World, api: &SesApi, state: &StatePath, mishap: Mishap) -> String {
    let watched = async {
        while api.state().count("List") < 2 {
            tokio::task::yield_now().await;
        }
        api.state().mishaps.insert("List", VecDeque::from([mishap]));
    };
    let args = [&["sync", "ses", "--rate", "20", "--state", &state.0][..], &["--apply", "here"]].concat();
    let (ran, ()) = tokio::join!(world.run(&args), watched);
    ran.outcome.unwrap_err()
}

#[tokio::test]
async fn a_sandbox_ends_the_run_after_five_refusals() {
    let (world, api) = world().await;
    for number in 0..8 {
        world.run_ok(&["suppress", &format!("user{number}@example.com"), "--reason", "complaint"]).await;
    }
    let state = StatePath::new();
    api.state().unacceptable.insert("user3@example.com".to_owned());
    api.state().sandbox = true;
    let ran = world.run(&sync_args(&state, &["--apply", "there"])).await;
    let failure = ran.outcome.unwrap_err();
    assert!(failure.contains("an account in the sandbox may not add"), "{failure}");
    assert!(failure.contains("SES refused 5 addresses in a row and took none"), "{failure}");
    assert_eq!((api.state().count("Put"), ran.err.lines().count()), (5, 5));
    // A single refusal is named, and the rest is put.
    api.state().sandbox = false;
    let ran = world.run(&sync_args(&state, &["--apply", "there"])).await;
    assert_eq!(ran.outcome, Ok(Outcome::Incomplete));
    assert!(ran.err.starts_with("user3@example.com: SES refuses to add to"), "{}", ran.err);
    assert!(ran.out.contains("7 put on SES's list") && ran.out.contains("  1 refused by SES\n"), "{}", ran.out);
    assert_eq!(api.state().spellings("").len(), 7);
}

/// SES decides which addresses it takes, and the table in which order they come.
#[tokio::test]
async fn addresses_that_ses_never_takes_keep_no_others_from_its_list() {
    let (world, api) = world().await;
    for number in 0..30 {
        world.run_ok(&["suppress", &format!("user{number}@example.com"), "--reason", "complaint"]).await;
    }
    let state = StatePath::new();
    let shown = world.run_ok(&sync_args(&state, &[])).await;
    let first: Vec<_> = shown.lines().filter_map(|line| line.strip_prefix("only here    complaint    ")).collect();
    assert_eq!(first.len(), 30, "{shown}");
    api.state().unacceptable = first.iter().take(7).map(|address| (*address).to_owned()).collect();
    let there = sync_args(&state, &["--apply", "there"]);
    let failure = world.run(&there).await.outcome.unwrap_err();
    assert!(failure.contains("took none; the next run tries the others first"), "{failure}");
    let ran = world.run(&there).await;
    assert_eq!(ran.outcome, Ok(Outcome::Incomplete), "{}", ran.out);
    assert!(ran.out.contains("; 23 put on SES's list\n") && ran.out.contains("  7 refused by SES\n"), "{}", ran.out);
    // They are not asked for again, unless somebody wants that.
    api.state().unacceptable.clear();
    api.state().requests.clear();
    let out = world.run_ok(&there).await;
    assert!(out.contains("  7 refused by SES before, and left out: --from-start tries them again\n"), "{out}");
    assert_eq!(api.state().count("Put"), 0);
    let out = world.run_ok(&sync_args(&state, &["--apply", "there", "--from-start"])).await;
    assert!(out.contains("; 7 put on SES's list\n") && !out.contains("refused"), "{out}");
    assert_eq!(api.state().spellings("").len(), 30);
}

#[tokio::test]
async fn what_cannot_be_compared_is_named_and_the_rest_is_compared() {
    let (world, api) = world().await;
    for (spelling, reason, at) in [
        ("nobody", "BOUNCE", NOVEMBER),
        ("new@example.com", "MANUAL", NOVEMBER),
        ("later@example.com", "BOUNCE", millis("2026-11-25T00:00:00Z")),
        ("soon@example.com", "BOUNCE", millis("2026-11-20T12:00:30Z")),
        ("bad@example.com", "BOUNCE", NOVEMBER),
    ] {
        api.state().add("", spelling, reason, at);
    }
    let item = Item::from([("address".to_owned(), AttributeValue::S("bad@example.com".to_owned()))]);
    world.database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item)).send().await.unwrap();
    let state = StatePath::new();
    let ran = world.run(&sync_args(&state, &["--apply", "here"])).await;
    assert_eq!(ran.outcome, Ok(Outcome::Incomplete));
    let mut lines: Vec<_> = ran.err.lines().collect();
    lines.sort_unstable();
    let expected = [
        "bad@example.com: a stored suppression record cannot be read; repair the item",
        "later@example.com: its time is missing or in the future",
        "new@example.com: its reason is new: MANUAL",
        "nobody: not an e-mail address",
    ];
    assert_eq!(lines, expected);
    assert!(ran.out.contains("  1 only at SES; 1 imported, 1 new suppression\n"), "{}", ran.out);
    assert!(ran.out.contains("  4 of SES's entries cannot be compared\n"), "{}", ran.out);
    assert!(ran.out.contains("  1 of the table's items cannot be read"), "{}", ran.out);
}

#[tokio::test]
async fn a_newer_entry_of_ses_is_not_removed_whatever_the_listing_said() {
    let (mut world, api) = world().await;
    api.state().add("", "Fay@Example.com", "BOUNCE", NOVEMBER);
    world.run_ok(&["suppress", "fay@example.com", "--reason", "hard_bounce"]).await;
    world.run_ok(&["lift", "fay@example.com", "--reason", "hard_bounce"]).await;
    let whole = world.database.clone();
    let lists = std::sync::Arc::new(std::sync::Mutex::new(Some(api)));
    let shared = lists.clone();
    // It bounces again while the table is read.
    let behind = whole.behind(move |request| {
        if request.operation == "Scan" {
            let lists = shared.lock().unwrap();
            lists.as_ref().unwrap().state().add("", "Fay@Example.com", "BOUNCE", millis("2026-11-20T12:00:01Z"));
        }
        Reply::Database
    });
    let client = super::client(lists.lock().unwrap().as_ref().unwrap());
    world.tables = tables(behind.await.client).with_ses(client);
    let state = StatePath::new();
    let out = world.run_ok(&sync_args(&state, &["--apply", "there"])).await;
    assert!(out.contains("0 removed from SES's list, 1 kept"), "{out}");
    let api = lists.lock().unwrap().take().unwrap();
    let state = api.state();
    assert_eq!((state.count("Delete"), state.spellings("").len()), (0, 1));
}

#[tokio::test]
async fn the_file_of_the_state_is_one_runs_own() {
    let (world, api) = long_list(30).await;
    let state = StatePath::new();
    let file = std::fs::OpenOptions::new().append(true).create(true).open(&state.0).unwrap();
    file.lock().unwrap();
    let failure = world.run(&sync_args(&state, &[])).await.outcome.unwrap_err();
    assert!(failure.contains("is in use: another sync of this list is running"), "{failure}");
    drop(file);
    std::fs::write(&state.0, "something else\n").unwrap();
    let failure = world.run(&sync_args(&state, &[])).await.outcome.unwrap_err();
    assert!(failure.contains("not a file of sync, or damaged; give another file with --state"), "{failure}");
    assert!(api.state().requests.is_empty());
    std::fs::remove_file(&state.0).unwrap();
    world.run_ok(&sync_args(&state, &[])).await;
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&state.0).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let folder = world.run(&["sync", "ses", "--state", "/proc/nowhere/state"]).await.outcome.unwrap_err();
    assert!(folder.ends_with("; give another file with --state"), "{folder}");
}

#[tokio::test]
async fn a_table_that_fails_ends_the_run_and_nothing_is_lost() {
    for operation in ["BatchGetItem", "TransactWriteItems", "Scan"] {
        let (mut world, api) = long_list(30).await;
        let whole = world.database.client.clone();
        let behind = world.database.behind(move |request| {
            let denied = json!({"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"});
            if request.operation == operation {
                Reply::Answer(Message::answer("400 Bad Request", &denied))
            } else {
                Reply::Database
            }
        });
        world.tables = tables(behind.await.client).with_ses(super::client(&api));
        let state = StatePath::new();
        let failure = world.run(&sync_args(&state, &["--apply", "here"])).await.outcome.unwrap_err();
        assert!(failure.starts_with("dynamodb denies access"), "{operation}: {failure}");
        world.tables = tables(whole.clone()).with_ses(super::client(&api));
        let out = world.run_ok(&sync_args(&state, &["--apply", "here"])).await;
        assert!(out.contains("SES's list of the account: 30 entries\n"), "{operation}: {out}");
        assert_eq!(world.records().await.len(), 30, "{operation}");
    }
}
