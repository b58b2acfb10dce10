//! The program itself, as operators run it.
//!
//! `SYNC_ENTRIES` is the number of entries of SES's list (3,000), `SYNC_RATE` the requests per second (200): the stand-in
//! throttles whatever is faster.

use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use super::*;
use crate::disorder::{number, print_uncaptured};

/// The program on the tables and SES of a test.
fn program(world: &World, api: &SesApi, args: &[&str]) -> Child {
    program_with(world, api, args, &[])
}

/// The same with more in its environment.
fn program_with(world: &World, api: &SesApi, args: &[&str], more: &[(&str, &str)]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mail-feedbackctl"));
    command
        .args(args)
        .env_clear()
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in [
        ("AWS_ENDPOINT_URL_DYNAMODB", world.database.endpoint()),
        ("AWS_ENDPOINT_URL_SESV2", api.endpoint()),
        ("AWS_ENDPOINT_URL_STS", api.endpoint()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("EVENT_TABLE", EVENTS.to_owned()),
        ("SUPPRESSION_TABLE", SUPPRESSIONS.to_owned()),
    ] {
        command.env(name, value);
    }
    command.envs(more.iter().copied()).spawn().unwrap()
}

async fn ended(child: Child) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = child.wait_with_output().await.unwrap();
    let [out, err] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (status.code(), out, err)
}

/// The most memory that a running program has had, in kibibytes.
fn peak(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

/// An event of last month: the program has the real time.
fn refused_lately() -> EmailEvent {
    refused("Permanent/OnAccountSuppressionList", ACCOUNT_BLOCK, None)
}

#[tokio::test]
async fn a_person_lifts_what_ses_refuses() {
    let (world, api) = world().await;
    world.record(&[refused_lately()]).await;
    api.state().add("", "Jane@Example.com", "BOUNCE", NOVEMBER);
    let (code, out, _) = ended(program(&world, &api, &["check", JANE, "--provider", "ses"])).await;
    assert_eq!(code, Some(2), "{out}");
    assert!(out.contains("SES's list of the account refuses; to end that: mail-feedbackctl lift"), "{out}");
    let lift =
        ["lift", JANE, "--reason", "provider_block", "--scope", "provider:ses", "--at-provider", "--actor", "ops"];
    let (code, out, err) = ended(program(&world, &api, &lift)).await;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("  Jane@Example.com  removed\n") && out.ends_with("  not blocked\n"), "{out}");
    api.state().sandbox = true;
    let suppress = ["suppress", JANE, "--at-provider", "complaint", "--actor", "ops"];
    let (code, _, err) = ended(program(&world, &api, &suppress)).await;
    assert_eq!(code, Some(1), "{err}");
    assert!(
        err.starts_with("error: SES refuses to add to SES's list of the account: Account is in the sandbox."),
        "{err}"
    );
}

#[tokio::test]
async fn the_state_is_kept_below_the_home_of_the_operator() {
    let (world, api) = world().await;
    let (code, _, err) = ended(program(&world, &api, &["sync", "ses"])).await;
    assert_eq!(code, Some(1));
    assert!(err.contains("neither XDG_STATE_HOME nor HOME is set; give a file with --state"), "{err}");
    let home = StatePath::new();
    let home = [("XDG_STATE_HOME", home.0.as_str())];
    for account in ["123456789012", "210987654321"] {
        api.state().account = account.to_owned();
        let (code, _, err) = ended(program_with(&world, &api, &["sync", "ses"], &home)).await;
        assert_eq!(code, Some(0), "{err}");
    }
    let folder = std::path::Path::new(home[0].1);
    let files = std::fs::read_dir(folder.join("mail-feedbackctl")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort_unstable();
    let names = ["123456789012", "210987654321"].map(|of| format!("sync-ses+{of}+us-east-1+{SUPPRESSIONS}.jsonl"));
    assert_eq!(files, names, "each account has its own");
    std::fs::remove_dir_all(folder).unwrap();
}

/// A list beside a table, stopped by Ctrl-C on the way; then everything is there, and nothing was asked for twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_survives_ctrl_c() {
    let entries = number("SYNC_ENTRIES").unwrap_or(3_000);
    let rate = number("SYNC_RATE").unwrap_or(200);
    // SES's own rate, less what two clocks may differ.
    let interval = Duration::from_micros(950_000 / rate);
    let (world, api) = world().await;
    {
        let mut state = api.state();
        state.interval = interval;
        state.page = if entries > 10_000 { 1_000 } else { 100 };
        for number in 0..entries {
            let reason = if number % 10 == 0 { "COMPLAINT" } else { "BOUNCE" };
            state.add("", &format!("User{number}@Example.com"), reason, NOVEMBER);
        }
    }
    for number in 0..5 {
        world.run_ok(&["suppress", &format!("here{number}@example.com"), "--reason", "complaint"]).await;
        let address = format!("user{number}@example.com");
        for reason in ["hard_bounce", "complaint"] {
            world.run_ok(&["suppress", &address, "--reason", reason]).await;
            world.run_ok(&["lift", &address, "--reason", reason]).await;
        }
    }
    let pages = entries.div_ceil(api.state().page as u64);
    let (state, rate) = (StatePath::new(), rate.to_string());
    let args = ["sync", "ses", "--apply", "both", "--rate", &rate, "--state", &state.0];
    let start = Instant::now();
    let running = program(&world, &api, &args);
    let pid = running.id().unwrap().to_string();
    let ending = tokio::spawn(ended(running));
    while (api.state().count("List") as u64) < pages / 2 && !ending.is_finished() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
    let (code, out, err) = ending.await.unwrap();
    assert_eq!(code, Some(1), "{err}");
    assert!(
        err.ends_with(&format!("stopped; the same command goes on from here within a day ({})\n", state.0)),
        "{err}"
    );
    assert!(out.contains("request"), "{out}");
    let imported = world.records().await.len() as u64;
    assert!((1..entries).contains(&imported), "{imported}");

    let running = program(&world, &api, &args);
    let pid = running.id().unwrap().to_string();
    let ending = tokio::spawn(ended(running));
    let mut kibibytes = 0;
    while !ending.is_finished() {
        kibibytes = kibibytes.max(peak(&pid));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (code, out, err) = ending.await.unwrap();
    assert_eq!(code, Some(0), "{err}");
    let seconds = start.elapsed().as_secs_f64();
    let only_there = entries - 5;
    assert!(out.contains(&format!("SES's list of the account: {entries} entries\n")), "{err}");
    assert!(out.contains(&format!("  {only_there} only at SES; {only_there} imported, {only_there} new")), "{err}");
    assert!(out.contains("  5 only here; 5 put on SES's list\n"), "{err}");
    assert!(out.contains("; 5 removed from SES's list, 0 kept\n"), "{err}");
    let (requests, throttled, listed) = {
        let state = api.state();
        (state.requests.len(), state.throttled, state.count("List") as u64)
    };
    assert!((pages..=pages + 1).contains(&listed), "{listed} of {pages} pages");
    assert_eq!(api.state().spellings("").len() as u64, entries);
    assert_eq!(world.records().await.len() as u64, entries + 5);
    // Above SES's rate, the machine's own delays are longer than the pauses.
    let tolerated = if interval < Duration::from_millis(500) { requests / 10 } else { 0 };
    assert!(throttled <= tolerated, "it keeps to the rate: {throttled} of {requests}");
    print_uncaptured(&format!(
        "sync: {entries} entries of SES's list beside the table, stopped once by Ctrl-C: {requests} requests to SES at {rate} \
         per second, {seconds:.1} s, at most {} MiB of memory",
        kibibytes / 1024
    ));
}
