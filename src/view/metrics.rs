//! Overview and failures from CloudWatch, with one `GetMetricData` each.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StatusCode};

use super::error::ViewError;
use super::failures::{Failures, Queue};
use super::overview::{Overview, Series};
use super::period::Period;
use crate::config::{QueueName, WatchedFunctions};
use crate::error::Error;
use crate::event::{Cause, Kind, Provider, Reason};
use crate::timestamp::Timestamp;

/// The namespace of the functions' own metrics.
const NAMESPACE: &str = "mail-feedback";
/// How often SQS reports, in seconds.
const QUEUE_STEP: i32 = 300;
/// The number of messages in a queue.
const DEPTH: &str = "ApproximateNumberOfMessagesVisible";
/// The age of its oldest message, in seconds.
const AGE: &str = "ApproximateAgeOfOldestMessage";
/// The most parts of an answer; one is usual.
const PARTS: u32 = 5;

/// The metrics of a deployment.
#[derive(Clone, Debug)]
pub struct MetricsSource {
    /// The client of CloudWatch.
    pub client: Client,
    /// The functions.
    pub functions: WatchedFunctions,
    /// The names of the queues.
    pub queues: Vec<(QueueName, String)>,
}

/// A metric, by the index of its query.
struct Wanted {
    namespace: &'static str,
    name: String,
    dimension: (&'static str, String),
    statistic: &'static str,
    step: i32,
}

/// The values of each wanted metric, with the Unix seconds of each.
type Values = Vec<Vec<(i64, u64)>>;

impl MetricsSource {
    /// The overview of a time.
    ///
    /// # Errors
    /// CloudWatch did not return the metrics.
    pub async fn overview(&self, period: Period, now: Timestamp) -> Result<Overview, ViewError> {
        let (mut wanted, mut meaning) = (Vec::new(), Vec::new());
        for figure in figures() {
            for function in figure.functions(&self.functions) {
                wanted.push(counter(figure.metric(), function, period.step_seconds()));
                meaning.push(figure);
            }
        }
        let values = self.get(&wanted, period.start_seconds(now), now).await?;
        let mut totals: BTreeMap<Figure, Vec<u64>> = BTreeMap::new();
        for (figure, values) in meaning.into_iter().zip(values) {
            let steps = totals.entry(figure).or_insert_with(|| vec![0; period.steps()]);
            for (seconds, value) in values {
                if let Some(step) = period.step_of(seconds, now).and_then(|step| steps.get_mut(step)) {
                    *step = step.saturating_add(value);
                }
            }
        }
        Ok(overview_of(period, totals))
    }

    /// The queues, and the causes of failures.
    ///
    /// # Errors
    /// CloudWatch did not return the metrics.
    pub async fn failures(&self, now: Timestamp) -> Result<Failures, ViewError> {
        let period = Period::Day;
        let counted = rejections(&self.functions);
        let mut wanted: Vec<Wanted> = counted
            .iter()
            .map(|(label, function)| counter(format!("rejected.{label}"), function, period.step_seconds()))
            .collect();
        for (_, queue) in &self.queues {
            wanted.extend([DEPTH, AGE].map(|name| Wanted {
                namespace: "AWS/SQS",
                name: name.to_owned(),
                dimension: ("QueueName", queue.clone()),
                statistic: "Maximum",
                step: QUEUE_STEP,
            }));
        }
        let mut values = self.get(&wanted, period.start_seconds(now), now).await?.into_iter();
        let sum = |values: Vec<(i64, u64)>| values.iter().fold(0_u64, |sum, (_, value)| sum.saturating_add(*value));
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (label, _) in counted {
            let count = counts.entry(label.to_owned()).or_default();
            *count = count.saturating_add(values.next().map_or(0, sum));
        }
        let mut latest = || values.next().and_then(|values| values.into_iter().max()).map(|(_, value)| value);
        let queues = self.queues.iter().map(|(name, _)| {
            let (depth, oldest_seconds) = (latest(), latest());
            Queue { name: *name, depth, oldest_seconds }
        });
        let since = Timestamp::from_millis(period.start_seconds(now).saturating_mul(1_000));
        Ok(Failures { queues: Some(queues.collect()), since, rejected: Overview::ranked(counts) })
    }

    /// All values of each metric, or none at all: a figure that lacks some would look as if nothing were wrong.
    ///
    /// One call: at most 500 metrics are wanted, and some thousand values come back; 100,800 would fit.
    async fn get(&self, wanted: &[Wanted], start_seconds: i64, now: Timestamp) -> Result<Values, ViewError> {
        let queries = wanted.iter().enumerate().map(|(at, wanted)| wanted.query(at)).collect();
        let mut call = self
            .client
            .get_metric_data()
            .set_metric_data_queries(Some(queries))
            .start_time(DateTime::from_secs(start_seconds))
            // The end is exclusive.
            .end_time(DateTime::from_secs(now.seconds().saturating_add(1)));
        let mut values: Values = vec![Vec::new(); wanted.len()];
        let mut complete = BTreeSet::new();
        for _ in 0..PARTS {
            let output = call.clone().send().await.map_err(|error| refused(&error))?;
            for result in output.metric_data_results() {
                let at = result.id().and_then(|id| id.strip_prefix('m')?.parse::<usize>().ok());
                let Some((at, values)) = at.and_then(|at| Some((at, values.get_mut(at)?))) else { continue };
                let pairs = result.timestamps().iter().zip(result.values());
                values.extend(pairs.map(|(time, value)| (time.secs(), whole(*value))));
                if result.status_code() == Some(&StatusCode::Complete) {
                    complete.insert(at);
                }
            }
            match output.next_token {
                Some(token) => call = call.next_token(token),
                None if complete.len() == wanted.len() => return Ok(values),
                None => break,
            }
        }
        Err(ViewError::Metrics)
    }
}

/// Why there are no metrics.
fn refused<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> ViewError {
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("AccessDenied" | "AccessDeniedException") => ViewError::MetricsDenied,
        _ => ViewError::Metrics,
    }
}

/// The labels of failures, each with a function that counts it.
fn rejections(known: &WatchedFunctions) -> Vec<(&'static str, &str)> {
    let of_feedback = Error::labels().map(|label| (label, known.feedback.as_str()));
    // A link that is wrong is no failure of the function behind links; it counts those apart.
    let may_fail = |error: &Error| matches!(error, Error::Malformed(_) | Error::Transient(_));
    let of_links = known
        .unsubscribe
        .iter()
        .flat_map(move |function| Error::all().filter(may_fail).map(move |error| (error.label(), function.as_str())));
    of_feedback.chain(of_links).collect()
}

/// A counter of a function.
fn counter(name: String, function: &str, step: i32) -> Wanted {
    Wanted { namespace: NAMESPACE, name, dimension: ("function", function.to_owned()), statistic: "Sum", step }
}

/// A count, which CloudWatch returns as a floating-point number.
fn whole(value: f64) -> u64 {
    format!("{value:.0}").parse().unwrap_or_default()
}

impl Wanted {
    fn query(&self, at: usize) -> MetricDataQuery {
        let (name, value) = &self.dimension;
        let dimension = Dimension::builder().name(*name).value(value).build();
        let metric = Metric::builder().namespace(self.namespace).metric_name(&self.name).dimensions(dimension).build();
        let statistic = MetricStat::builder().metric(metric).period(self.step).stat(self.statistic).build();
        MetricDataQuery::builder().id(format!("m{at}")).metric_stat(statistic).build()
    }
}

/// What an overview needs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Figure {
    Events(Provider, Kind),
    HardBouncesOfSes,
    Suppressions(Reason),
    Causes(Cause),
}

fn figures() -> Vec<Figure> {
    let events =
        Provider::ALL.iter().flat_map(|provider| Kind::ALL.iter().map(|kind| Figure::Events(*provider, *kind)));
    // Links tell of nothing else.
    let events = events.filter(|figure| match figure {
        Figure::Events(Provider::Own, kind) => matches!(kind, Kind::Unsubscribed | Kind::Subscribed),
        _ => true,
    });
    let reasons = Reason::ALL.iter().map(|reason| Figure::Suppressions(*reason));
    let causes = Cause::ALL.iter().map(|cause| Figure::Causes(*cause));
    events.chain([Figure::HardBouncesOfSes]).chain(reasons).chain(causes).collect()
}

impl Figure {
    fn metric(self) -> String {
        match self {
            Self::Events(provider, kind) => format!("events.{provider}.{kind}"),
            Self::HardBouncesOfSes => format!("hard_bounces.{}", Provider::Ses),
            Self::Suppressions(reason) => format!("suppressions.{reason}"),
            Self::Causes(cause) => format!("causes.{cause}"),
        }
    }

    /// The functions that count it.
    fn functions(self, known: &WatchedFunctions) -> Vec<&str> {
        let feedback = Some(known.feedback.as_str());
        let unsubscribe = known.unsubscribe.as_deref();
        let functions = match self {
            Self::Events(Provider::Own, _) => [unsubscribe, None],
            Self::Suppressions(Reason::Unsubscribe) => [feedback, unsubscribe],
            Self::Events(..) | Self::HardBouncesOfSes | Self::Suppressions(_) | Self::Causes(_) => [feedback, None],
        };
        functions.into_iter().flatten().collect()
    }
}

fn overview_of(period: Period, totals: BTreeMap<Figure, Vec<u64>>) -> Overview {
    let sum = |steps: &[u64]| steps.iter().fold(0_u64, |sum, step| sum.saturating_add(*step));
    let (mut series, mut suppressions, mut causes, mut hard) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (figure, steps) in totals {
        let total = sum(&steps);
        match figure {
            Figure::Events(provider, kind) if total > 0 => series.push(Series { provider, kind, steps }),
            Figure::Events(..) => {}
            Figure::HardBouncesOfSes => hard = total,
            Figure::Suppressions(reason) => suppressions.push((reason, total)),
            Figure::Causes(cause) => causes.push((cause, total)),
        }
    }
    let rates = Overview::rates_of(&series, hard);
    let (suppressions, causes) = (Overview::ranked(suppressions), Some(Overview::ranked(causes)));
    Overview { period, series, suppressions, suppressions_are_new: true, causes, rates, domains: None }
}

#[cfg(test)]
mod tests {
    use super::{Figure, WatchedFunctions, figures, rejections, whole};
    use crate::telemetry::metric_names;

    #[test]
    fn every_metric_is_one_that_a_function_writes() {
        let names = metric_names();
        for figure in figures() {
            let name = figure.metric();
            assert!(names.contains(&name), "{name}");
        }
    }

    #[test]
    fn one_call_is_enough() {
        let watched = |unsubscribe: Option<&str>| {
            let functions = WatchedFunctions { feedback: "f".to_owned(), unsubscribe: unsubscribe.map(str::to_owned) };
            let queries: usize = figures().into_iter().map(|figure: Figure| figure.functions(&functions).len()).sum();
            (queries, rejections(&functions).len())
        };
        // The guide says what they cost.
        assert_eq!((watched(None), watched(Some("u"))), ((78, 37), (81, 54)));
    }

    #[test]
    fn a_count_is_whole() {
        assert_eq!((whole(3.0), whole(0.0), whole(f64::NAN), whole(-1.0)), (3, 0, 0, 0));
    }
}
