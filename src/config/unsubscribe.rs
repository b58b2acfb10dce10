//! The settings of `unsubscribe`.

use super::{ConfigError, Environment, RecordingConfig};

/// The settings of `unsubscribe`.
#[derive(Clone)]
pub struct UnsubscribeConfig {
    /// The tables, and how to write them.
    pub recording: RecordingConfig,
    /// `UNSUBSCRIBE_SECRET_ARN` or `UNSUBSCRIBE_KEYS`.
    pub keys: KeySource,
    /// `UNSUBSCRIBE_MAX_AGE_DAYS`: how long a link works; 0: without end.
    pub max_age_days: u32,
    /// `SENDER_NAME`: who sends the mail, for its recipients.
    pub sender_name: String,
    /// `SENDER_URL`: a page of the sender's.
    pub sender_url: Option<String>,
}

/// Where the keys of links are.
#[derive(Clone)]
pub enum KeySource {
    /// In the environment, as the JSON object that the secret would contain.
    Fixed(String),
    /// In Secrets Manager, under this ARN.
    Secret(String),
}

impl UnsubscribeConfig {
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
        Ok(Self {
            recording: env.recording()?,
            keys: env.key_source()?,
            max_age_days: env.number("UNSUBSCRIBE_MAX_AGE_DAYS", 0)?,
            sender_name: env.sender_name()?,
            sender_url: env.sender_url()?,
        })
    }
}

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    fn key_source(&self) -> Result<KeySource, ConfigError> {
        let variable = "UNSUBSCRIBE_SECRET_ARN";
        match (self.get(variable), self.get("UNSUBSCRIBE_KEYS")) {
            (Some(arn), None) => Ok(KeySource::Secret(arn)),
            (None, Some(keys)) => Ok(KeySource::Fixed(keys)),
            (Some(_), Some(_)) => {
                Err(ConfigError { variable, demand: "must not be set together with UNSUBSCRIBE_KEYS" })
            }
            (None, None) => Err(ConfigError { variable, demand: "is missing: set it to the secret with the keys" }),
        }
    }

    fn sender_name(&self) -> Result<String, ConfigError> {
        let demand = "is missing: set it to the name that recipients know the sender by";
        self.get("SENDER_NAME").ok_or(ConfigError { variable: "SENDER_NAME", demand })
    }

    fn sender_url(&self) -> Result<Option<String>, ConfigError> {
        let demand = "must be an https url";
        let is_url = |url: &str| {
            url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty())
                && url.bytes().all(|it| it.is_ascii_graphic())
        };
        match self.get("SENDER_URL") {
            Some(url) if !is_url(&url) => Err(ConfigError { variable: "SENDER_URL", demand }),
            url => Ok(url),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KeySource, UnsubscribeConfig};

    fn read(extra: &[(&str, &str)]) -> Result<UnsubscribeConfig, &'static str> {
        let base =
            [("EVENT_TABLE", "e"), ("SUPPRESSION_TABLE", "s"), ("UNSUBSCRIBE_SECRET_ARN", "arn"), ("SENDER_NAME", "A")];
        let all: Vec<_> = extra.iter().chain(&base).copied().collect();
        let lookup = |name: &str| all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        UnsubscribeConfig::from_lookup(lookup).map_err(|error| error.variable)
    }

    #[test]
    fn a_link_has_no_end_unless_set() -> Result<(), &'static str> {
        let config = read(&[])?;
        assert!(matches!(config.keys, KeySource::Secret(arn) if arn == "arn"));
        assert_eq!((config.max_age_days, config.sender_url), (0, None));
        let config = read(&[("UNSUBSCRIBE_MAX_AGE_DAYS", "60"), ("SENDER_URL", "https://example.com/a?b")])?;
        assert_eq!((config.max_age_days, config.sender_url.as_deref()), (60, Some("https://example.com/a?b")));
        let fixed = read(&[("UNSUBSCRIBE_SECRET_ARN", ""), ("UNSUBSCRIBE_KEYS", "{}")])?;
        assert!(matches!(fixed.keys, KeySource::Fixed(_)));
        Ok(())
    }

    #[test]
    fn a_wrong_value_names_its_variable() {
        for (name, value, expected) in [
            ("UNSUBSCRIBE_SECRET_ARN", "", "UNSUBSCRIBE_SECRET_ARN"),
            ("UNSUBSCRIBE_KEYS", "{}", "UNSUBSCRIBE_SECRET_ARN"),
            ("UNSUBSCRIBE_MAX_AGE_DAYS", "never", "UNSUBSCRIBE_MAX_AGE_DAYS"),
            ("SENDER_NAME", " ", "SENDER_NAME"),
            ("SENDER_URL", "http://example.com", "SENDER_URL"),
            ("SENDER_URL", "https://", "SENDER_URL"),
            ("SENDER_URL", "javascript:alert(1)", "SENDER_URL"),
            ("SENDER_URL", "https://example.com/ a", "SENDER_URL"),
            ("EVENT_TABLE", "", "EVENT_TABLE"),
        ] {
            assert_eq!(read(&[(name, value)]).err(), Some(expected), "{name}={value}");
        }
    }
}
