//! Turns the redrive on, watches it to the end, turns it off in every case, and reports the result.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::super::cli::RedriveArgs;
use super::super::failure::Failure;
use super::super::progress::counter;
use super::super::show::counted;
use super::super::{Console, Outcome};
use super::cloud::Cloud;
use super::depth::Depths;
use super::intake::{self, NAME, Waiting};
use super::interrupt::Interrupt;
use super::listing::{QueueListing, look};
use super::look::HIDDEN_S;
use super::mappings::{self, Mapping, State};
use super::move_task::move_back;
use super::queue::Kind;
use super::report::Report;
use super::show::{queue_json, write_queue};
use super::stack::Deployment;
use super::watch::{Step, Watch};

const PAUSE: Duration = Duration::from_secs(2);

/// Sends everything through the function, and reports the result.
pub(super) async fn run(
    args: &RedriveArgs,
    cloud: &Cloud,
    deployment: &Deployment,
    mappings: &[Mapping],
    interrupt: &mut Interrupt,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    deployment.check_settled()?;
    check_off(deployment, mappings)?;
    if !args.yes {
        return Err(Failure::new("this sends what is in the queues through the function; repeat it with --yes"));
    }
    if args.step.parked {
        let unparked = unpark(cloud, deployment, console);
        interrupt.or(unparked, "interrupted; SQS still moves the parked messages back, and nothing was sent").await?;
    }
    let depths = deployment.depths(cloud);
    let before = interrupt.or(depths, "interrupted; nothing was sent").await?;
    if before.open().total() == 0 {
        writeln!(console.err, "nothing to send; the redrive stays off")?;
    } else {
        let messages = counted(before.open().total(), "message", "messages");
        writeln!(console.err, "{messages} to send; switching the redrive on")?;
        console.err.flush()?;
        let watched = watched(cloud, deployment, mappings, before, console);
        let watched = interrupt.or(watched, "interrupted; what is not recorded yet waits in its queue").await;
        switch_off(cloud, deployment, mappings, interrupt, console).await?;
        watched?;
    }
    let after = deployment.depths(cloud).await?;
    let leftovers = leftovers(args, cloud, deployment, after, console);
    // The counts of what was sent are reported in any case.
    let shown = match interrupt.or(leftovers, "interrupted; what is left was not looked at").await {
        Ok(shown) => shown,
        Err(failure) => {
            writeln!(console.err, "{failure}")?;
            Vec::new()
        }
    };
    let waiting = intake::waiting(deployment.intake.as_ref(), cloud, &deployment.alias, console).await?;
    write_report(deployment, Report::between(before, after), &shown, waiting, args.look.personal, console)
}

fn check_off(deployment: &Deployment, mappings: &[Mapping]) -> Result<(), Failure> {
    let name = &deployment.name;
    if mappings.iter().all(|mapping| mapping.state == State::Off) {
        return Ok(());
    }
    Err(Failure::new(if deployment.is_always_on {
        format!(
            "the redrive of {name} is permanently on, by its parameter RedriveEnabled=true: there is nothing to switch. \
             To use this command, set it to false"
        )
    } else {
        let states = mappings.iter().map(|mapping| format!("{} {}", mapping.kind.as_str(), mapping.state.as_str()));
        format!(
            "the redrive of {name} is not off ({}): somebody is sending, or a run was killed. To switch it off: \
             mail-feedbackctl redrive --stack {name} --off",
            states.collect::<Vec<_>>().join(", ")
        )
    }))
}

async fn unpark(cloud: &Cloud, deployment: &Deployment, console: &mut Console<'_>) -> Result<(), Failure> {
    let parked = deployment.queue(Kind::Parked)?;
    if parked.depth(cloud).await?.total() == 0 {
        writeln!(console.err, "nothing is parked")?;
        return Ok(());
    }
    let moved = move_back(cloud, parked).await?;
    let messages = counted(moved, "parked message is", "parked messages are");
    writeln!(console.err, "{messages} back in the queues")?;
    if deployment.intake.is_some() {
        writeln!(
            console.err,
            "those from {NAME} are not counted below: the function reads that queue without a redrive"
        )?;
    }
    Ok(())
}

/// Turns the redrive on, and waits until nothing is left except what failed again.
async fn watched(
    cloud: &Cloud,
    deployment: &Deployment,
    mappings: &[Mapping],
    before: Depths,
    console: &Console<'_>,
) -> Result<(), Failure> {
    mappings::switch(cloud, mappings, State::On).await?;
    let visibility = Duration::from_secs(deployment.visibility_s().into());
    let looked = Duration::from_secs(HIDDEN_S.unsigned_abs().into());
    let hidden_before = if before.open().hidden == 0 { Duration::ZERO } else { visibility.max(looked) };
    let (start, mut watch) = (Instant::now(), Watch::new(visibility, hidden_before));
    let bar = counter(console, "messages left");
    loop {
        sleep(PAUSE).await;
        let open = deployment.depths(cloud).await?.open();
        bar.set_position(open.total());
        match watch.observe(start.elapsed(), open) {
            Step::Empty | Step::OnlyFailures => break,
            Step::Continue => {}
        }
        for mapping in mappings {
            if mappings::state(cloud, mapping).await? != State::On {
                return Err(Failure::new(
                    "somebody else, or a deployment, has switched the redrive meanwhile; look, and try again",
                ));
            }
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// Turns the redrive off, whatever has happened; a second signal interrupts even that.
async fn switch_off(
    cloud: &Cloud,
    deployment: &Deployment,
    mappings: &[Mapping],
    interrupt: &mut Interrupt,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let switched = mappings::switch(cloud, mappings, State::Off);
    match interrupt.or(switched, "interrupted again").await {
        Ok(()) => writeln!(console.err, "the redrive is off again").map_err(Failure::from),
        Err(failure) => {
            let uuids = mappings.iter().map(|mapping| mapping.uuid.as_str()).collect::<Vec<_>>().join(" ");
            Err(Failure::new(format!(
                "{failure}\nTHE REDRIVE MAY STILL BE ON. Switch it off: mail-feedbackctl redrive --stack {} --off\n\
                 or, for each of {uuids}: aws lambda update-event-source-mapping --no-enabled --uuid <uuid>",
                deployment.name
            )))
        }
    }
}

/// What failed again, once SQS makes it visible, and what is parked.
async fn leftovers(
    args: &RedriveArgs,
    cloud: &Cloud,
    deployment: &Deployment,
    after: Depths,
    console: &mut Console<'_>,
) -> Result<Vec<QueueListing>, Failure> {
    let mut kinds = Vec::new();
    for kind in Kind::ALL {
        if after.of(kind).total() > 0 {
            kinds.push(kind);
        }
    }
    if after.open().hidden > 0 {
        let seconds = deployment.visibility_s();
        let messages = counted(after.open().total(), "message", "messages");
        writeln!(
            console.err,
            "{messages} failed again; SQS hides failed messages for up to {seconds} s. Ctrl-C: do not wait to look at \
             them"
        )?;
        console.err.flush()?;
        let end = Instant::now().checked_add(Duration::from_secs(seconds.into()));
        while deployment.depths(cloud).await?.open().hidden > 0 && end.is_some_and(|end| Instant::now() < end) {
            sleep(PAUSE).await;
        }
    }
    look(args, cloud, deployment, &kinds, console).await
}

fn write_report(
    deployment: &Deployment,
    report: Report,
    shown: &[QueueListing],
    waiting: Option<Waiting>,
    personal: bool,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    let Report { sent, recorded, failing, parked } = report;
    if console.json {
        let queues: Vec<Value> = shown.iter().map(|shown| queue_json(shown, personal)).collect();
        let report = json!({
            "stack": deployment.name,
            "sent": sent,
            "recorded": recorded,
            "failing": failing,
            "parked": parked,
            "queues": queues,
            "intake": waiting.map(Waiting::json),
        });
        writeln!(console.out, "{report}")?;
    } else {
        writeln!(console.out, "{sent} sent, {recorded} recorded, {failing} failing still, {parked} parked")?;
        for each in shown {
            write_queue(each, console, personal)?;
        }
        if let Some(waiting) = waiting {
            write!(console.out, "{}", waiting.text())?;
        }
    }
    console.out.flush()?;
    Ok(if report.is_complete() { Outcome::Done } else { Outcome::Incomplete })
}
