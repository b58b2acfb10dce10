//! Looks into the queues of a stack.

use super::super::Console;
use super::super::cli::RedriveArgs;
use super::super::failure::Failure;
use super::cloud::Cloud;
use super::depth::Depth;
use super::diagnosis::Diagnosis;
use super::queue::{Kind, Limits};
use super::stack::Deployment;
use crate::timestamp::Timestamp;

/// A queue, and what was found in it.
pub struct QueueListing {
    /// Which one.
    pub kind: Kind,
    /// How many messages it holds.
    pub depth: Depth,
    /// The attributes of the queue.
    pub limits: Limits,
    /// The messages that were examined.
    pub found: Vec<Diagnosis>,
    /// How many more were examined, but are not shown.
    pub passed_over: usize,
}

/// Looks into some of the queues.
pub async fn look(
    args: &RedriveArgs,
    cloud: &Cloud,
    deployment: &Deployment,
    kinds: &[Kind],
    console: &mut Console<'_>,
) -> Result<Vec<QueueListing>, Failure> {
    let checks = deployment.checks(cloud).await;
    let mut shown = Vec::new();
    for kind in kinds {
        let queue = deployment.queue(*kind)?;
        let depth = queue.depth(cloud).await?;
        let mut found = Vec::new();
        if depth.total() > 0 {
            let look = queue.look(cloud, &checks, args.look.limit, Timestamp::now()).await?;
            found = look.found;
            if let Some(failure) = look.not_shown_again {
                writeln!(console.err, "what was looked at in {} is hidden for a minute: {failure}", kind.as_str())?;
            }
        }
        shown.push(QueueListing { kind: *kind, depth, limits: queue.limits, found, passed_over: 0 });
    }
    Ok(shown)
}
