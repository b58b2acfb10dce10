//! Configuration from environment variables, read once at the cold start; the error for a wrong value names its
//! variable.

mod functions;
mod unsubscribe;
#[cfg(feature = "pages")]
mod view;

use std::fmt;
use std::path::PathBuf;

pub use functions::{ChangesConfig, CheckConfig, RecordingConfig};
pub use unsubscribe::{KeySource, UnsubscribeConfig};
#[cfg(feature = "pages")]
pub use view::{Limits, QueueName, ViewConfig, WatchedFunctions};

use crate::intake::event_bridge::AllowList;
use crate::intake::sns::{Sha1, TopicArn, TrustStore, VerifierSettings};
use crate::intake::webhook::{CredentialSource, Credentials};
use crate::policy::{ComplaintScope, Policy};
use crate::provider::{SesSettings, StreamTag};
use crate::store::Retention;
use crate::suppression::SoftBounceRules;

/// How long SNS and Lambda retry an event, in seconds: 23 days in SNS, then six hours in Lambda's own queue.
const SNS_RETRY_SECONDS: u32 = 23 * 86_400 + 6 * 3_600;

/// All settings.
#[derive(Debug)]
pub struct Config {
    /// `EVENT_TABLE`.
    pub event_table: String,
    /// `SUPPRESSION_TABLE`.
    pub suppression_table: String,
    /// Which SNS messages are accepted: `SNS_TOPIC_ARNS`, `SNS_ALLOW_SHA1`, `SNS_MAX_AGE_SECONDS`, `SNS_CERTIFICATES`,
    /// and `SNS_TRUST_ANCHORS` and `SNS_INTERMEDIATES` in addition to the built-in certificates.
    pub sns: VerifierSettings,
    /// `SNS_AUTO_CONFIRM`: confirm subscriptions of the accepted topics.
    pub auto_confirm: bool,
    /// How SES reports are read: `SES_ACCOUNT_IDS`, `STREAM_TAG`.
    pub ses: SesSettings,
    /// `EVENTBRIDGE_ACCOUNT_IDS` and `EVENTBRIDGE_QUEUE_ARNS`: which EventBridge events are accepted.
    pub event_bridge: AllowList,
    /// `WEBHOOK_SECRET_ARN` or `WEBHOOK_CREDENTIALS`.
    pub webhook: CredentialSource,
    /// What reports lead to: `COMPLAINT_SCOPE`, `HARD_BOUNCE_DAYS`.
    pub policy: Policy,
    /// `SOFT_BOUNCE_*`.
    pub soft_bounces: SoftBounceRules,
    /// `*_RETENTION_DAYS`.
    pub retention: Retention,
    /// `COUNT_CAUSES`: whether a metric counts why messages did not arrive.
    pub count_causes: bool,
}

/// A variable that is missing or wrong.
///
/// Values are never shown: some are secrets.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The variable.
    pub variable: &'static str,
    /// What it must be.
    pub demand: &'static str,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.variable, self.demand)
    }
}

impl std::error::Error for ConfigError {}

/// Looks up variables; an empty one counts as missing.
struct Environment<F>(F);

impl Config {
    /// Reads the environment of the process.
    ///
    /// # Errors
    /// The first variable that is missing or wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Reads variables from any source.
    ///
    /// # Errors
    /// The first variable that is missing or wrong.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let env = Environment(lookup);
        // The SDK's HTTPS client panics if it cannot read this file; this error names the variable instead.
        env.readable("SSL_CERT_FILE")?;
        let keep = Retention::default();
        Ok(Self {
            event_table: env.required("EVENT_TABLE")?,
            suppression_table: env.required("SUPPRESSION_TABLE")?,
            sns: VerifierSettings {
                topics: env.topics()?,
                sha1: env.sha1()?,
                max_age_seconds: env.number("SNS_MAX_AGE_SECONDS", SNS_RETRY_SECONDS)?,
                trust: env.trust()?,
                certificates: env.certificates()?,
            },
            auto_confirm: env.flag("SNS_AUTO_CONFIRM")?,
            ses: SesSettings { accounts: env.accounts("SES_ACCOUNT_IDS")?, stream_tag: env.stream_tag()? },
            event_bridge: AllowList { accounts: env.accounts("EVENTBRIDGE_ACCOUNT_IDS")?, queues: env.queues()? },
            webhook: env.webhook()?,
            policy: Policy {
                complaint_scope: env.complaint_scope()?,
                hard_bounce_days: env.number("HARD_BOUNCE_DAYS", 0)?,
            },
            soft_bounces: env.soft_bounces()?,
            retention: Retention {
                evidence_days: env.evidence_days()?,
                delivery_days: env.number("DELIVERY_RETENTION_DAYS", keep.delivery_days)?,
                engagement_days: env.number("ENGAGEMENT_RETENTION_DAYS", keep.engagement_days)?,
            },
            count_causes: env.flag("COUNT_CAUSES")?,
        })
    }
}

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn list(&self, name: &str) -> Vec<String> {
        let value = self.get(name).unwrap_or_default();
        value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    fn required(&self, variable: &'static str) -> Result<String, ConfigError> {
        self.get(variable).ok_or(ConfigError { variable, demand: "is missing: set it to the name of the table" })
    }

    fn flag(&self, variable: &'static str) -> Result<bool, ConfigError> {
        match self.get(variable).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ConfigError { variable, demand: "must be true or false" }),
        }
    }

    fn evidence_days(&self) -> Result<u32, ConfigError> {
        self.number("EVENT_RETENTION_DAYS", Retention::default().evidence_days)
    }

    /// The rules, if a record can hold enough bounces for them.
    fn soft_bounces(&self) -> Result<SoftBounceRules, ConfigError> {
        let default = SoftBounceRules::default();
        let rules = SoftBounceRules {
            threshold: self.number("SOFT_BOUNCE_THRESHOLD", default.threshold)?,
            window_days: self.number("SOFT_BOUNCE_WINDOW_DAYS", default.window_days)?,
            min_days: self.number("SOFT_BOUNCE_MIN_DAYS", default.min_days)?,
            cooldown_days: self.number("SOFT_BOUNCE_COOLDOWN_DAYS", default.cooldown_days)?,
        };
        let demand = "is too large: threshold x minimal days must not exceed 300";
        let error = ConfigError { variable: "SOFT_BOUNCE_THRESHOLD", demand };
        if rules.fit_a_record() { Ok(rules) } else { Err(error) }
    }

    fn sha1(&self) -> Result<Sha1, ConfigError> {
        let demand = "must be iam, all or none";
        let parse =
            |value: String| Sha1::from_setting(&value).ok_or(ConfigError { variable: "SNS_ALLOW_SHA1", demand });
        self.get("SNS_ALLOW_SHA1").map_or(Ok(Sha1::Iam), parse)
    }

    fn stream_tag(&self) -> Result<Option<StreamTag>, ConfigError> {
        let demand = "must be the name of a message tag (letters, digits, - and _) or configuration-set";
        let parse = |value: String| StreamTag::parse(&value).ok_or(ConfigError { variable: "STREAM_TAG", demand });
        self.get("STREAM_TAG").map(parse).transpose()
    }

    fn complaint_scope(&self) -> Result<ComplaintScope, ConfigError> {
        let demand = "must be everything, tenant or stream";
        let parse = |value: String| {
            ComplaintScope::from_label(&value).ok_or(ConfigError { variable: "COMPLAINT_SCOPE", demand })
        };
        self.get("COMPLAINT_SCOPE").map_or(Ok(ComplaintScope::Everything), parse)
    }

    fn number(&self, variable: &'static str, default: u32) -> Result<u32, ConfigError> {
        let parse =
            |value: String| value.parse().map_err(|_| ConfigError { variable, demand: "must be a whole number" });
        self.get(variable).map_or(Ok(default), parse)
    }

    fn topics(&self) -> Result<Vec<TopicArn>, ConfigError> {
        let demand = "must be ARNs of standard SNS topics, separated by commas";
        let list = self.get("SNS_TOPIC_ARNS");
        let topics = list.iter().flat_map(|list| list.split(',')).map(|arn| TopicArn::parse(arn.trim()));
        topics.collect::<Option<_>>().ok_or(ConfigError { variable: "SNS_TOPIC_ARNS", demand })
    }

    fn trust(&self) -> Result<TrustStore, ConfigError> {
        let roots = self.file("SNS_TRUST_ANCHORS")?;
        let intermediates = self.file("SNS_INTERMEDIATES")?;
        let demand = "must name a file of PEM certificates and nothing else";
        TrustStore::new(&roots, "").ok_or(ConfigError { variable: "SNS_TRUST_ANCHORS", demand })?;
        TrustStore::new(&roots, &intermediates).ok_or(ConfigError { variable: "SNS_INTERMEDIATES", demand })
    }

    fn file(&self, variable: &'static str) -> Result<String, ConfigError> {
        let read = |path: String| {
            std::fs::read_to_string(path).map_err(|_| ConfigError { variable, demand: "must name a readable file" })
        };
        self.get(variable).map_or(Ok(String::new()), read)
    }

    fn readable(&self, variable: &'static str) -> Result<(), ConfigError> {
        let open = |path: String| std::fs::File::open(path).map(drop);
        let demand = "must name a readable file";
        self.get(variable).map_or(Ok(()), open).map_err(|_| ConfigError { variable, demand })
    }

    fn certificates(&self) -> Result<Option<PathBuf>, ConfigError> {
        let folder = self.get("SNS_CERTIFICATES").map(PathBuf::from);
        let demand = "must name a folder of certificates";
        match folder {
            Some(folder) if !folder.is_dir() => Err(ConfigError { variable: "SNS_CERTIFICATES", demand }),
            folder => Ok(folder),
        }
    }

    fn accounts(&self, variable: &'static str) -> Result<Vec<String>, ConfigError> {
        let well_formed = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        let demand = "must be account ids of 12 digits, separated by commas";
        self.well_formed(variable, well_formed, demand)
    }

    fn queues(&self) -> Result<Vec<String>, ConfigError> {
        let well_formed = |arn: &str| {
            let parts: Vec<_> = arn.split(':').collect();
            matches!(*parts.as_slice(), ["arn", _, "sqs", region, account, name]
                if ![region, account, name].contains(&"") && !name.contains('*'))
        };
        self.well_formed("EVENTBRIDGE_QUEUE_ARNS", well_formed, "must be ARNs of SQS queues, separated by commas")
    }

    fn well_formed(
        &self,
        variable: &'static str,
        is_well_formed: impl Fn(&str) -> bool,
        demand: &'static str,
    ) -> Result<Vec<String>, ConfigError> {
        let list = self.list(variable);
        let all = list.iter().all(|part| is_well_formed(part));
        if all { Ok(list) } else { Err(ConfigError { variable, demand }) }
    }

    fn webhook(&self) -> Result<CredentialSource, ConfigError> {
        let fixed = self.list("WEBHOOK_CREDENTIALS");
        match (self.get("WEBHOOK_SECRET_ARN"), fixed.is_empty()) {
            (None, true) => Ok(CredentialSource::Unconfigured),
            (Some(arn), true) => Ok(CredentialSource::Secret(arn)),
            (Some(_), false) => {
                let demand = "must not be set together with WEBHOOK_SECRET_ARN";
                Err(ConfigError { variable: "WEBHOOK_CREDENTIALS", demand })
            }
            (None, false) => {
                let parse =
                    |pair: String| pair.split_once(':').and_then(|(user, password)| Credentials::new(user, password));
                let demand = "must be user:password pairs, separated by commas";
                let known = fixed.into_iter().map(parse).collect::<Option<_>>();
                known.map(CredentialSource::Fixed).ok_or(ConfigError { variable: "WEBHOOK_CREDENTIALS", demand })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Config;
    use crate::intake::sns::Sha1;
    use crate::intake::webhook::CredentialSource;
    use crate::policy::Policy;
    use crate::provider::SesSettings;

    fn read(extra: &[(&str, &str)]) -> Result<Config, String> {
        let base = [("EVENT_TABLE", "events"), ("SUPPRESSION_TABLE", "suppressions")];
        let all: Vec<_> = extra.iter().chain(&base).copied().collect();
        let lookup = |name: &str| all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Config::from_lookup(lookup).map_err(|error| error.variable.to_owned())
    }

    #[test]
    fn the_defaults_are_those_of_the_reference() -> Result<(), String> {
        let config = read(&[])?;
        assert_eq!(config.sns.max_age_seconds, 2_008_800);
        assert_eq!((config.ses, config.policy), (SesSettings::default(), Policy::default()));
        assert_eq!((config.soft_bounces.threshold, config.soft_bounces.window_days), (5, 30));
        assert_eq!((config.soft_bounces.min_days, config.soft_bounces.cooldown_days), (3, 30));
        assert_eq!((config.retention.evidence_days, config.retention.engagement_days), (400, 30));
        assert!(config.sns.topics.is_empty() && config.sns.sha1 == Sha1::Iam && !config.auto_confirm);
        assert!(config.event_bridge.accounts.is_empty() && config.event_bridge.queues.is_empty());
        assert!(matches!(config.webhook, CredentialSource::Unconfigured));
        Ok(())
    }

    #[test]
    fn a_wrong_value_names_its_variable() {
        for (name, value) in [
            ("EVENT_TABLE", " "),
            ("SUPPRESSION_TABLE", ""),
            ("SNS_TOPIC_ARNS", "arn:aws:sns:us-east-1:123456789012:a,b"),
            ("SNS_TOPIC_ARNS", ","),
            ("SNS_TOPIC_ARNS", "arn:aws:sns:us-east-1:123456789012:a,"),
            ("SNS_AUTO_CONFIRM", "yes"),
            ("SNS_ALLOW_SHA1", "1"),
            ("SNS_MAX_AGE_SECONDS", "-1"),
            ("SSL_CERT_FILE", "/does/not/exist"),
            ("SNS_TRUST_ANCHORS", "/does/not/exist"),
            ("SNS_TRUST_ANCHORS", "Cargo.toml"),
            ("SNS_INTERMEDIATES", "Cargo.toml"),
            ("SNS_CERTIFICATES", "/does/not/exist"),
            ("SES_ACCOUNT_IDS", "1234"),
            ("STREAM_TAG", "ses:from-domain"),
            ("STREAM_TAG", "a stream"),
            ("COMPLAINT_SCOPE", "Tenant"),
            ("COMPLAINT_SCOPE", "*"),
            ("HARD_BOUNCE_DAYS", "never"),
            ("HARD_BOUNCE_DAYS", "-1"),
            ("EVENTBRIDGE_ACCOUNT_IDS", "123456789012,*"),
            ("EVENTBRIDGE_QUEUE_ARNS", "https://sqs.eu-west-1.amazonaws.com/123456789012/q"),
            ("EVENTBRIDGE_QUEUE_ARNS", "arn:aws:sqs:eu-west-1:123456789012:*"),
            ("WEBHOOK_CREDENTIALS", "user"),
            ("WEBHOOK_CREDENTIALS", "user:"),
            ("SOFT_BOUNCE_THRESHOLD", "many"),
            ("SOFT_BOUNCE_THRESHOLD", "4000000000"),
            ("SOFT_BOUNCE_WINDOW_DAYS", "x"),
            ("EVENT_RETENTION_DAYS", "1.5"),
        ] {
            assert_eq!(read(&[(name, value)]).err().as_deref(), Some(name), "{name}={value}");
        }
        let both = [("WEBHOOK_SECRET_ARN", "arn"), ("WEBHOOK_CREDENTIALS", "a:b")];
        assert_eq!(read(&both).err().as_deref(), Some("WEBHOOK_CREDENTIALS"));
    }
}
