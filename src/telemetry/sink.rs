//! Where the metrics of a function are written.

use std::io::Write;

use super::Metrics;
use crate::timestamp::Timestamp;

/// A function and its version, the dimensions of its metrics.
#[derive(Clone, Debug)]
pub struct FunctionVersion {
    /// Its name.
    pub name: String,
    /// Its version, `$LATEST` or a number.
    pub version: String,
}

/// Where the metrics of a function are written.
#[derive(Clone, Debug)]
pub struct MetricSink {
    /// The function.
    pub function: FunctionVersion,
    /// Writes one line.
    pub write_line: fn(&str),
}

impl FunctionVersion {
    /// The function that Lambda's variables name, or `mail-feedback` and `$LATEST` outside Lambda.
    #[must_use]
    pub fn from_env() -> Self {
        let variable = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
        Self {
            name: variable("AWS_LAMBDA_FUNCTION_NAME", "mail-feedback"),
            version: variable("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        }
    }
}

impl MetricSink {
    /// Standard output, which Lambda sends to CloudWatch, for the function that Lambda's variables name.
    #[must_use]
    pub fn from_env() -> Self {
        Self { function: FunctionVersion::from_env(), write_line: to_standard_output }
    }

    /// Writes the line of one invocation.
    pub fn write(&self, metrics: &Metrics, at: Timestamp) {
        (self.write_line)(&metrics.line(&self.function, at));
    }
}

fn to_standard_output(line: &str) {
    // A closed standard output must not fail an invocation whose records are durable.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
