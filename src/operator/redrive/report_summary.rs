//! What an SES report is about, without personal data.

use serde_json::Value;

/// The recipient lists in reports.
const RECIPIENTS: [&str; 6] = [
    "/bounce/bouncedRecipients",
    "/complaint/complainedRecipients",
    "/deliveryDelay/delayedRecipients",
    "/delivery/recipients",
    "/mail/destination",
    "/mail/commonHeaders/to",
];
/// The details that distinguish reports of the same kind.
const DETAILS: [&str; 5] = [
    "/bounce/bounceType",
    "/bounce/bounceSubType",
    "/complaint/complaintFeedbackType",
    "/deliveryDelay/delayType",
    "/reject/reason",
];

/// One report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportSummary {
    /// The event and its details, as SES names them; empty if unknown.
    pub event: String,
    /// How many recipients it names.
    pub recipients: usize,
    /// Their addresses.
    pub addresses: Vec<String>,
    /// The id of the mail.
    pub ses_message_id: Option<String>,
    /// The id of the SNS message, or of the event.
    pub carrier_id: Option<String>,
    /// The topic, or the source of the event.
    pub from: Option<String>,
    /// When SNS or EventBridge received it.
    pub published_at: Option<String>,
}

impl ReportSummary {
    /// The summary of an SNS message, in the spelling of a queue or an invocation.
    pub fn of_envelope(envelope: &Value) -> Self {
        let message = text(envelope, "/Message");
        let report = message.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        Self {
            carrier_id: text(envelope, "/MessageId"),
            from: text(envelope, "/TopicArn"),
            published_at: text(envelope, "/Timestamp"),
            ..Self::of_report(report.as_ref().unwrap_or(&Value::Null))
        }
    }

    /// The summary of an EventBridge event.
    pub fn of_event(event: &Value) -> Self {
        let report = Self::of_report(event.get("detail").unwrap_or(&Value::Null));
        let named = if report.event.is_empty() { text(event, "/detail-type") } else { None };
        Self {
            carrier_id: text(event, "/id"),
            from: text(event, "/source"),
            published_at: text(event, "/time"),
            event: named.unwrap_or_else(|| report.event.clone()),
            ..report
        }
    }

    fn of_report(report: &Value) -> Self {
        let name = text(report, "/eventType").or_else(|| text(report, "/notificationType"));
        let details = DETAILS.iter().filter_map(|path| text(report, path));
        let listed = RECIPIENTS.iter().find_map(|path| report.pointer(path)?.as_array());
        let addresses: Vec<String> = listed.into_iter().flatten().filter_map(address).collect();
        Self {
            event: name.into_iter().chain(details).collect::<Vec<_>>().join(" "),
            recipients: listed.map_or(0, Vec::len),
            addresses,
            ses_message_id: text(report, "/mail/messageId"),
            ..Self::default()
        }
    }
}

/// A recipient, given as an address or as an object with one.
fn address(recipient: &Value) -> Option<String> {
    recipient.as_str().map(str::to_owned).or_else(|| text(recipient, "/emailAddress"))
}

fn text(value: &Value, path: &str) -> Option<String> {
    value.pointer(path)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
