//! Parked messages, moved back to the queues they came from by SQS itself.

use std::time::Duration;

use aws_sdk_sqs::types::ListMessageMoveTasksResultEntry as Task;
use tokio::time::sleep;

use super::super::failure::Failure;
use super::cloud::{Call, Cloud};
use super::stack::Queue;

const PAUSE: Duration = Duration::from_secs(2);

/// Moves everything back, and waits for the end; returns how many messages SQS has moved.
pub async fn move_back(cloud: &Cloud, parked: &Queue) -> Result<u64, Failure> {
    let output = cloud.sqs.start_message_move_task().source_arn(&parked.arn).send().await;
    output.map_err(|error| Call { right: "sqs:StartMessageMoveTask", on: &parked.url }.failure(&error))?;
    loop {
        sleep(PAUSE).await;
        let output = cloud.sqs.list_message_move_tasks().source_arn(&parked.arn).max_results(1).send().await;
        let output =
            output.map_err(|error| Call { right: "sqs:ListMessageMoveTasks", on: &parked.url }.failure(&error))?;
        let Some(task) = output.results().first() else { continue };
        let moved = u64::try_from(task.approximate_number_of_messages_moved()).unwrap_or_default();
        match task.status() {
            Some("COMPLETED") => return Ok(moved),
            Some("FAILED" | "CANCELLED") => return Err(failed(task, moved)),
            _ => {}
        }
    }
}

fn failed(task: &Task, moved: u64) -> Failure {
    let why = task.failure_reason().unwrap_or("it was cancelled");
    Failure::new(format!("the parked messages were not all moved back: {why}; {moved} were. Look, and try again"))
}
