//! Measures each step against its baseline in the same run: `make bench`. With the argument `batches`, only batches.
//!
//! Times differ between machines and from minute to minute, so compare only figures of the same run. Instructions are
//! counted by valgrind, if it is installed, and are reproducible.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a program for people at a terminal")]
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a program for people at a terminal")]
#![allow(unreachable_pub, reason = "a program has no one to export to")]

mod batches;
mod certificates;
mod clock;
mod guard;
mod process;
mod questions;

use std::path::Path;

use batches::{Batch, Form};
use harness::cost;
use harness::stages::{self, Stage};
use tokio::runtime::Runtime;

fn main() {
    // cargo bench adds an argument of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["stage", name, repetitions] => repeat(name, repetitions.parse().expect("a number")),
        ["guard"] => {
            let passes = guard::passes(&stages::all()) & guard::question_passes() & guard::batch_passes();
            std::process::exit(i32::from(!passes));
        }
        ["batches"] => runtime().block_on(report_batches()),
        _ => report(),
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

/// The part that runs under valgrind.
fn repeat(name: &str, repetitions: u64) {
    // Lazily: setting up the other groups allocates, and the counts would show it.
    let groups: [fn() -> Vec<Stage>; 4] =
        [stages::all, || stages::questions().into(), || stages::links().into(), || stages::batches().into()];
    let stage =
        groups.into_iter().flat_map(|group| group()).find(|stage| stage.name == name).expect("a stage of this name");
    (0..repetitions).for_each(|_| (stage.run)());
}

fn report() {
    let stages = stages::all();
    report_stages("CPU of each step", &stages);
    report_stages("CPU of a question, compared to one GetItem", &stages::questions());
    report_stages("CPU of a link, compared to its page", &stages::links());
    report_stages("CPU of a batch of 100, compared to its SNS messages", &stages::batches());
    runtime().block_on(report_processes());
}

fn report_stages(title: &str, stages: &[Stage]) {
    println!("{title}");
    println!("  {:<24} {:>12} {:>16} {:>14}", "step", "time, us", "x floor", "instructions");
    let medians = clock::medians(stages);
    let floor = medians[0];
    for (stage, nanoseconds) in stages.iter().zip(&medians) {
        let instructions = clock::instructions(stage.name).map_or("no valgrind".to_owned(), |count| count.to_string());
        println!("  {:<24} {:>12.2} {:>16.3} {instructions:>14}", stage.name, nanoseconds / 1e3, nanoseconds / floor);
    }
}

async fn report_processes() {
    let mut programs = process::programs();
    process::measure(&mut programs).await;
    println!("\nProcesses, one SES delivery an invocation, over the embedded DynamoDB");
    println!(
        "  {:<24} {:>10} {:>14} {:>12} {:>10} {:>10} {:>10}",
        "program", "ready, ms", "answered, ms", "warm, us", "peak, MB", "size, MB", "zip, MB"
    );
    for program in &programs {
        let process::Program { name, ready_ms, answered_ms, warm_us, peak_mb, size_mb, zip_mb, .. } = program;
        println!(
            "  {name:<24} {ready_ms:>10.1} {answered_ms:>14.1} {warm_us:>12.0} {peak_mb:>10.1} {size_mb:>10.1} {zip_mb:>10.1}"
        );
    }
    report_questions().await;
    let (fetched_ms, kept_ms) = certificates::measure(Path::new(env!("CARGO_BIN_EXE_mail-feedback"))).await;
    println!("\nThe first event of SNS over TLS");
    println!("  {:<34} {fetched_ms:>12.1} ms", "certificate fetched");
    println!("  {:<34} {kept_ms:>12.1} ms", "certificate kept");
    report_requests().await;
    report_batches().await;
}

async fn report_batches() {
    let binary = Path::new(env!("CARGO_BIN_EXE_mail-feedback"));
    let mut cpu_us = Vec::new();
    for (title, form) in [
        ("One SES delivery, with which SNS invokes the function", Form::Direct),
        ("SES deliveries as SNS messages in a batch of a queue", Form::Queue),
        ("Mailjet deliveries as an array in one request", Form::Array),
    ] {
        println!("\n{title}");
        println!(
            "  {:<7} {:>13} {:>13} {:>14} {:>9} {:>9} {:>13} {:>15} {:>13}",
            "events",
            "own CPU, us",
            "all CPU, us",
            "invocation, ms",
            "events/s",
            "peak, MB",
            "log, B/event",
            "BatchWriteItem",
            "BatchGetItem"
        );
        for batch in batches::measure(binary, form).await {
            let Batch { events, own_cpu_us, cpu_us: all_us, invocation_ms, peak_mb, log_bytes, requests } = batch;
            #[expect(clippy::cast_precision_loss, reason = "a count of events")]
            let rate = events as f64 / invocation_ms * 1e3;
            println!(
                "  {events:<7} {own_cpu_us:>13.1} {all_us:>13.1} {invocation_ms:>14.1} {rate:>9.0} {peak_mb:>9.1} \
                 {log_bytes:>13.1} {:>15} {:>13}",
                requests.0, requests.1
            );
            if events == 100 || matches!(form, Form::Direct) {
                cpu_us.push(all_us);
            }
        }
    }
    let (direct, queue) = (cpu_us[0], cpu_us[1]);
    println!("\n  An event in a batch of 100 takes {:.1} times less CPU than one by itself.", direct / queue);
    let floor = batches::floor_cpu_us(binary).await;
    println!(
        "  A program that only verifies signatures and sends the requests takes {floor:.1} us: {:.1} times less than one event by \
         itself, {:.2} times less than one in the batch.",
        direct / floor,
        queue / floor
    );
}

async fn report_questions() {
    let rows = questions::measure().await;
    println!("\nQuestions, links and pages, over the embedded DynamoDB");
    println!(
        "  {:<24} {:>10} {:>14} {:>12} {:>10} {:>10} {:>10}",
        "program", "ready, ms", "answered, ms", "warm, us", "CPU, us", "x floor", "peak, MB"
    );
    let floor = rows[0].cpu_us;
    for questions::Row { name, ready_ms, answered_ms, warm_us, cpu_us, peak_mb, .. } in &rows {
        let times = cpu_us / floor;
        println!(
            "  {name:<24} {ready_ms:>10.1} {answered_ms:>14.1} {warm_us:>12.0} {cpu_us:>10.0} {times:>10.2} {peak_mb:>10.1}"
        );
    }
}

async fn report_requests() {
    println!("\nDynamoDB, an event");
    println!(
        "  {:<34} {:>12} {:>12} {:>12} {:>12} {:>12}",
        "event", "write units", "read units", "event, B", "index, B", "record, B"
    );
    for (name, sample, is_first) in cost::ROWS {
        let cost::Cost { requests, writes, reads, bytes: (event, index, record) } = cost::cost(sample, is_first).await;
        println!("  {name:<34} {writes:>12} {reads:>12} {event:>12} {index:>12} {record:>12}");
        let requests: Vec<_> = requests.iter().map(|(operation, count)| format!("{count} {operation}")).collect();
        println!("    {}", requests.join(", "));
    }
}
