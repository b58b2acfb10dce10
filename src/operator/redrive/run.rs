//! Runs the requested part of a redrive.

use serde_json::{Value, json};

use super::super::cli::RedriveArgs;
use super::super::failure::Failure;
use super::super::sanitize::{Audience, Sanitizer};
use super::super::{Console, Outcome};
use super::cloud::Cloud;
use super::diagnosis::Diagnosis;
use super::intake::{self, Waiting};
use super::interrupt::Interrupt;
use super::listing::{QueueListing, look};
use super::mappings::{self, Mapping, State};
use super::queue::Kind;
use super::show::{queue_json, write_queue};
use super::stack::Deployment;
use super::{delete, send};

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
    let waiting = intake::waiting(deployment.intake.as_ref(), cloud, &deployment.alias, console).await?;
    write_look(deployment, mappings, &shown, waiting, args.look.personal, console)?;
    console.out.flush()?;
    Ok(Outcome::Done)
}

fn write_look(
    deployment: &Deployment,
    mappings: &[Mapping],
    shown: &[QueueListing],
    waiting: Option<Waiting>,
    personal: bool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    if console.json {
        let queues: Vec<Value> = shown.iter().map(|shown| queue_json(shown, personal)).collect();
        let states = mappings.iter().map(|mapping| (mapping.kind.as_str().to_owned(), mapping.state.as_str().into()));
        let switches: serde_json::Map<String, Value> = states.collect();
        let intake = waiting.map(Waiting::json);
        let look = json!({"stack": deployment.name, "redrive": switches, "queues": queues, "intake": intake});
        writeln!(console.out, "{look}")?;
        return Ok(());
    }
    for mapping in mappings {
        if mapping.state != State::Off {
            let (queue, state) = (mapping.kind.as_str(), mapping.state.as_str());
            writeln!(console.err, "the redrive of {queue} is {state}: its messages come and go")?;
        }
    }
    for each in shown {
        write_queue(each, console, personal)?;
    }
    if let Some(waiting) = waiting {
        write!(console.out, "{}", waiting.text())?;
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
