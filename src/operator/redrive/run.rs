//! Runs the requested part of a redrive.

use serde_json::{Value, json};

use super::super::cli::RedriveArgs;
use super::super::failure::Failure;
use super::super::sanitize::{Audience, Sanitizer};
use super::super::{Console, Outcome};
use super::cloud::Cloud;
use super::depth::Depth;
use super::diagnosis::Diagnosis;
use super::interrupt::Interrupt;
use super::mappings::{self, Mapping, State};
use super::queue::{Kind, Limits};
use super::show::{queue_json, queue_text};
use super::stack::Deployment;
use super::{delete, send};
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

/// Looks into the queues, or does what else was requested.
pub async fn run(
    args: &RedriveArgs,
    cloud: &Cloud,
    interrupt: &mut Interrupt,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    let mut out = Sanitizer::new(&mut *console.out, if console.json { Audience::Program } else { Audience::Person });
    let mut err = Sanitizer::new(&mut *console.err, Audience::Person);
    let console = &mut Console { out: &mut out, err: &mut err, ..*console };
    let found = async {
        let deployment = Deployment::find(cloud, &args.stack).await?;
        let mappings = mappings::find(cloud, &deployment).await?;
        Ok((deployment, mappings))
    };
    let (deployment, mappings) = interrupt.or(found, "interrupted; nothing was changed").await?;
    if let Some(warning) = &deployment.version_warning {
        writeln!(console.err, "{warning}")?;
    }
    if args.step.send {
        return send::run(args, cloud, &deployment, &mappings, interrupt, console).await;
    }
    let rest = other(args, cloud, &deployment, &mappings, console);
    interrupt.or(rest, "interrupted; what was being looked at becomes visible again within a minute").await
}

async fn other(
    args: &RedriveArgs,
    cloud: &Cloud,
    deployment: &Deployment,
    mappings: &[Mapping],
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    if args.step.off {
        mappings::switch(cloud, mappings, State::Off).await?;
        writeln!(console.err, "the redrive of {} is off", deployment.name)?;
        return Ok(Outcome::Done);
    }
    if !args.step.delete.is_empty() {
        return delete::run(&args.step.delete, args.yes, cloud, deployment, console, args.look.personal).await;
    }
    let shown = look(args, cloud, deployment, &Kind::ALL, console).await?;
    write_look(deployment, mappings, &shown, args.look.personal, console)?;
    console.out.flush()?;
    Ok(Outcome::Done)
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

fn write_look(
    deployment: &Deployment,
    mappings: &[Mapping],
    shown: &[QueueListing],
    personal: bool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    if console.json {
        let queues: Vec<Value> = shown.iter().map(|shown| shown.json(personal)).collect();
        let states = mappings.iter().map(|mapping| (mapping.kind.as_str().to_owned(), mapping.state.as_str().into()));
        let switches: serde_json::Map<String, Value> = states.collect();
        writeln!(console.out, "{}", json!({"stack": deployment.name, "redrive": switches, "queues": queues}))?;
        return Ok(());
    }
    for mapping in mappings {
        if mapping.state != State::Off {
            let (queue, state) = (mapping.kind.as_str(), mapping.state.as_str());
            writeln!(console.err, "the redrive of {queue} is {state}: its messages come and go")?;
        }
    }
    for each in shown {
        each.write(console, personal)?;
    }
    if shown.iter().any(|each| each.kind != Kind::Parked && each.found.iter().any(Diagnosis::retry)) {
        writeln!(console.err, "once it is fixed: mail-feedbackctl redrive --stack {} --send --yes", deployment.name)?;
    }
    if shown.iter().any(|each| each.kind == Kind::Parked && each.found.iter().any(Diagnosis::retry)) {
        writeln!(
            console.err,
            "the parked ones, too:  mail-feedbackctl redrive --stack {} --parked --send --yes",
            deployment.name
        )?;
    }
    Ok(())
}

impl QueueListing {
    /// The listing for programs.
    #[must_use]
    pub fn json(&self, personal: bool) -> Value {
        queue_json(self.kind, self.depth, self.limits, &self.found, personal)
    }

    /// Writes the listing in the form that the console asks for.
    pub fn write(&self, console: &mut Console<'_>, personal: bool) -> Result<(), Failure> {
        if console.json {
            writeln!(console.out, "{}", self.json(personal))?;
        } else {
            write!(console.out, "{}", queue_text(self, personal))?;
        }
        Ok(())
    }
}
