//! Creates clients for the tables and services from the command line and the environment.

use std::path::Path;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials, Region};

use super::caller::Caller;
use super::cli::Cli;
use super::failure::Failure;
#[cfg(feature = "operator")]
use super::redrive::Cloud;
use super::ses;
use super::tables::{Settings, Tables};
use crate::config::Config;

/// Where `make run` records what it has started.
const LOCAL: &str = "target/local/environment";

/// The tables that the command line names.
pub(super) async fn tables(cli: &Cli) -> Result<Tables, Failure> {
    if cli.local {
        return local();
    }
    let event_table = named(cli.event_table.as_ref(), "--event-table or EVENT_TABLE")?;
    let suppression_table = named(cli.suppression_table.as_ref(), "--suppression-table or SUPPRESSION_TABLE")?;
    let sdk = sdk().await?;
    let caller = Caller::Credentials(aws_sdk_sts::Client::new(&sdk));
    let tables = Tables::new(Client::new(&sdk), event_table, suppression_table, settings()?, caller);
    Ok(Tables { ses: ses::client(&sdk), ..tables })
}

/// The services that a redrive uses.
#[cfg(feature = "operator")]
pub(super) async fn cloud(cli: &Cli) -> Result<Cloud, Failure> {
    if cli.local {
        return Err(Failure::new("`make run` has no stack; omit --local"));
    }
    let sdk = sdk().await?;
    Ok(Cloud {
        cloudformation: aws_sdk_cloudformation::Client::new(&sdk),
        lambda: aws_sdk_lambda::Client::new(&sdk),
        sqs: aws_sdk_sqs::Client::new(&sdk),
        region: sdk.region().map(ToString::to_string).unwrap_or_default(),
    })
}

/// The caller's region and credentials.
async fn sdk() -> Result<SdkConfig, Failure> {
    let sdk = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts())
        .retry_config(RetryConfig::standard().with_max_attempts(6))
        .load()
        .await;
    // Either would otherwise fail within a call, and look like an outage.
    if sdk.region().is_none() {
        return Err(Failure::new("no region; set AWS_REGION, or a region in the profile"));
    }
    let provider = sdk.credentials_provider();
    let found = match &provider {
        Some(provider) => provider.provide_credentials().await.is_ok(),
        None => false,
    };
    if !found {
        return Err(Failure::new(
            "no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to one with keys or a role. \
             For SSO: eval \"$(aws configure export-credentials --format env)\". For `make run`: --local",
        ));
    }
    Ok(sdk)
}

fn named(name: Option<&String>, what: &str) -> Result<String, Failure> {
    let name = name.filter(|name| !name.is_empty());
    name.cloned().ok_or_else(|| {
        Failure::new(format!(
            "no table; give {what}, or --local; for those of a stack: eval \"$(mail-feedbackctl env --stack NAME)\""
        ))
    })
}

/// The tables of `make run`, without anything from the caller's account.
fn local() -> Result<Tables, Failure> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LOCAL);
    let text = std::fs::read_to_string(path).map_err(|_| {
        Failure::new(format!("`make run` is not running ({LOCAL} does not exist); start it in another terminal"))
    })?;
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(str::to_owned).ok_or_else(|| Failure::new(format!("{LOCAL} has no {name}; restart `make run`")))
    };
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(value("AWS_ENDPOINT_URL_DYNAMODB")?)
        .timeout_config(timeouts())
        .build();
    let caller = Caller::Named(std::env::var("USER").ok().filter(|name| !name.is_empty()));
    let [events, suppressions] = [value("EVENT_TABLE")?, value("SUPPRESSION_TABLE")?];
    Ok(Tables::new(Client::from_conf(config), events, suppressions, settings()?, caller))
}

/// Longer than the function's: a person is waiting, and pages are large.
fn timeouts() -> TimeoutConfig {
    let builder = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5));
    builder.operation_attempt_timeout(Duration::from_secs(20)).operation_timeout(Duration::from_mins(2)).build()
}

/// The function's settings for counting and retention, from the same variables.
fn settings() -> Result<Settings, Failure> {
    let config = Config::from_lookup(|name| match name {
        // Required by the configuration, and known here from elsewhere.
        "EVENT_TABLE" | "SUPPRESSION_TABLE" => Some("-".to_owned()),
        name if name.starts_with("SOFT_BOUNCE_") || name.ends_with("_RETENTION_DAYS") => std::env::var(name).ok(),
        _ => None,
    });
    let settings = config.map(|config| Settings { rules: config.soft_bounces, retention: config.retention });
    settings.map_err(|error| Failure::new(error.to_string()))
}
