//! The settings of the functions that answer senders: a subset of those of `feedback`, with the same names.

use super::{ConfigError, Environment};

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
