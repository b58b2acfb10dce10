//! `env`: the resources of a stack, as shell variables.

use serde_json::{Map, Value};

use super::cli::EnvArgs;
use super::failure::Failure;
use super::redrive::Cloud;
use super::stack::StackDescription;
use super::{Console, Outcome};
use crate::text::shell_quoted;

/// The tables, which every other command needs.
const TABLES: [(&str, &str); 2] = [("EventTableName", "EVENT_TABLE"), ("SuppressionTableName", "SUPPRESSION_TABLE")];

/// The other outputs, for the commands in the guide; one that the stack lacks is omitted.
const OUTPUTS: [(&str, &str); 31] = [
    ("SuppressionStreamArn", "SUPPRESSION_STREAM_ARN"),
    ("ConfigurationSetName", "CONFIGURATION_SET"),
    ("TopicArn", "TOPIC_ARN"),
    ("MailjetWebhookUrl", "MAILJET_WEBHOOK_URL"),
    ("TencentWebhookUrl", "TENCENT_WEBHOOK_URL"),
    ("SnsWebhookUrl", "SNS_WEBHOOK_URL"),
    ("LoadBalancerDnsName", "LOAD_BALANCER_DNS_NAME"),
    ("WebhookSecretArn", "WEBHOOK_SECRET_ARN"),
    ("FunctionName", "FUNCTION_NAME"),
    ("FunctionAliasArn", "FUNCTION_ALIAS_ARN"),
    ("CheckFunctionName", "CHECK_FUNCTION_NAME"),
    ("CheckFunctionArn", "CHECK_FUNCTION_ARN"),
    ("DecideFunctionName", "DECIDE_FUNCTION_NAME"),
    ("DecideFunctionArn", "DECIDE_FUNCTION_ARN"),
    ("SupportFunctionName", "SUPPORT_FUNCTION_NAME"),
    ("SupportFunctionArn", "SUPPORT_FUNCTION_ARN"),
    ("SupportLogGroupName", "SUPPORT_LOG_GROUP"),
    ("SupportDashboardUrl", "SUPPORT_DASHBOARD_URL"),
    ("UnsubscribeHost", "UNSUBSCRIBE_HOST"),
    ("UnsubscribeSecretArn", "UNSUBSCRIBE_SECRET_ARN"),
    ("UnsubscribeFunctionName", "UNSUBSCRIBE_FUNCTION_NAME"),
    ("UnsubscribeLogGroupName", "UNSUBSCRIBE_LOG_GROUP"),
    ("UnsubscribeDashboardUrl", "UNSUBSCRIBE_DASHBOARD_URL"),
    ("LogGroupName", "LOG_GROUP"),
    ("AccessLogGroupName", "ACCESS_LOG_GROUP"),
    ("UndeliveredQueueUrl", "UNDELIVERED_QUEUE_URL"),
    ("FailedQueueUrl", "FAILED_QUEUE_URL"),
    ("ParkedQueueUrl", "PARKED_QUEUE_URL"),
    ("IntakeQueueUrl", "INTAKE_QUEUE_URL"),
    ("IntakeQueueArn", "INTAKE_QUEUE_ARN"),
    ("DashboardUrl", "DASHBOARD_URL"),
];

/// The parameters for counting and retention, which `explain` and decisions need.
const PARAMETERS: [(&str, &str); 5] = [
    ("EventRetentionDays", "EVENT_RETENTION_DAYS"),
    ("SoftBounceThreshold", "SOFT_BOUNCE_THRESHOLD"),
    ("SoftBounceWindowDays", "SOFT_BOUNCE_WINDOW_DAYS"),
    ("SoftBounceMinDays", "SOFT_BOUNCE_MIN_DAYS"),
    ("SoftBounceCooldownDays", "SOFT_BOUNCE_COOLDOWN_DAYS"),
];

/// Prints an `export` line for each variable, or with `--json` one object.
pub async fn run(args: &EnvArgs, cloud: &Cloud, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let stack = StackDescription::find(cloud, &args.stack).await?;
    let mut variables = vec![
        // boto3 reads only the second one.
        ("AWS_REGION", cloud.region.as_str()),
        ("AWS_DEFAULT_REGION", cloud.region.as_str()),
        ("STACK", args.stack.as_str()),
    ];
    for (key, name) in TABLES {
        variables.push((name, stack.required(key)?));
    }
    let outputs = OUTPUTS.into_iter().map(|(key, name)| (name, stack.output(key)));
    let parameters = PARAMETERS.into_iter().map(|(key, name)| (name, stack.parameter(key)));
    variables.extend(outputs.chain(parameters).filter_map(|(name, value)| Some((name, value?))));
    if let Some(warning) = stack.version_warning() {
        writeln!(console.err, "{warning}")?;
    }
    if console.json {
        let object: Map<String, Value> =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        writeln!(console.out, "{}", Value::Object(object))?;
    } else {
        for (name, value) in variables {
            writeln!(console.out, "export {name}={}", shell_quoted(value))?;
        }
    }
    console.out.flush()?;
    Ok(Outcome::Done)
}
