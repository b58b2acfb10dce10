//! One call to the event bus, until all of its entries are accepted.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::http::HttpResponse;
use aws_sdk_eventbridge::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use crate::changes::{Prepared, SOURCE};
use crate::error::Error;
use crate::handler::Deadline;
use crate::label::labelled;
use crate::store::backoff;

/// How often entries that fail one by one are put.
const ATTEMPTS: u32 = 5;
/// The codes with which EventBridge throttles calls, and entries of them.
const THROTTLES: [&str; 3] = ["ThrottlingException", "ThrottledException", "RequestLimitExceeded"];
/// The codes with which EventBridge fails calls, and entries of them, for reasons of its own.
const FAULTS: [&str; 3] = ["InternalFailure", "InternalException", "ServiceUnavailable"];

labelled! {
    /// Why the bus did not accept an event.
    pub enum BusFailure {
        /// EventBridge or its network did not answer in time, or EventBridge itself failed.
        Unreachable = "unreachable",
        /// EventBridge throttled the calls, or entries of them, beyond all retries.
        Throttled = "throttled",
        /// The function may not put events onto this bus.
        Forbidden = "forbidden",
        /// EventBridge refused the call or an entry in another way.
        Refused = "refused",
        /// The time limit of the invocation was close.
        Deadline = "deadline",
    }
}

impl BusFailure {
    /// One sentence that says what to do.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unreachable => "eventbridge did not answer, or failed; check network and endpoint, or wait",
            Self::Throttled => "eventbridge throttles; wait, or raise the quota of PutEvents",
            Self::Forbidden => "eventbridge denies access; check the role of the function, and ChangeEventBus",
            Self::Refused => {
                "eventbridge refuses an event; check ChangeEventBus, and report this as a bug if it is right"
            }
            Self::Deadline => "the time limit was close; the batch goes on from there",
        }
    }

    /// The failure that a code names.
    fn of_code(code: Option<&str>) -> Self {
        match code {
            Some("AccessDeniedException" | "UnrecognizedClientException" | "ExpiredTokenException") => Self::Forbidden,
            Some(code) if THROTTLES.contains(&code) => Self::Throttled,
            Some(code) if FAULTS.contains(&code) => Self::Unreachable,
            _ => Self::Refused,
        }
    }

    fn of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => Self::Unreachable,
            SdkError::ServiceError(context) => match Self::of_code(context.err().code()) {
                // Only an answer 4xx refuses; any other without a code is a fault, there or on the way.
                Self::Refused if !context.raw().status().is_client_error() => Self::Unreachable,
                failure => failure,
            },
            _ => Self::Refused,
        }
    }
}

/// An event bus.
#[derive(Clone, Debug)]
pub struct Bus {
    client: Client,
    name: String,
}

/// A call that was not accepted: the record of its first event that is not on the bus, and why.
type Rejected = (usize, BusFailure);

impl Bus {
    /// The bus with this name.
    #[must_use]
    pub const fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Puts the events of one call; those that fail one by one are put again alone.
    ///
    /// # Errors
    /// An event is not on the bus, after all attempts or at the deadline.
    pub(super) async fn put(&self, call: &[Prepared], deadline: Deadline) -> Result<(), Rejected> {
        let mut left: Vec<&Prepared> = call.iter().collect();
        for attempt in 1..=ATTEMPTS {
            let first = left.first().map_or(0, |event| event.record);
            let work = async { Ok::<_, Error>(self.attempt(&left).await) };
            let outcome = deadline.enforce(Box::pin(work)).await.unwrap_or(Err(BusFailure::Deadline));
            let failed = outcome.map_err(|failure| (first, failure))?;
            let Some((_, failure)) = failed.first() else { return Ok(()) };
            let failure = *failure;
            left = failed.into_iter().map(|(event, _)| event).collect();
            let first = left.first().map_or(0, |event| event.record);
            if attempt == ATTEMPTS || failure == BusFailure::Forbidden {
                return Err((first, failure));
            }
            let pause = async {
                backoff::wait(attempt).await;
                Ok::<_, Error>(())
            };
            deadline.enforce(pause).await.map_err(|_: Error| (first, BusFailure::Deadline))?;
        }
        Ok(())
    }

    /// One request; returns the events that failed, in their order.
    async fn attempt<'p>(&self, events: &[&'p Prepared]) -> Result<Vec<(&'p Prepared, BusFailure)>, BusFailure> {
        let entries = events.iter().map(|event| {
            let entry = PutEventsRequestEntry::builder().event_bus_name(&self.name).source(SOURCE);
            entry.detail_type(event.detail_type()).detail(&event.detail).build()
        });
        let call = self.client.put_events().set_entries(Some(entries.collect()));
        let answers = call.send().await.map_err(|error| BusFailure::of(&error))?.entries.unwrap_or_default();
        // The answers are in the order of the entries; an entry without one was not accepted either.
        let failed = events.iter().enumerate().filter_map(|(place, event)| {
            let answer = answers.get(place);
            let is_accepted = answer.is_some_and(|answer| answer.event_id().is_some());
            let code = answer.and_then(|answer| answer.error_code());
            (!is_accepted).then(|| (*event, BusFailure::of_code(code)))
        });
        Ok(failed.collect())
    }
}
