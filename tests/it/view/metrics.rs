//! The pages that are made from metrics: the overview and the failures.

use serde_json::json;
use support::metrics_api::{Asked, Manner, MetricsApi};

use super::world::{World, noon, values, words};

#[tokio::test]
async fn an_overview_of_the_last_day() {
    let world = World::new().await;
    let said = words(&world.html(json!({"page": "overview"})).await);
    for expected in [
        "Overview of the last 24 hours",
        "Since 2026-11-19 12:00:00 UTC 2026-11-19 13:00:00 +01:00 .",
        "As of 2026-11-20 12:00:00 UTC 2026-11-20 13:00:00 +01:00 .",
        // 350 hard bounces and 40 complaints of 35.420 messages.
        "Provider Amazon SES Delivered or bounced 35.420 Bounces 0,9881 % Limit 5,0 % Complaints 0,1129 % Limit 0,1 % Judgement ✕ too many complaints",
        "Provider Mailjet Delivered or bounced 12 Bounces 0,0 % Limit 8,0 % Complaints 0,0 % Limit 0,08 % Judgement – too few to judge: fewer than 1.000",
        "Event delivered Number 35.000",
        "One-click links",
        "New suppressions by reason, from reports and links Reason Number Reason hard_bounce Number 350 Reason unsubscribe Number 12",
        "Cause unknown_mailbox Number 300 Cause mailbox_full Number 70",
    ] {
        assert!(said.contains(expected), "{expected:?} is missing in:\n{said}");
    }
    let calls = world.metrics.calls();
    assert_eq!(calls.len(), 1, "one GetMetricData");
    assert!(calls[0].len() <= 500 && calls[0].iter().all(|asked| asked.statistic == "Sum"));
    let longer = words(&world.html(json!({"page": "overview", "span": "28d"})).await);
    for expected in ["Overview of the last 28 days", "Judgement – too few to judge: fewer than 28.000"] {
        assert!(longer.contains(expected), "{expected:?} is missing in:\n{longer}");
    }
}

#[tokio::test]
async fn a_rate_is_judged_exactly_as_the_alarm_does() {
    for (complaints, expected) in [(1_000.0, "✓ not above either limit"), (1_009.0, "✕ too many complaints")] {
        let values = move |asked: &Asked| match asked.name.as_str() {
            "events.ses.delivered" => vec![(noon().seconds(), 1_000_000.0)],
            "events.ses.complained" => vec![(noon().seconds(), complaints)],
            _ => Vec::new(),
        };
        let world = World::with(MetricsApi::start(values).await, false).await;
        let said = words(&world.html(json!({"page": "overview"})).await);
        assert!(said.contains(&format!("Limit 0,1 % Judgement {expected}")), "{said}");
    }
}

#[tokio::test]
async fn what_the_function_behind_links_failed_on_counts_too() {
    let values = |asked: &Asked| match (asked.of.as_str(), asked.name.as_str()) {
        ("feedback", "rejected.unreachable") => vec![(noon().seconds(), 2.0)],
        ("links", "rejected.unreachable") => vec![(noon().seconds(), 3.0)],
        _ => Vec::new(),
    };
    let world = World::with(MetricsApi::start(values).await, false).await;
    let said = words(&world.html(json!({"page": "failures"})).await);
    assert!(said.contains("Label unreachable Number 5 "), "{said}");
}

#[tokio::test]
async fn failures_in_the_words_of_the_runbook() {
    let world = World::new().await;
    let said = words(&world.html(json!({"page": "failures"})).await);
    for expected in [
        "✕ One queue has reports that are not in the tables.",
        "Queue FailedQueue Messages 3 Oldest 2 days What it means There is at least one message in FailedQueue: the function failed on it three times",
        "At risk messages in the queue are not in the tables. They are lost 14 days after their arrival.",
        "Queue ParkedQueue Messages 0 Oldest – What it means –",
        "Label throttled Number 12 Meaning DynamoDB refused requests that arrived too fast What to do see TableThrottleAlarm",
        "Label signature Number 3 Meaning the signature does not match",
    ] {
        assert!(said.contains(expected), "{expected:?} is missing in:\n{said}");
    }
    assert_eq!(world.metrics.calls().len(), 1, "one GetMetricData, and no look into a queue");
}

/// A figure that lacks some would look as if nothing were wrong.
#[tokio::test]
async fn incomplete_metrics_are_no_answer() {
    for (page, manner) in [
        ("overview", Manner::Status("events.ses.complained", "InternalError")),
        ("overview", Manner::Status("events.ses.complained", "Forbidden")),
        ("overview", Manner::Status("events.ses.complained", "PartialData")),
        ("overview", Manner::Without("events.ses.complained")),
        ("overview", Manner::Endless),
        ("failures", Manner::Status("ApproximateNumberOfMessagesVisible", "InternalError")),
        ("failures", Manner::Without("rejected.signature")),
    ] {
        let world = World::with(MetricsApi::answering(values, manner).await, false).await;
        let said = words(&world.html(json!({"page": page})).await);
        assert!(said.contains("No answer. CloudWatch did not return the metrics."), "{page}: {said}");
    }
}

#[tokio::test]
async fn an_answer_in_parts_is_read_to_its_end() {
    let world = World::with(MetricsApi::answering(values, Manner::InParts).await, false).await;
    let said = words(&world.html(json!({"page": "overview"})).await);
    assert!(said.contains("Event delivered Number 35.000"), "{said}");
    assert_eq!(world.metrics.calls().len(), 2);
}

#[tokio::test]
async fn a_queue_without_figures_is_not_an_empty_queue() {
    let silent = |_: &Asked| Vec::new();
    let world = World::with(MetricsApi::start(silent).await, false).await;
    let said = words(&world.html(json!({"page": "failures"})).await);
    for expected in [
        "– No report is known to wait in a failure queue.",
        "SQS reported nothing about UndeliveredQueue, FailedQueue, ParkedQueue in the last 24 hours.",
        "Queue FailedQueue Messages none reported",
    ] {
        assert!(said.contains(expected), "{expected:?} is missing in:\n{said}");
    }
    let empty = |asked: &Asked| match asked.name.as_str() {
        "ApproximateNumberOfMessagesVisible" => vec![(noon().seconds(), 0.0)],
        _ => Vec::new(),
    };
    let world = World::with(MetricsApi::start(empty).await, false).await;
    let said = words(&world.html(json!({"page": "failures"})).await);
    assert!(said.contains("✓ No report waits in a failure queue.") && !said.contains("SQS reported nothing"), "{said}");
}
