//! The settings of the functions that answer senders: a subset of those of `feedback`, with the same names.

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

/// The settings of `decide`.
#[derive(Clone, Debug)]
pub struct DecideConfig {
    /// `EVENT_TABLE`.
    pub event_table: String,
    /// `SUPPRESSION_TABLE`.
    pub suppression_table: String,
    /// `SOFT_BOUNCE_*`: every write of a record applies them again.
    pub soft_bounces: SoftBounceRules,
    /// `EVENT_RETENTION_DAYS`; a decision has no other kind of event.
    pub retention: Retention,
}

impl DecideConfig {
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
        Ok(Self {
            event_table: env.required("EVENT_TABLE")?,
            suppression_table: env.required("SUPPRESSION_TABLE")?,
            soft_bounces: env.soft_bounces()?,
            retention: Retention { evidence_days: env.evidence_days()?, ..Retention::default() },
        })
    }
}
