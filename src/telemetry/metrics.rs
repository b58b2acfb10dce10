//! The metrics of one invocation, as one line in the embedded metric format of CloudWatch.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::FunctionVersion;
use crate::api::{ApiError, Flaw};
use crate::error::Error;
use crate::event::{Cause, EmailEvent, Kind, Permanence, Provider, Reason};
use crate::label::labelled;
use crate::timestamp::Timestamp;

/// The namespace in CloudWatch.
const NAMESPACE: &str = "mail-feedback";
/// Counts messages accepted with a signature over a SHA-1 digest (version 1).
const SIGNATURE_VERSION_1: &str = "sns.signature_version_1";
/// Counts failures that may succeed later, by version: they trigger the rollback of a deployment. Failures that
/// strangers can cause at will are not counted.
const FAILURES: &str = "failures";
/// Counts malformed or refused questions and orders, by version: Lambda counts them as errors, but the version is not
/// at fault.
const MALFORMED: &str = "malformed";
/// The most values that a metric may have in one line.
const MAX_VALUES: usize = 100;

labelled! {
    /// What can happen to a subscription of the HTTPS endpoint.
    pub enum SubscriptionStep {
        /// It was confirmed.
        Confirmed = "subscription_confirmed",
        /// It is waiting to be confirmed.
        Pending = "subscription_pending",
        /// It ended.
        Ended = "unsubscribed",
    }
}

labelled! {
    /// The possible answers about an address.
    pub enum CheckOutcome {
        /// It may be mailed.
        Allowed = "allowed",
        /// A suppression blocks the send.
        Blocked = "blocked",
        /// The text has no key.
        NotAnAddress = "not_an_address",
        /// Its record cannot be read, so there is no answer.
        RecordUnreadable = "record_unreadable",
    }
}

labelled! {
    /// The possible results of an order.
    pub enum DecisionOutcome {
        /// It was written.
        Written = "written",
        /// There was nothing to lift.
        Unchanged = "unchanged",
    }
}

labelled! {
    /// The possible results of a request for a one-click unsubscribe link.
    pub enum LinkOutcome {
        /// The page was shown.
        Shown = "shown",
        /// The address is unsubscribed.
        Unsubscribed = "unsubscribed",
        /// It was unsubscribed before.
        Repeated = "repeated",
        /// The unsubscribe was undone.
        Undone = "undone",
        /// The unsubscribe can no longer be undone.
        Late = "late",
        /// The link, or the field of an undo, is not valid.
        Refused = "refused",
        /// The link is valid, but the request asks for nothing known.
        Malformed = "malformed",
    }
}

labelled! {
    /// The possible results of a change of the suppression table, for the function that tells others.
    pub enum ChangeOutcome {
        /// The bus has an event about a suppression.
        Suppressed = "suppressed",
        /// The bus has an event about a lift.
        Lifted = "lifted",
        /// A record of the stream cannot be read, so there is no event.
        Unreadable = "unreadable",
        /// The event is larger than EventBridge accepts.
        TooLarge = "too_large",
        /// A batch failed from some record on, and will be repeated.
        Failed = "failed",
    }
}

/// The counts of one invocation.
///
/// [`metric_names`] lists the names; the only dimension is the function, and for `failures` and `malformed` also its
/// version.
#[derive(Debug, Default)]
pub struct Metrics {
    counts: BTreeMap<String, u64>,
    lags_ms: Vec<i64>,
    sha1_topics: BTreeSet<String>,
    /// Failures that may succeed later.
    retries: u64,
    /// Malformed or refused questions and orders.
    malformed: u64,
    success: Option<Success>,
}

/// An invocation that succeeded as a whole: its metrics are also its line in the log.
#[derive(Debug)]
pub struct Success {
    /// Lambda's id of the invocation.
    pub request_id: String,
    /// How it arrived.
    pub door: &'static str,
    /// How many events were recorded.
    pub events: usize,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

impl Metrics {
    /// Counts normalized events, and how long after the fact they arrived.
    pub fn events(&mut self, events: &[EmailEvent], received_at: Timestamp) {
        for event in events {
            self.count(&format!("events.{}", event.provider));
            self.count(&format!("events.{}.{}", event.provider, event.kind));
            if event.permanence == Some(Permanence::Permanent) {
                self.count(&format!("hard_bounces.{}", event.provider));
            }
            if event.cause == Some(Cause::Undetermined) {
                self.count(&format!("undetermined.{}", event.provider));
            }
        }
        let lags = events.iter().filter_map(|event| Some(received_at.millis_since(event.occurred_at?)));
        self.lags_ms.extend(lags.take(MAX_VALUES.saturating_sub(self.lags_ms.len())));
    }

    /// Counts why messages did not arrive; of a bounded set, because each metric costs.
    pub fn causes(&mut self, events: &[EmailEvent]) {
        let failed = events.iter().filter(|event| matches!(event.kind, Kind::Bounced | Kind::Rejected | Kind::Failed));
        for cause in failed.filter_map(|event| event.cause) {
            self.count(&format!("causes.{cause}"));
        }
    }

    /// Counts newly suppressed addresses.
    pub fn suppressed(&mut self, reasons: &[Reason]) {
        for reason in reasons {
            self.count(&format!("suppressions.{reason}"));
        }
    }

    /// Counts a failure by its cause.
    pub fn rejected(&mut self, error: Error) {
        self.count(&format!("rejected.{}", error.label()));
        if error.is_of_the_function() {
            self.retries = self.retries.saturating_add(1);
        }
        if matches!(error, Error::Unauthentic(_)) {
            self.count("unauthentic");
        }
    }

    /// Adds what a log line would say about an invocation, so that it needs none.
    pub fn succeeded(&mut self, success: Success) {
        self.success = Some(success);
    }

    /// Counts the answers about addresses.
    pub fn checked(&mut self, outcomes: impl Iterator<Item = CheckOutcome>) {
        for outcome in outcomes {
            self.count(&format!("checks.{outcome}"));
        }
    }

    /// Counts the result of an order.
    pub fn decided(&mut self, outcome: DecisionOutcome) {
        self.count(&format!("decisions.{outcome}"));
    }

    /// Counts the result of a request for a link.
    pub fn link(&mut self, outcome: LinkOutcome) {
        self.count(&format!("links.{outcome}"));
    }

    /// Counts a result of `changes`.
    pub fn changed(&mut self, outcome: ChangeOutcome) {
        self.count(&format!("changes.{outcome}"));
    }

    /// Counts a malformed question or order, or a refused order, by its cause and by version.
    pub fn malformed(&mut self, label: &str) {
        self.count(&format!("rejected.{label}"));
        self.malformed = self.malformed.saturating_add(1);
    }

    /// Counts a message accepted with a signature over a SHA-1 digest, and names its topic in the line.
    pub fn sha1(&mut self, topic_arn: &str) {
        self.count(SIGNATURE_VERSION_1);
        self.sha1_topics.insert(topic_arn.to_owned());
    }

    /// Counts a change of a subscription.
    pub fn subscription(&mut self, step: SubscriptionStep) {
        self.count(&format!("sns.{step}"));
    }

    fn count(&mut self, name: &str) {
        let count = self.counts.entry(name.to_owned()).or_default();
        *count = count.saturating_add(1);
    }

    /// Adds the counts of another part of the invocation.
    pub fn absorb(&mut self, other: Self) {
        for (name, count) in other.counts {
            let sum = self.counts.entry(name).or_default();
            *sum = sum.saturating_add(count);
        }
        self.lags_ms.extend(other.lags_ms.into_iter().take(MAX_VALUES.saturating_sub(self.lags_ms.len())));
        self.sha1_topics.extend(other.sha1_topics);
        self.retries = self.retries.saturating_add(other.retries);
        self.malformed = self.malformed.saturating_add(other.malformed);
    }

    /// The line of a function for a given time.
    #[must_use]
    pub fn line(&self, function: &FunctionVersion, at: Timestamp) -> String {
        let mut metrics = vec![json!({"Name": "invocations", "Unit": "Count"})];
        let mut values = Map::from_iter([
            ("function".to_owned(), Value::from(function.name.as_str())),
            ("invocations".to_owned(), Value::from(1)),
        ]);
        for (name, count) in &self.counts {
            metrics.push(json!({"Name": name, "Unit": "Count"}));
            values.insert(name.clone(), Value::from(*count));
        }
        if !self.lags_ms.is_empty() {
            metrics.push(json!({"Name": "lag_ms", "Unit": "Milliseconds"}));
            values.insert("lag_ms".to_owned(), Value::from(self.lags_ms.clone()));
        }
        if !self.sha1_topics.is_empty() {
            values.insert("signature_version_1_topics".to_owned(), json!(self.sha1_topics));
        }
        if let Some(Success { request_id, door, events, duration_ms }) = &self.success {
            values.insert("request_id".to_owned(), Value::from(request_id.as_str()));
            values.insert("door".to_owned(), Value::from(*door));
            values.insert("events".to_owned(), Value::from(*events));
            values.insert("duration_ms".to_owned(), Value::from(*duration_ms));
        }
        let mut directives = vec![json!({"Namespace": NAMESPACE, "Dimensions": [["function"]], "Metrics": metrics})];
        let by_version = [(FAILURES, self.retries), (MALFORMED, self.malformed)];
        for (name, count) in by_version.into_iter().filter(|(_, count)| *count > 0) {
            values.insert("version".to_owned(), Value::from(function.version.as_str()));
            values.insert(name.to_owned(), Value::from(count));
            let metrics = [json!({"Name": name, "Unit": "Count"})];
            let dimensions = [["function", "version"]];
            directives.push(json!({"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics}));
        }
        values.insert("_aws".to_owned(), json!({"Timestamp": at.millis(), "CloudWatchMetrics": directives}));
        Value::Object(values).to_string()
    }
}

/// The names of all metrics that may be written, for alarms, dashboards and tests.
#[must_use]
pub fn metric_names() -> BTreeSet<String> {
    let mut names: BTreeSet<String> =
        ["invocations", "lag_ms", "unauthentic", FAILURES, MALFORMED, SIGNATURE_VERSION_1].map(str::to_owned).into();
    for provider in Provider::ALL {
        names.extend(["events", "hard_bounces", "undetermined"].map(|what| format!("{what}.{provider}")));
        names.extend(Kind::ALL.iter().map(|kind| format!("events.{provider}.{kind}")));
    }
    names.extend(Cause::ALL.iter().map(|cause| format!("causes.{cause}")));
    names.extend(Reason::ALL.iter().map(|reason| format!("suppressions.{reason}")));
    names.extend(SubscriptionStep::ALL.iter().map(|step| format!("sns.{step}")));
    names.extend(CheckOutcome::ALL.iter().map(|outcome| format!("checks.{outcome}")));
    names.extend(DecisionOutcome::ALL.iter().map(|outcome| format!("decisions.{outcome}")));
    names.extend(ChangeOutcome::ALL.iter().map(|outcome| format!("changes.{outcome}")));
    names.extend(LinkOutcome::ALL.iter().map(|outcome| format!("links.{outcome}")));
    names.extend(
        Error::labels().chain(Flaw::LABELS).chain([ApiError::REFUSED]).map(|label| format!("rejected.{label}")),
    );
    names
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Metrics, metric_names};
    use crate::error::{Error, Outage, Refusal};
    use crate::event::{EmailEvent, EventId, Kind, Provider, Reason, Ruling};
    use crate::telemetry::FunctionVersion;
    use crate::timestamp::Timestamp;

    #[test]
    fn every_metric_is_declared_and_has_a_value() -> Result<(), serde_json::Error> {
        let mut event = EmailEvent::new(Provider::Ses, EventId::of(&[]), Ruling::of(Kind::Bounced));
        event.occurred_at = Timestamp::from_unix("1700000000");
        let received_at = Timestamp::from_millis(1_700_000_004_500).unwrap_or(Timestamp::MAX);
        let mut metrics = Metrics::default();
        metrics.events(&[event.clone(), event], received_at);
        metrics.suppressed(&[Reason::HardBounce]);
        metrics.rejected(Error::Unauthentic(Refusal::Topic));
        metrics.sha1("arn:aws:sns:us-east-1:123456789012:old");

        let function = FunctionVersion { name: "f".to_owned(), version: "7".to_owned() };
        let mut whole = Metrics::default();
        whole.rejected(Error::Transient(Outage::Deadline));
        whole.absorb(metrics);
        let line: Value = serde_json::from_str(&whole.line(&function, received_at))?;
        assert_eq!(line["events.ses.bounced"], 2);
        assert_eq!(line["events.ses"], 2);
        assert_eq!(line["suppressions.hard_bounce"], 1);
        assert_eq!(line["rejected.topic"], 1);
        assert_eq!(line["unauthentic"], 1);
        assert_eq!(line["sns.signature_version_1"], 1);
        assert_eq!(line["signature_version_1_topics"][0], "arn:aws:sns:us-east-1:123456789012:old");
        assert_eq!(line["lag_ms"], serde_json::json!([4500, 4500]));
        let by_version = &line["_aws"]["CloudWatchMetrics"][1];
        assert_eq!((&by_version["Dimensions"][0][1], &line["version"]), (&"version".into(), &"7".into()));
        assert_eq!((&by_version["Metrics"][0]["Name"], &line["failures"]), (&"failures".into(), &1.into()));
        let declared = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().cloned().unwrap_or_default();
        assert_eq!(declared.len(), 9);
        for metric in declared {
            let name = metric["Name"].as_str().unwrap_or_default();
            assert!(!line[name].is_null(), "{name}");
            assert!(metric_names().contains(name), "{name}");
        }
        Ok(())
    }
}
