//! The settings of the pages for support.

use super::{ConfigError, Environment, RecordingConfig};
use crate::event::Provider;
use crate::label::labelled;

labelled! {
    /// The queues that reports wait in.
    pub enum QueueName {
        /// What SNS or EventBridge could not deliver.
        Undelivered = "UndeliveredQueue",
        /// What the function failed on.
        Failed = "FailedQueue",
        /// What failed in a redrive, too.
        Parked = "ParkedQueue",
        /// What waits to be recorded.
        Intake = "IntakeQueue",
    }
}

/// The functions whose metrics count events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedFunctions {
    /// The one that records what providers report.
    pub feedback: String,
    /// The one behind one-click links.
    pub unsubscribe: Option<String>,
}

/// The rates above which providers act, in ten-thousandths of a percent, as the alarms have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Each provider with its limits of bounces and complaints.
    pub of_providers: Vec<(Provider, u64, u64)>,
    /// The number of messages per day below which a rate says nothing.
    pub minimum: u64,
}

impl Default for Limits {
    /// Those of the template.
    fn default() -> Self {
        let of_providers =
            vec![(Provider::Ses, 50_000, 1_000), (Provider::Mailjet, 80_000, 800), (Provider::Tencent, 50_000, 1_000)];
        Self { of_providers, minimum: 1_000 }
    }
}

/// The settings of `view`.
#[derive(Clone, Debug)]
pub struct ViewConfig {
    /// Both tables, and how soft bounces count.
    pub recording: RecordingConfig,
    /// `MAY_DECIDE`: whether readers may suppress and lift.
    pub may_decide: bool,
    /// `FEEDBACK_FUNCTION` and `UNSUBSCRIBE_FUNCTION`: the names of the functions whose metrics count events.
    pub functions: WatchedFunctions,
    /// `UNDELIVERED_QUEUE`, `FAILED_QUEUE`, `PARKED_QUEUE` and `INTAKE_QUEUE`: the names of the queues there are.
    pub queues: Vec<(QueueName, String)>,
    /// `<PROVIDER>_BOUNCE_LIMIT` and `<PROVIDER>_COMPLAINT_LIMIT` in percent, and `RATE_MINIMUM_VOLUME`, as the alarms have
    /// them.
    pub limits: Limits,
}

impl ViewConfig {
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
        let recording = env.recording()?;
        let demand = "is missing: set it to the name of the function";
        let feedback = env.get("FEEDBACK_FUNCTION").ok_or(ConfigError { variable: "FEEDBACK_FUNCTION", demand })?;
        let queues = [
            (QueueName::Undelivered, "UNDELIVERED_QUEUE"),
            (QueueName::Failed, "FAILED_QUEUE"),
            (QueueName::Parked, "PARKED_QUEUE"),
            (QueueName::Intake, "INTAKE_QUEUE"),
        ];
        Ok(Self {
            recording,
            may_decide: env.flag("MAY_DECIDE")?,
            functions: WatchedFunctions { feedback, unsubscribe: env.get("UNSUBSCRIBE_FUNCTION") },
            queues: queues.into_iter().filter_map(|(name, variable)| Some((name, env.get(variable)?))).collect(),
            limits: env.limits()?,
        })
    }
}

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    fn limits(&self) -> Result<Limits, ConfigError> {
        let default = Limits::default();
        let variables = |provider: Provider| match provider {
            Provider::Ses | Provider::Own => ["SES_BOUNCE_LIMIT", "SES_COMPLAINT_LIMIT"],
            Provider::Mailjet => ["MAILJET_BOUNCE_LIMIT", "MAILJET_COMPLAINT_LIMIT"],
            Provider::Tencent => ["TENCENT_BOUNCE_LIMIT", "TENCENT_COMPLAINT_LIMIT"],
        };
        let of_providers = default.of_providers.into_iter().map(|(provider, bounces, complaints)| {
            let [of_bounces, of_complaints] = variables(provider);
            Ok((provider, self.percent(of_bounces, bounces)?, self.percent(of_complaints, complaints)?))
        });
        let minimum = self.number("RATE_MINIMUM_VOLUME", u32::try_from(default.minimum).unwrap_or(u32::MAX))?;
        Ok(Limits { of_providers: of_providers.collect::<Result<_, _>>()?, minimum: u64::from(minimum) })
    }

    /// A percentage with at most four decimal places, as the template admits them, in ten-thousandths of a percent.
    fn percent(&self, variable: &'static str, default: u64) -> Result<u64, ConfigError> {
        let error = ConfigError { variable, demand: "must be a percentage, such as 0.1" };
        let Some(text) = self.get(variable) else { return Ok(default) };
        let (whole, rest) = text.split_once('.').unwrap_or((text.as_str(), ""));
        let are_digits = [whole, rest].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        if !are_digits || whole.is_empty() || rest.len() > 4 {
            return Err(error);
        }
        format!("{whole}{rest:0<4}").parse().map_err(|_| error)
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, QueueName, ViewConfig};

    fn read(extra: &[(&str, &str)]) -> Result<ViewConfig, &'static str> {
        let base = [("EVENT_TABLE", "e"), ("SUPPRESSION_TABLE", "s"), ("FEEDBACK_FUNCTION", "f")];
        let all: Vec<_> = extra.iter().chain(&base).copied().collect();
        let lookup = |name: &str| all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        ViewConfig::from_lookup(lookup).map_err(|error| error.variable)
    }

    #[test]
    fn the_pages_only_read_unless_they_are_told_otherwise() -> Result<(), &'static str> {
        let config = read(&[])?;
        assert!(!config.may_decide && config.queues.is_empty() && config.functions.unsubscribe.is_none());
        assert_eq!(config.limits, Limits::default());
        Ok(())
    }

    #[test]
    fn the_limits_are_those_of_the_alarms() -> Result<(), &'static str> {
        let set = [("SES_BOUNCE_LIMIT", "4.5"), ("MAILJET_COMPLAINT_LIMIT", "0.08"), ("FAILED_QUEUE", "q")];
        let config = read(&set)?;
        let of: Vec<_> =
            config.limits.of_providers.iter().map(|(_, bounces, complaints)| (*bounces, *complaints)).collect();
        assert_eq!(of, [(45_000, 1_000), (80_000, 800), (50_000, 1_000)]);
        assert_eq!(config.queues, [(QueueName::Failed, "q".to_owned())]);
        Ok(())
    }

    #[test]
    fn a_wrong_value_names_its_variable() {
        for (name, value) in [
            ("FEEDBACK_FUNCTION", " "),
            ("MAY_DECIDE", "yes"),
            ("SES_BOUNCE_LIMIT", "many"),
            ("TENCENT_COMPLAINT_LIMIT", "0.00001"),
            ("MAILJET_BOUNCE_LIMIT", ".5"),
            ("RATE_MINIMUM_VOLUME", "-1"),
        ] {
            assert_eq!(read(&[(name, value)]).err(), Some(name), "{name}={value}");
        }
    }
}
