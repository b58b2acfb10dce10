//! Deletes messages, after showing them.

use std::collections::BTreeSet;

use super::super::call::Call;
use super::super::failure::Failure;
use super::super::{Console, Outcome};
use super::cloud::Cloud;
use super::diagnosis::Diagnosis;
use super::listing::QueueListing;
use super::show::write_queue;
use super::stack::Deployment;
use crate::timestamp::Timestamp;

/// How many messages of each queue are searched.
const LOOKED_THROUGH: usize = 1_000;

/// Finds messages in the three queues, shows them, and deletes them if asked to.
pub(super) async fn run(
    ids: &[String],
    is_wanted: bool,
    cloud: &Cloud,
    deployment: &Deployment,
    console: &mut Console<'_>,
    personal: bool,
) -> Result<Outcome, Failure> {
    let checks = deployment.checks(cloud).await;
    let mut missing: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    for queue in &deployment.queues {
        if missing.is_empty() {
            break;
        }
        let received = queue.receive(cloud, LOOKED_THROUGH).await?;
        let (chosen, mut others): (Vec<_>, Vec<_>) =
            received.into_iter().partition(|message| missing.contains(message.id.as_str()));
        let passed_over = others.len();
        let mut found = Vec::new();
        for message in &chosen {
            missing.remove(message.id.as_str());
            found.push(Diagnosis::of(message.clone(), queue.limits, &checks, Timestamp::now()).await);
        }
        if !is_wanted {
            others.extend(chosen.iter().cloned());
        }
        queue.show_again(cloud, &others).await?;
        if chosen.is_empty() {
            continue;
        }
        let depth = queue.depth(cloud).await?;
        let shown = QueueListing { kind: queue.kind, depth, limits: queue.limits, found, passed_over };
        write_queue(&shown, console, personal)?;
        for message in chosen.iter().filter(|_| is_wanted) {
            let receipt = message.receipt.clone();
            let answer = cloud.sqs.delete_message().queue_url(&queue.url).receipt_handle(receipt).send().await;
            answer.map_err(|error| Call { right: "sqs:DeleteMessage", on: &queue.url }.failure(&error))?;
            writeln!(console.err, "deleted {} from {}", message.id, queue.kind.as_str())?;
        }
    }
    if !missing.is_empty() {
        let missing: Vec<_> = missing.into_iter().collect();
        return Err(Failure::new(format!(
            "no message {} in the queues; it may be hidden for a minute after a look, or be parked again",
            missing.join(", ")
        )));
    }
    if !is_wanted {
        return Err(Failure::new(
            "this permanently deletes what is shown; repeat it with --yes, and with all ids at once: each run uses up a \
             receive of every message in these queues",
        ));
    }
    Ok(Outcome::Done)
}
