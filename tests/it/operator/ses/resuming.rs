//! A sync that is stopped goes on where it stopped.

use std::collections::VecDeque;

use support::ses_api::Mishap;
use tokio::sync::mpsc::Sender;

use super::*;

/// 100 entries only at SES, 20 addresses only here, 10 that were lifted here since; ten entries per page.
async fn scene() -> (World, SesApi) {
    let (world, api) = world().await;
    {
        let mut state = api.state();
        state.page = 10;
        for number in 0..100 {
            state.add("", &format!("User{number}@example.com"), "BOUNCE", NOVEMBER);
        }
        for number in 0..10 {
            state.add("", &format!("Lifted{number}@example.com"), "COMPLAINT", NOVEMBER);
        }
    }
    for number in 0..20 {
        world.run_ok(&["suppress", &format!("here{number}@example.com"), "--reason", "hard_bounce"]).await;
    }
    for number in 0..10 {
        let address = format!("lifted{number}@example.com");
        world.run_ok(&["suppress", &address, "--reason", "complaint"]).await;
        world.run_ok(&["lift", &address, "--reason", "complaint"]).await;
    }
    (world, api)
}

/// Runs a sync, and asks it to stop once SES has taken a number of requests of an operation.
async fn stopped_after(world: &World, api: &SesApi, state: &StatePath, operation: &str, count: usize) -> CommandResult {
    let (sender, wishes) = channel(1);
    let sent = |sender: Sender<()>| async move {
        while api.state().count(operation) < count {
            tokio::task::yield_now().await;
        }
        sender.send(()).await.unwrap();
    };
    let args = ["sync", "ses", "--rate", "100", "--state", &state.0, "--apply", "both"];
    let (ran, ()) = tokio::join!(world.run_until(&args, Stop::Message(wishes)), sent(sender));
    ran
}

#[tokio::test]
async fn a_stopped_run_goes_on_in_each_of_its_phases() {
    let (world, api) = scene().await;
    let state = StatePath::new();
    for (operation, count) in [("List", 4), ("Delete", 3), ("Put", 5)] {
        let ran = stopped_after(&world, &api, &state, operation, count).await;
        assert_eq!(ran.outcome, Ok(Outcome::Incomplete), "{operation}: {}", ran.out);
        let advice = format!("stopped; the same command goes on from here within a day ({})\n", state.0);
        assert_eq!(ran.err, advice, "{operation}");
    }
    let out = world.run_ok(&sync_args(&state, &["--apply", "both"])).await;
    assert!(out.contains("SES's list of the account: 110 entries\n  100 only at SES; 100 imported, 100 new"), "{out}");
    assert!(
        out.contains("; 20 put on SES's list\n") && out.contains("; 10 removed from SES's list, 0 kept\n"),
        "{out}"
    );
    let mut entries = api.state().spellings("");
    entries.retain(|entry| !entry.starts_with("User"));
    assert_eq!(entries.len(), 20, "{entries:?}");
    // Nothing was done twice; the listing has eleven pages, and at most one was asked for in vain.
    let counts = ["Put", "Delete"].map(|operation| api.state().count(operation));
    assert_eq!(counts, [20, 10]);
    assert!((11..=12).contains(&api.state().count("List")), "{}", api.state().count("List"));
    assert!(!state.text().contains('@'), "whoever is on no list any more is not named: {}", state.text());
}

#[tokio::test]
async fn a_token_that_has_expired_starts_the_listing_again() {
    let (world, api) = scene().await;
    let state = StatePath::new();
    stopped_after(&world, &api, &state, "List", 4).await;
    api.state().expired = 100;
    let out = world.run(&sync_args(&state, &["--apply", "both"])).await;
    // The new tokens are valid.
    let failure = out.outcome.unwrap_err();
    assert!(failure.contains("start again with --from-start"), "{failure}");
    api.state().expired = 0;
    let out = world.run_ok(&sync_args(&state, &["--apply", "both", "--from-start"])).await;
    assert!(out.contains("SES's list of the account: 110 entries\n"), "{out}");
    let again = scene().await;
    let state = StatePath::new();
    stopped_after(&again.0, &again.1, &state, "List", 4).await;
    again.1.state().mishaps.insert("List", VecDeque::from([Mishap::Refused(400, "InvalidNextTokenException")]));
    let out = again.0.run_ok(&sync_args(&state, &["--apply", "both"])).await;
    assert!(out.contains("SES's list of the account: 110 entries\n"), "{out}");
}

#[tokio::test]
async fn a_listing_that_repeats_its_token_is_read_from_its_beginning() {
    let (world, api) = scene().await;
    let state = StatePath::new();
    api.state().stuck = 2;
    let here = sync_args(&state, &["--apply", "here"]);
    let failure = world.run(&here).await.outcome.unwrap_err();
    assert!(failure.starts_with("SES's listing does not advance: it repeats its token"), "{failure}");
    assert!(failure.contains("\nbefore this: 10 of SES's entries compared, "), "{failure}");
    let out = world.run_ok(&here).await;
    assert!(out.contains("SES's list of the account: 110 entries\n"), "{out}");
    assert_eq!(world.records().await.len(), 130);
}

#[tokio::test]
async fn another_wish_or_another_day_begins_anew() {
    let (mut world, api) = scene().await;
    let state = StatePath::new();
    stopped_after(&world, &api, &state, "List", 4).await;
    api.state().requests.clear();
    let out = world.run_ok(&sync_args(&state, &[])).await;
    assert!(out.contains("SES's list of the account: 110 entries\n"), "{out}");
    assert_eq!(api.state().count("List"), 11, "what was only to be shown was not shown yet");
    let state = StatePath::new();
    stopped_after(&world, &api, &state, "List", 4).await;
    api.state().requests.clear();
    world.now = world.now.plus_days(2);
    world.run_ok(&sync_args(&state, &["--apply", "both"])).await;
    assert_eq!(api.state().count("List"), 11);
}

/// A process may be killed in the middle of a line.
#[tokio::test]
async fn a_line_that_was_cut_off_is_left_out() {
    let (world, api) = scene().await;
    let state = StatePath::new();
    stopped_after(&world, &api, &state, "List", 4).await;
    let text = state.text();
    std::fs::write(&state.0, &text[..text.len() - 20]).unwrap();
    let out = world.run_ok(&sync_args(&state, &["--apply", "both"])).await;
    assert!(out.contains("SES's list of the account: 110 entries\n"), "{out}");
    assert_eq!(world.records().await.len(), 130);
}
