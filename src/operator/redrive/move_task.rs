//! Moves parked messages back to the queues they came from, by a task of SQS.
//!
//! SQS lists the move tasks of a queue, and gives a task's handle only while it runs. A finished task is identified by
//! its start time on the SQS clock: it is later than every task that was listed before.

use std::time::Duration;

use aws_sdk_sqs::types::ListMessageMoveTasksResultEntry as Task;
use tokio::time::sleep;

use super::super::call::Call;
use super::super::failure::Failure;
use super::cloud::Cloud;
use super::stack::Queue;

const PAUSE: Duration = Duration::from_secs(2);
/// The most tasks that SQS lists; they are the latest.
const LISTED: i32 = 10;
/// How many listings may lack the task that was started.
const UNLISTED: u32 = 30;

/// The task that this program started.
struct Own {
    handle: Option<String>,
    /// The latest start time listed before, in milliseconds.
    after: Option<i64>,
    /// Its start time in milliseconds, once it was seen by its handle.
    started: Option<i64>,
}

impl Own {
    /// Finds the task by its handle while it runs, then by its start time. If it finished before the first listing, the
    /// handle is missing; then it is the latest task that was not there before, since SQS runs one at a time.
    fn find<'t>(&mut self, tasks: &'t [Task]) -> Option<&'t Task> {
        let named =
            tasks.iter().find(|task| task.task_handle().is_some() && task.task_handle() == self.handle.as_deref());
        if let Some(task) = named {
            self.started = Some(task.started_timestamp());
            return named;
        }
        if let Some(started) = self.started {
            return tasks.iter().find(|task| task.started_timestamp() == started);
        }
        let new = tasks.iter().filter(|task| self.after.is_none_or(|after| task.started_timestamp() > after));
        new.max_by_key(|task| task.started_timestamp())
    }
}

/// Moves everything back, and waits until it is done; returns how many messages SQS has moved.
pub(super) async fn move_back(cloud: &Cloud, parked: &Queue) -> Result<u64, Failure> {
    let after = list(cloud, parked).await?.iter().map(Task::started_timestamp).max();
    let output = cloud.sqs.start_message_move_task().source_arn(&parked.arn).send().await;
    let output = output.map_err(|error| Call { right: "sqs:StartMessageMoveTask", on: &parked.url }.failure(&error))?;
    let mut own = Own { handle: output.task_handle, after, started: None };
    let mut unlisted = 0_u32;
    while unlisted < UNLISTED {
        sleep(PAUSE).await;
        let tasks = list(cloud, parked).await?;
        let Some(task) = own.find(&tasks) else {
            unlisted = unlisted.saturating_add(1);
            continue;
        };
        unlisted = 0;
        let moved = u64::try_from(task.approximate_number_of_messages_moved()).unwrap_or_default();
        match task.status() {
            Some("COMPLETED") => return Ok(moved),
            Some("FAILED" | "CANCELLED") => return Err(failed(task, moved)),
            _ => {}
        }
    }
    Err(Failure::new(
        "SQS does not list the move task that it has started; the parked messages may be moving back all the same. Look, and \
         try again",
    ))
}

async fn list(cloud: &Cloud, parked: &Queue) -> Result<Vec<Task>, Failure> {
    let output = cloud.sqs.list_message_move_tasks().source_arn(&parked.arn).max_results(LISTED).send().await;
    let output = output.map_err(|error| Call { right: "sqs:ListMessageMoveTasks", on: &parked.url }.failure(&error))?;
    Ok(output.results.unwrap_or_default())
}

fn failed(task: &Task, moved: u64) -> Failure {
    let why = task.failure_reason().unwrap_or("it was cancelled");
    Failure::new(format!("the parked messages were not all moved back: {why}; {moved} were. Look, and try again"))
}
