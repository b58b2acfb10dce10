//! The queue of SES reports: the function always reads it, so it is only counted, and its mapping is never switched.

use serde_json::{Value, json};

use super::super::Console;
use super::super::failure::Failure;
use super::super::show::counted;
use super::cloud::Cloud;
use super::depth::Depth;
use super::mappings::{self, State};
use super::stack::{Intake, depth};

/// The name in the template.
pub(super) const NAME: &str = "IntakeQueue";

/// What waits in it, and whether the function reads it.
#[derive(Clone, Copy)]
pub(super) struct Waiting {
    depth: Depth,
    mapping: State,
}

async fn count(intake: &Intake, cloud: &Cloud, alias: &str) -> Result<Waiting, Failure> {
    let mapping = mappings::one(cloud, NAME, &intake.arn, alias).await?;
    Ok(Waiting { depth: depth(cloud, &intake.url).await?, mapping: State::of(mapping.state().unwrap_or_default()) })
}

/// Counts what waits. If that fails, says why; the other queues are shown all the same.
pub(super) async fn waiting(
    intake: Option<&Intake>,
    cloud: &Cloud,
    alias: &str,
    console: &mut Console<'_>,
) -> Result<Option<Waiting>, Failure> {
    let Some(intake) = intake else { return Ok(None) };
    match count(intake, cloud, alias).await {
        Ok(waiting) => {
            if waiting.mapping == State::Off {
                writeln!(
                    console.err,
                    "the mapping of {NAME} is off, so nothing reads it; switch it on again once the cause is fixed (see \
                     IntakeAgeAlarm in the runbook)"
                )?;
            }
            Ok(Some(waiting))
        }
        Err(failure) => {
            writeln!(console.err, "{NAME} is not counted: {failure}")?;
            Ok(None)
        }
    }
}

impl Waiting {
    /// The line for people.
    pub(super) fn text(self) -> String {
        let messages = match self.depth.waiting {
            0 => "nothing waits".to_owned(),
            waiting => format!("{} for the function", counted(waiting, "message waits", "messages wait")),
        };
        let hidden = match self.depth.hidden {
            0 => String::new(),
            hidden => format!(", {hidden} being processed, or hidden because an attempt failed"),
        };
        format!("{NAME}: {messages}{hidden}\n")
    }

    /// The same for programs.
    pub(super) fn json(self) -> Value {
        json!({"messages": self.depth.total(), "hidden": self.depth.hidden, "mapping": self.mapping.as_str()})
    }
}
