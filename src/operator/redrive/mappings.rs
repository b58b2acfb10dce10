//! The event source mappings of two of the queues: reads them, switches them, and waits for them.

use std::time::Duration;

use aws_sdk_lambda::types::EventSourceMappingConfiguration;
use tokio::time::{Instant, sleep};

use super::super::call::{Call, code};
use super::super::failure::Failure;
use super::cloud::Cloud;
use super::queue::Kind;
use super::stack::Deployment;

/// How long Lambda may take to switch one; its documentation says a minute.
const PATIENCE: Duration = Duration::from_mins(4);
/// How often the state is polled.
const PAUSE: Duration = Duration::from_secs(2);

/// One mapping.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    /// The queue it reads.
    pub kind: Kind,
    /// Its id.
    pub uuid: String,
    /// Its state in Lambda.
    pub state: State,
}

/// The states of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It reads its queue.
    On,
    /// It does not.
    Off,
    /// It is between two other states.
    Changing,
    /// It is being deleted, or gone.
    Deleting,
}

impl State {
    /// The state with a name that Lambda uses.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "Enabled" => Self::On,
            "Disabled" => Self::Off,
            "Deleting" => Self::Deleting,
            // Creating, Enabling, Disabling, Updating, and any future state.
            _ => Self::Changing,
        }
    }

    /// The state as a word.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Changing => "being switched",
            Self::Deleting => "being deleted",
        }
    }
}

/// Both mappings of a stack.
pub(super) async fn find(cloud: &Cloud, deployment: &Deployment) -> Result<Vec<Mapping>, Failure> {
    let mut mappings = Vec::new();
    for kind in Kind::OPEN {
        let mapping = one(cloud, kind.as_str(), &deployment.queue(kind)?.arn, &deployment.alias).await?;
        mappings.push(Mapping {
            kind,
            uuid: mapping.uuid().unwrap_or_default().to_owned(),
            state: State::of(mapping.state().unwrap_or_default()),
        });
    }
    Ok(mappings)
}

/// The only mapping from a queue to the function.
pub(super) async fn one(
    cloud: &Cloud,
    queue: &str,
    arn: &str,
    alias: &str,
) -> Result<EventSourceMappingConfiguration, Failure> {
    let output = cloud.lambda.list_event_source_mappings().event_source_arn(arn).send().await;
    let output = output.map_err(|error| Call { right: "lambda:ListEventSourceMappings", on: "*" }.failure(&error))?;
    let found = output.event_source_mappings.unwrap_or_default().into_iter();
    let own: Vec<_> = found.filter(|mapping| mapping.function_arn() == Some(alias)).collect();
    <[_; 1]>::try_from(own).map(|[mapping]| mapping).map_err(|own| {
        Failure::new(format!(
            "{} mappings lead from {queue} to the function, but the stack has one; undo the manual change, or deploy again",
            own.len()
        ))
    })
}

/// Reads the state again.
pub(super) async fn state(cloud: &Cloud, mapping: &Mapping) -> Result<State, Failure> {
    let output = cloud.lambda.get_event_source_mapping().uuid(&mapping.uuid).send().await;
    let output =
        output.map_err(|error| Call { right: "lambda:GetEventSourceMapping", on: &mapping.uuid }.failure(&error))?;
    Ok(State::of(output.state().unwrap_or_default()))
}

/// Switches all mappings, and waits until Lambda has done so; if one fails, the others are still switched.
pub(super) async fn switch(cloud: &Cloud, mappings: &[Mapping], to: State) -> Result<(), Failure> {
    let mut outcome = Ok(());
    for mapping in mappings {
        outcome = outcome.and(settle(cloud, mapping, to).await);
    }
    outcome
}

async fn settle(cloud: &Cloud, mapping: &Mapping, to: State) -> Result<(), Failure> {
    let end = Instant::now().checked_add(PATIENCE);
    let mut last = None;
    while end.is_some_and(|end| Instant::now() < end) {
        match state(cloud, mapping).await? {
            state if state == to => return Ok(()),
            State::Deleting => {
                return Err(Failure::new(format!("the mapping of {} is being deleted", mapping.kind.as_str())));
            }
            State::Changing => {}
            State::On | State::Off => last = update(cloud, mapping, to).await?,
        }
        sleep(PAUSE).await;
    }
    Err(last.unwrap_or_else(|| {
        Failure::new(format!("the mapping of {} ({}) is still being switched", mapping.kind.as_str(), mapping.uuid))
    }))
}

/// Requests the other state; a change by somebody else is not a reason to give up yet.
async fn update(cloud: &Cloud, mapping: &Mapping, to: State) -> Result<Option<Failure>, Failure> {
    let call = cloud.lambda.update_event_source_mapping().uuid(&mapping.uuid).enabled(to == State::On);
    let Err(error) = call.send().await else { return Ok(None) };
    let failure = Call { right: "lambda:UpdateEventSourceMapping", on: &mapping.uuid }.failure(&error);
    match code(&error) {
        Some("ResourceInUseException" | "ResourceConflictException" | "TooManyRequestsException") => Ok(Some(failure)),
        _ => Err(failure),
    }
}
