//! Deleting one message, after it is shown.

use mail_feedback::timestamp::Timestamp;

use super::super::failure::Failure;
use super::super::{Console, Outcome};
use super::cloud::{Call, Cloud};
use super::described::Described;
use super::run::Shown;
use super::stack::Deployment;

/// How many messages of a queue are looked through for it.
const LOOKED_THROUGH: usize = 1_000;

/// Finds the message in any of the three queues, shows it, and deletes it if that is wanted.
pub async fn run(
    id: &str,
    is_wanted: bool,
    cloud: &Cloud,
    deployment: &Deployment,
    console: &mut Console<'_>,
    personal: bool,
) -> Result<Outcome, Failure> {
    let checks = deployment.checks(cloud).await;
    for queue in &deployment.queues {
        let mut others = queue.receive(cloud, LOOKED_THROUGH).await?;
        let found = others.iter().position(|message| message.id == id).map(|at| others.swap_remove(at));
        let Some(message) = found else {
            queue.show_again(cloud, &others).await?;
            continue;
        };
        let receipt = message.receipt.clone();
        let described = Described::of(message.clone(), queue.limits, &checks, Timestamp::now()).await;
        if !is_wanted {
            others.push(message);
        }
        queue.show_again(cloud, &others).await?;
        let depth = queue.depth(cloud).await?;
        let shown = Shown { kind: queue.kind, depth, limits: queue.limits, found: vec![described] };
        shown.write(console, personal)?;
        if !is_wanted {
            return Err(Failure::new("this deletes the message for good; repeat it with --yes"));
        }
        let answer = cloud.sqs.delete_message().queue_url(&queue.url).receipt_handle(receipt).send().await;
        answer.map_err(|error| Call { right: "sqs:DeleteMessage", on: &queue.url }.failure(&error))?;
        writeln!(console.err, "deleted {id} from {}", queue.kind.as_str())?;
        return Ok(Outcome::Done);
    }
    Err(Failure::new(format!(
        "no message {id} in the queues; it may be hidden for a minute after a look, or parked anew"
    )))
}
