//! The results of the alarm formulas, including metrics without a value.

use std::collections::BTreeMap;

use super::document::{Template, text};

/// A metric within one period.
#[derive(Clone, Copy)]
enum Metric {
    Counted(f64),
    /// It was counted before, but not in this period.
    Gap,
    /// It was never counted. No documentation says whether `FILL` has something to fill then.
    Never,
}
use Metric::{Counted, Gap, Never};

/// Evaluates the part of CloudWatch's metric math that the template uses, one period at a time; `None` is no value.
struct Formula<'a> {
    rest: &'a str,
    metrics: &'a BTreeMap<&'a str, Metric>,
    never_is_filled: bool,
}

impl Formula<'_> {
    fn takes(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest;
        true
    }

    fn expect(&mut self, token: &str) {
        assert!(self.takes(token), "{token} before {}", self.rest);
    }

    fn word(&mut self) -> String {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        assert!(!word.is_empty(), "a name or number before {}", self.rest);
        self.rest = rest;
        word.to_owned()
    }

    fn condition(&mut self) -> Option<f64> {
        let mut left = self.comparison();
        while self.takes("AND") {
            left = pair(left, self.comparison(), |left, right| f64::from(left != 0.0 && right != 0.0));
        }
        left
    }

    fn comparison(&mut self) -> Option<f64> {
        let left = self.difference();
        if self.takes(">=") { pair(left, self.difference(), |left, right| f64::from(left >= right)) } else { left }
    }

    fn difference(&mut self) -> Option<f64> {
        let mut left = self.product();
        while self.takes("-") {
            left = pair(left, self.product(), |left, right| left - right);
        }
        left
    }

    fn product(&mut self) -> Option<f64> {
        let mut left = self.value();
        loop {
            if self.takes("*") {
                left = pair(left, self.value(), |left, right| left * right);
            } else if self.takes("/") {
                left = pair(left, self.value(), |left, right| left / right).filter(|result| result.is_finite());
            } else {
                return left;
            }
        }
    }

    fn list(&mut self) -> Vec<f64> {
        self.expect("([");
        let mut values = Vec::new();
        loop {
            values.extend(self.condition());
            if !self.takes(",") {
                break;
            }
        }
        self.expect("])");
        values
    }

    fn value(&mut self) -> Option<f64> {
        let word = self.word();
        match word.as_str() {
            "SUM" => self.list().into_iter().reduce(|left, right| left + right),
            "MAX" => self.list().into_iter().reduce(f64::max),
            "TIME_SERIES" => {
                self.expect("(");
                let value = self.condition();
                self.expect(")");
                value
            }
            "FILL" => {
                self.expect("(");
                let name = self.word();
                self.expect(",");
                let filler = self.condition();
                self.expect(")");
                match self.metrics[name.as_str()] {
                    Counted(value) => Some(value),
                    Never if !self.never_is_filled => None,
                    Never | Gap => filler,
                }
            }
            "IF" => {
                self.expect("(");
                let holds = self.condition();
                self.expect(",");
                let then = self.condition();
                self.expect(",");
                let otherwise = self.condition();
                self.expect(")");
                holds.and_then(|holds| if holds == 0.0 { otherwise } else { then })
            }
            number if number.starts_with(|char: char| char.is_ascii_digit()) => Some(number.parse().unwrap()),
            name => match self.metrics[name] {
                Counted(value) => Some(value),
                Gap | Never => None,
            },
        }
    }
}

fn pair(left: Option<f64>, right: Option<f64>, of: impl Fn(f64, f64) -> f64) -> Option<f64> {
    Some(of(left?, right?))
}

/// Whether a period triggers an alarm, whatever `FILL` does with a metric that was never counted.
fn breaches(id: &str, metrics: &[(&str, Metric)]) -> bool {
    let template = Template::read();
    let alarm = template.properties(id);
    let formula = &alarm["Metrics"][0]["Expression"];
    let formula = formula["Fn::Sub"].as_str().or_else(|| formula.as_str()).unwrap();
    let formula = formula.replace("${RateMinimumVolume}", &template.default("RateMinimumVolume"));
    let threshold: f64 = text(&alarm["Threshold"]).parse().unwrap();
    let metrics = metrics.iter().copied().collect();
    let verdicts = [true, false].map(|never_is_filled| {
        let mut parser = Formula { rest: &formula, metrics: &metrics, never_is_filled };
        let value = parser.condition();
        assert_eq!(parser.rest.trim(), "", "{formula}");
        match (value, alarm["ComparisonOperator"].as_str().unwrap()) {
            (None, _) => alarm["TreatMissingData"] == "breaching",
            (Some(value), "GreaterThanOrEqualToThreshold") => value >= threshold,
            (Some(value), "GreaterThanThreshold") => value > threshold,
            (Some(value), "LessThanThreshold") => value < threshold,
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(verdicts[0], verdicts[1], "{id} hangs on what FILL does");
    verdicts[0]
}

fn new_version(invocations: f64, errors: f64, failures: Metric) -> bool {
    let counted = [("invocations", Counted(invocations)), ("errors", Counted(errors)), ("failures", failures)];
    breaches("DeploymentAlarm", &counted)
}

#[test]
fn one_bad_message_blocks_no_deployment() {
    // Lambda's three attempts are one and two minutes apart.
    for invocations in [1.0, 2.0, 3.0, 1_000.0] {
        assert!(!new_version(invocations, 1.0, Never), "{invocations}");
        assert!(!new_version(invocations, 1.0, Counted(1.0)), "{invocations}: out of reach");
        assert!(!new_version(invocations, 0.0, Counted(1.0)), "{invocations}: a webhook");
    }
    assert!(!new_version(100.0, 9.0, Gap), "fewer than a tenth");
    assert!(
        !breaches("DeploymentAlarm", &[("invocations", Gap), ("errors", Gap), ("failures", Gap)]),
        "a quiet minute"
    );
}

#[test]
fn a_version_that_fails_is_rolled_back() {
    assert!(new_version(3.0, 3.0, Never), "crashes");
    assert!(new_version(20.0, 2.0, Gap), "a tenth");
    assert!(new_version(40.0, 0.0, Counted(40.0)), "webhooks that find nothing");
    assert!(new_version(40.0, 20.0, Counted(40.0)), "both doors");
}

#[test]
fn crashes_block_a_deployment_and_malformed_questions_do_not() {
    let new_version = |invocations, errors, malformed| {
        let counted = [("invocations", invocations), ("errors", errors), ("malformed", malformed)];
        breaches("CheckDeploymentAlarm", &counted)
    };
    for malformed in [Never, Gap] {
        assert!(new_version(Counted(3.0), Counted(3.0), malformed), "crashes");
        assert!(new_version(Counted(20.0), Counted(2.0), malformed), "a tenth");
        assert!(!new_version(Counted(100.0), Counted(9.0), malformed), "fewer than a tenth");
        assert!(!new_version(Counted(3.0), Counted(1.0), malformed), "one");
        assert!(!new_version(Gap, Gap, malformed), "a quiet minute");
    }
    assert!(!new_version(Counted(40.0), Counted(40.0), Counted(40.0)), "only malformed questions");
    assert!(!new_version(Counted(40.0), Counted(41.0), Counted(40.0)), "and one crash");
    assert!(new_version(Counted(40.0), Counted(30.0), Counted(20.0)), "both");
}

#[test]
fn many_invalid_links_raise_an_alarm_and_few_do_not() {
    let alarm =
        |refused, requests| breaches("UnsubscribeRefusalAlarm", &[("refused", refused), ("requests", requests)]);
    assert!(alarm(Counted(20.0), Counted(99.0)));
    assert!(!alarm(Counted(20.0), Counted(100.0)), "not more than a fifth");
    assert!(!alarm(Counted(19.0), Counted(19.0)), "few");
    for refused in [Never, Gap] {
        assert!(!alarm(refused, Counted(1_000.0)));
    }
}

#[test]
fn the_alarm_on_throttles_ends() {
    let names = ["event_writes", "event_reads", "index_writes", "suppression_writes", "suppression_reads"];
    let with = |event_writes: Metric, others: Metric| {
        let mut metrics = names.map(|name| (name, others));
        metrics[0].1 = event_writes;
        let alarm = Template::read();
        let formula = alarm.properties("TableThrottleAlarm")["Metrics"][0]["Expression"].as_str().unwrap().to_owned();
        let metrics: BTreeMap<_, _> = metrics.into_iter().collect();
        // CloudWatch ignores TreatMissingData here: without a value, the alarm keeps its state.
        let values = [true, false].map(|never_is_filled| {
            Formula { rest: &formula, metrics: &metrics, never_is_filled }.condition().expect("a value in every period")
        });
        assert_eq!(values[0].to_bits(), values[1].to_bits());
        values[0]
    };
    for others in [Never, Gap] {
        assert!(with(Counted(12.0), others) >= 10.0);
        assert!(with(Gap, others) < 10.0);
        assert!(with(Never, others) < 10.0);
    }
}

#[test]
fn a_metric_without_a_value_is_silent() {
    for id in ["SesSilentAlarm", "MailjetSilentAlarm", "TencentSilentAlarm"] {
        assert!(breaches(id, &[("events", Gap)]), "{id}");
        assert!(breaches(id, &[("events", Never)]), "{id}: no report has ever come");
        assert!(!breaches(id, &[("events", Counted(1.0))]), "{id}");
    }
}

#[test]
fn many_refusals_are_reported_and_few_are_not() {
    let refusals = |refused, requests| breaches("WebhookRefusalAlarm", &[("refused", refused), ("requests", requests)]);
    assert!(refusals(Counted(20.0), Counted(20.0)), "a wrong address");
    assert!(refusals(Counted(300.0), Counted(1_000.0)), "one provider of several");
    assert!(!refusals(Counted(19.0), Counted(19.0)), "a few");
    assert!(!refusals(Counted(100.0), Counted(1_000.0)), "a tenth");
    for quiet in [Gap, Never] {
        assert!(!refusals(quiet, Counted(1_000.0)));
        assert!(!refusals(quiet, quiet), "silence");
    }
}
