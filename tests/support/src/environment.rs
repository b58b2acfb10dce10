//! The environment of the function, as `events/local.env` sets it, with the test's tables.

use crate::authority::FOLDER;
use crate::database::{Database, EVENTS, SUPPRESSIONS};
use crate::envelope::TOPIC;
use crate::request::{ACCOUNT, CREDENTIALS};
use crate::samples;

/// Names and values; if a name is repeated, the last one wins.
pub type Environment = Vec<(String, String)>;

/// The environment that accepts the samples.
pub fn environment(database: &Database) -> Environment {
    let certificates = samples::folder().join("certificates");
    let pairs = [
        ("AWS_ENDPOINT_URL_DYNAMODB", database.endpoint()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("EVENT_TABLE", EVENTS.to_owned()),
        ("SUPPRESSION_TABLE", SUPPRESSIONS.to_owned()),
        ("SNS_TOPIC_ARNS", TOPIC.to_owned()),
        ("SNS_MAX_AGE_SECONDS", "4000000000".to_owned()),
        ("SNS_TRUST_ANCHORS", certificates.join("root.pem").to_string_lossy().into_owned()),
        ("SNS_CERTIFICATES", certificates.to_string_lossy().into_owned()),
        ("EVENTBRIDGE_ACCOUNT_IDS", ACCOUNT.to_owned()),
        ("WEBHOOK_CREDENTIALS", CREDENTIALS.to_owned()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The same environment, but it accepts messages signed by the test authority.
pub fn trusting_environment(database: &Database) -> Environment {
    let mut settings = environment(database);
    for (name, value) in [("SNS_TRUST_ANCHORS", FOLDER.join("root.pem")), ("SNS_CERTIFICATES", FOLDER.clone())] {
        settings.push((name.to_owned(), value.to_string_lossy().into_owned()));
    }
    settings
}
