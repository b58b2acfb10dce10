//! The pages that are made from metrics: the overview and the failures.

use serde_json::json;

use super::world::{World, words};

#[tokio::test]
async fn an_overview_of_the_last_day() {
    let world = World::new().await;
    let said = words(&world.html(json!({"page": "overview"})).await);
    for expected in [
        "Overview of the last 24 hours",
        // 350 hard bounces and 40 complaints of 35.420 messages.
        "Provider Amazon SES Delivered or bounced 35.420 Bounces 0,9881 % Limit 5,0 % Complaints 0,1129 % Limit 0,1 % Judgement ✕ too many complaints",
        "Provider Mailjet Delivered or bounced 12 Bounces 0,0 % Limit 8,0 % Complaints 0,0 % Limit 0,08 % Judgement – too few to judge: fewer than 1.000",
        "Event delivered Number 35.000",
        "One-click links",
        "New suppressions by reason Reason Number Reason hard_bounce Number 350 Reason unsubscribe Number 12",
        "Cause unknown_mailbox Number 300 Cause mailbox_full Number 70",
    ] {
        assert!(said.contains(expected), "{expected:?} is missing in:\n{said}");
    }
    let calls = world.metrics.calls();
    assert_eq!(calls.len(), 1, "one GetMetricData");
    assert!(calls[0].len() <= 500 && calls[0].iter().all(|asked| asked.statistic == "Sum"));
    let longer = words(&world.html(json!({"page": "overview", "span": "28d"})).await);
    assert!(longer.contains("Overview of the last 28 days"));
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
