//! A failed start names the variable, and shows no value.

use support::authority::{AUTHORITY, FOLDER};
use support::database::Database;
use support::environment::environment;

use super::{function, print_uncaptured};
use crate::output_check::scan::leaks;
use crate::output_check::secrets::Secrets;

/// A text in every wrong value.
const MARK: &str = "correct-horse-battery-staple";

/// Each variable with a wrong value, and the variable that is named.
fn wrong_values() -> Vec<(&'static str, String)> {
    let secret_file = FOLDER.join("secret.pem");
    std::fs::write(&secret_file, format!("{MARK}\n{}", AUTHORITY.key.serialize_pem())).unwrap();
    let secret_file = secret_file.to_string_lossy().into_owned();
    let mut values: Vec<(&str, String)> = [
        "SNS_TOPIC_ARNS",
        "SNS_AUTO_CONFIRM",
        "SNS_ALLOW_SHA1",
        "SNS_MAX_AGE_SECONDS",
        "SNS_TRUST_ANCHORS",
        "SNS_INTERMEDIATES",
        "SNS_CERTIFICATES",
        "SES_ACCOUNT_IDS",
        "COMPLAINT_SCOPE",
        "HARD_BOUNCE_DAYS",
        "WEBHOOK_CREDENTIALS",
        "SOFT_BOUNCE_THRESHOLD",
        "SOFT_BOUNCE_WINDOW_DAYS",
        "SOFT_BOUNCE_MIN_DAYS",
        "SOFT_BOUNCE_COOLDOWN_DAYS",
        "EVENT_RETENTION_DAYS",
        "DELIVERY_RETENTION_DAYS",
        "ENGAGEMENT_RETENTION_DAYS",
        "SSL_CERT_FILE",
    ]
    .map(|name| (name, MARK.to_owned()))
    .into();
    values.extend([
        ("STREAM_TAG", format!("ses:{MARK}")),
        ("WEBHOOK_CREDENTIALS", format!(":{MARK}")),
        ("WEBHOOK_CREDENTIALS", format!("user:good-{MARK},{MARK}")),
        ("SNS_TRUST_ANCHORS", secret_file.clone()),
        ("SNS_INTERMEDIATES", secret_file),
    ]);
    values
}

#[tokio::test]
async fn a_start_that_fails_names_the_variable_and_shows_no_value() {
    let database = Database::start().await;
    let values = wrong_values();
    let key = AUTHORITY.key.serialize_pem();
    let mut lines = 0;
    for (name, value) in &values {
        let (code, output) = function(environment(&database), &[(name, value)]).await.ended().await;
        assert_ne!(code, Some(0), "{name}={value}");
        assert!(output.contains(&format!(r#""message":"{name} "#)), "{name}={value}: {output}");
        let secrets = Secrets::default().with_credential(name, value).with_credential(name, MARK).with("the key", &key);
        assert_eq!(leaks(&output, &secrets, &[]), [], "{name}={value}");
        lines += output.lines().count();
    }
    print_uncaptured(&format!("{} starts with a wrong value: {lines} lines", values.len()));
}

/// Both are named together; the secret's ARN, which contains account and name, is not.
#[tokio::test]
async fn two_sources_of_the_credential_are_named_and_not_shown() {
    let database = Database::start().await;
    let arn = format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{MARK}");
    let settings = [("WEBHOOK_SECRET_ARN", arn.as_str())];
    let (code, output) = function(environment(&database), &settings).await.ended().await;
    assert_ne!(code, Some(0));
    assert!(output.contains("WEBHOOK_CREDENTIALS must not be set together with WEBHOOK_SECRET_ARN"), "{output}");
    assert!(!output.contains(MARK) && !output.contains("local-only-password"), "{output}");
}

/// Settings that the SDK warns about or ignores; the function starts.
#[tokio::test]
async fn settings_of_the_sdk_are_not_shown_either() {
    let database = Database::start().await;
    let mut warned = 0;
    let proxy = format!("http://user:{MARK}@127.0.0.1:9/[");
    let wrong = format!("http://user:{MARK}@[::1");
    let services = FOLDER.join("services.ini");
    std::fs::write(
        &services,
        format!("[services x]\ndynamodb = http://user:{MARK}@proxy.example\n[default]\nservices = x\n"),
    )
    .unwrap();
    let services = services.to_string_lossy().into_owned();
    for (name, value) in [
        ("HTTPS_PROXY", proxy.as_str()),
        ("AWS_SECRET_ACCESS_KEY", MARK),
        ("AWS_SESSION_TOKEN", MARK),
        ("AWS_ENDPOINT_URL", wrong.as_str()),
        ("AWS_USE_FIPS_ENDPOINT", MARK),
        ("AWS_PROFILE", MARK),
        ("AWS_CONFIG_FILE", MARK),
        ("AWS_CONFIG_FILE", services.as_str()),
        ("AWS_LAMBDA_LOG_LEVEL", MARK),
        ("AWS_LAMBDA_LOG_FORMAT", MARK),
    ] {
        let function = function(environment(&database), &[(name, value)]).await;
        function.until_ready().await;
        let output = function.stop().await;
        assert!(!output.contains(MARK), "{name}={value}: {output}");
        warned += usize::from(output.contains("a dependency logged a warning"));
    }
    assert!(warned > 0, "the SDK's warnings are logged, without the value");
}
