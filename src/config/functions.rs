//! The settings of the smaller functions. Those that answer senders have a subset of those of `feedback`, with the same
//! names.

use super::{ConfigError, Environment};
use crate::store::Retention;
use crate::suppression::SoftBounceRules;

/// The settings of `check`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckConfig {
    /// `SUPPRESSION_TABLE`.
    pub suppression_table: String,
}

impl CheckConfig {
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
        env.readable("SSL_CERT_FILE")?;
        Ok(Self { suppression_table: env.required("SUPPRESSION_TABLE")? })
    }
}

/// The settings of `changes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangesConfig {
    /// `CHANGE_EVENT_BUS`: the name of the event bus.
    pub bus: String,
}

impl ChangesConfig {
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
        env.readable("SSL_CERT_FILE")?;
        Ok(Self { bus: env.required("CHANGE_EVENT_BUS")? })
    }
}

/// The settings of functions that record what people say, not what providers report: all of `decide`'s.
#[derive(Clone, Debug)]
pub struct RecordingConfig {
    /// `EVENT_TABLE`.
    pub event_table: String,
    /// `SUPPRESSION_TABLE`.
    pub suppression_table: String,
    /// `SOFT_BOUNCE_*`: every write of a record applies them again.
    pub soft_bounces: SoftBounceRules,
    /// `EVENT_RETENTION_DAYS`: what people say is evidence, and there is no other kind of event.
    pub retention: Retention,
}

impl RecordingConfig {
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
        Environment(lookup).recording()
    }
}

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    pub(super) fn recording(&self) -> Result<RecordingConfig, ConfigError> {
        self.readable("SSL_CERT_FILE")?;
        Ok(RecordingConfig {
            event_table: self.required("EVENT_TABLE")?,
            suppression_table: self.required("SUPPRESSION_TABLE")?,
            soft_bounces: self.soft_bounces()?,
            retention: Retention { evidence_days: self.evidence_days()?, ..Retention::default() },
        })
    }
}
