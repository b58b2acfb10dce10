//! The JSON that SES publishes.
//!
//! Every field may be absent or of another type.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::address::{domain_of, normalize_domain};
use crate::lenient::{List, Object, Str, Text};

/// The most recipients or topics that a report may name; SES sends a message to at most 50 recipients, and a list has
/// at most 20 topics. Each becomes an event with everything they have in common, so the number must be bounded.
const MAX_NAMED: usize = 1_000;

/// Names with their values.
pub(super) type Tags<'a> = BTreeMap<Str<'a>, List<Text<'a>>>;

/// One event: `eventType` in event publishing, `notificationType` in identity notifications.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wire<'a> {
    #[serde(borrow, rename = "eventType")]
    pub(super) event_type: Text<'a>,
    #[serde(borrow, rename = "notificationType")]
    pub(super) notification_type: Text<'a>,
    /// The name of an EventBridge event, such as `Email Bounced`, whose `detail` is the event itself.
    ///
    /// A rule with a topic as its target publishes that form.
    #[serde(borrow, rename = "detail-type")]
    pub(super) detail_type: Text<'a>,
    #[serde(borrow)]
    pub(super) detail: Object<Box<Wire<'a>>>,
    #[serde(borrow)]
    pub(super) mail: Object<Mail<'a>>,
    #[serde(borrow)]
    pub(super) bounce: Object<Bounce<'a>>,
    #[serde(borrow)]
    pub(super) complaint: Object<Complaint<'a>>,
    #[serde(borrow)]
    pub(super) delivery: Object<Delivery<'a>>,
    #[serde(borrow)]
    pub(super) reject: Object<Reject<'a>>,
    #[serde(borrow)]
    pub(super) open: Object<Engagement<'a>>,
    #[serde(borrow)]
    pub(super) click: Object<Engagement<'a>>,
    #[serde(borrow)]
    pub(super) failure: Object<Failure<'a>>,
    #[serde(borrow, rename = "deliveryDelay")]
    pub(super) delivery_delay: Object<DeliveryDelay<'a>>,
    #[serde(borrow)]
    pub(super) subscription: Object<Subscription<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Mail<'a> {
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow, rename = "messageId")]
    pub(super) message_id: Text<'a>,
    #[serde(borrow)]
    pub(super) source: Text<'a>,
    #[serde(borrow, rename = "sendingAccountId")]
    pub(super) sending_account_id: Text<'a>,
    #[serde(borrow)]
    pub(super) destination: List<Text<'a>>,
    #[serde(borrow, rename = "commonHeaders")]
    pub(super) common_headers: Object<CommonHeaders<'a>>,
    #[serde(borrow)]
    pub(super) tags: Object<Tags<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CommonHeaders<'a> {
    #[serde(borrow)]
    pub(super) from: List<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Bounce<'a> {
    #[serde(borrow, rename = "bounceType")]
    pub(super) bounce_type: Text<'a>,
    #[serde(borrow, rename = "bounceSubType")]
    pub(super) bounce_sub_type: Text<'a>,
    #[serde(borrow, rename = "bouncedRecipients")]
    pub(super) bounced_recipients: List<Object<ReportedRecipient<'a>>>,
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow, rename = "feedbackId")]
    pub(super) feedback_id: Text<'a>,
}

/// A recipient with the fields of its own delivery status notification, if there was one.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ReportedRecipient<'a> {
    #[serde(borrow, rename = "emailAddress")]
    pub(super) email_address: Text<'a>,
    #[serde(borrow)]
    pub(super) action: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow, rename = "diagnosticCode")]
    pub(super) diagnostic_code: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Complaint<'a> {
    #[serde(borrow, rename = "complainedRecipients")]
    pub(super) complained_recipients: List<Object<ReportedRecipient<'a>>>,
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow, rename = "feedbackId")]
    pub(super) feedback_id: Text<'a>,
    #[serde(borrow, rename = "complaintSubType")]
    pub(super) complaint_sub_type: Text<'a>,
    #[serde(borrow, rename = "complaintFeedbackType")]
    pub(super) complaint_feedback_type: Text<'a>,
    #[serde(borrow, rename = "userAgent")]
    pub(super) user_agent: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Delivery<'a> {
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow)]
    pub(super) recipients: List<Text<'a>>,
    #[serde(borrow, rename = "smtpResponse")]
    pub(super) smtp_response: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Reject<'a> {
    #[serde(borrow)]
    pub(super) reason: Text<'a>,
}

/// The body of an open or a click.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Engagement<'a> {
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow, rename = "ipAddress")]
    pub(super) ip_address: Text<'a>,
    #[serde(borrow, rename = "userAgent")]
    pub(super) user_agent: Text<'a>,
    #[serde(borrow)]
    pub(super) link: Text<'a>,
    #[serde(borrow, rename = "linkTags")]
    pub(super) link_tags: Object<Tags<'a>>,
    #[serde(borrow, rename = "isBotEvent")]
    pub(super) is_bot_event: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Failure<'a> {
    #[serde(borrow, rename = "templateName")]
    pub(super) template_name: Text<'a>,
    #[serde(borrow, rename = "errorMessage")]
    pub(super) error_message: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct DeliveryDelay<'a> {
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow, rename = "delayType")]
    pub(super) delay_type: Text<'a>,
    #[serde(borrow, rename = "delayedRecipients")]
    pub(super) delayed_recipients: List<Object<ReportedRecipient<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Subscription<'a> {
    #[serde(borrow, rename = "contactList")]
    pub(super) contact_list: Text<'a>,
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow)]
    pub(super) source: Text<'a>,
    #[serde(borrow, rename = "newTopicPreferences")]
    pub(super) new_preferences: Object<Preferences<'a>>,
    #[serde(borrow, rename = "oldTopicPreferences")]
    pub(super) old_preferences: Object<Preferences<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Preferences<'a> {
    #[serde(borrow, rename = "unsubscribeAll")]
    pub(super) unsubscribe_all: Text<'a>,
    #[serde(borrow, rename = "topicSubscriptionStatus")]
    pub(super) topics: List<Object<TopicStatus<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct TopicStatus<'a> {
    #[serde(borrow, rename = "topicName")]
    pub(super) topic_name: Text<'a>,
    #[serde(borrow, rename = "subscriptionStatus")]
    pub(super) subscription_status: Text<'a>,
}

/// The event names of EventBridge, and those of event publishing.
const DETAIL_TYPES: &[(&str, &str)] = &[
    ("email bounced", "bounce"),
    ("email complaint received", "complaint"),
    ("email delivered", "delivery"),
    ("email sent", "send"),
    ("email rejected", "reject"),
    ("email opened", "open"),
    ("email clicked", "click"),
    ("email rendering failed", "rendering failure"),
    ("email delivery delayed", "deliverydelay"),
    ("email subscribed", "subscription"),
];

impl Wire<'_> {
    /// The event itself: `detail` of an EventBridge event, otherwise the whole.
    pub(super) fn unwrapped(mut self) -> Self {
        let is_event = self.event_type.get().is_some() || self.notification_type.get().is_some();
        if is_event || self.detail_type.get().is_none() {
            return self;
        }
        let Some(mut inner) = self.detail.0.take() else { return self };
        inner.detail_type = self.detail_type;
        *inner
    }

    /// Whether it names more recipients or topics than any genuine SES report.
    pub(super) fn names_too_many(&self) -> bool {
        let subscription = self.subscription.0.as_ref();
        let preferences = |of: fn(&'_ Subscription<'_>) -> usize| subscription.map_or(0, of);
        [
            self.mail.0.as_ref().map_or(0, |mail| mail.destination.0.len()),
            self.bounce.0.as_ref().map_or(0, |bounce| bounce.bounced_recipients.0.len()),
            self.complaint.0.as_ref().map_or(0, |complaint| complaint.complained_recipients.0.len()),
            self.delivery.0.as_ref().map_or(0, |delivery| delivery.recipients.0.len()),
            self.delivery_delay.0.as_ref().map_or(0, |delay| delay.delayed_recipients.0.len()),
            preferences(|it| it.new_preferences.0.as_ref().map_or(0, |new| new.topics.0.len())),
            preferences(|it| it.old_preferences.0.as_ref().map_or(0, |old| old.topics.0.len())),
        ]
        .into_iter()
        .any(|named| named > MAX_NAMED)
    }

    /// The name of the event in lower case, in one spelling; empty without a name.
    pub(super) fn event_name(&self) -> String {
        let mut names = [&self.event_type, &self.notification_type, &self.detail_type].into_iter().map(Text::key);
        let name = names.find(|name| !name.is_empty()).unwrap_or_default();
        match name.as_str() {
            "renderingfailure" | "rendering_failure" => "rendering failure".to_owned(),
            _ => DETAIL_TYPES
                .iter()
                .find(|(detail_type, _)| *detail_type == name)
                .map_or(name, |(_, event)| (*event).to_owned()),
        }
    }
}

impl ReportedRecipient<'_> {
    /// What the receiving server said, or else the status code.
    pub(super) fn detail(&self) -> Option<String> {
        self.diagnostic_code.owned().or_else(|| self.status.owned())
    }
}

impl Mail<'_> {
    /// The sender domain (general rule 6): the tag, else the header From, else the envelope sender.
    pub(super) fn sender_domain(&self) -> Option<String> {
        let tag = self.tag("ses:from-domain").and_then(normalize_domain);
        let from = || self.common_headers.0.as_ref()?.from.0.first()?.get().and_then(domain_of);
        tag.or_else(from).or_else(|| self.source.get().and_then(domain_of))
    }

    /// The first value of a tag.
    pub(super) fn tag(&self, name: &str) -> Option<&str> {
        self.tags.0.as_ref()?.get(name)?.0.first()?.get()
    }
}

/// A tag with one value; several values are joined by commas.
pub(super) fn flat_tag((name, values): (&Str<'_>, &List<Text<'_>>)) -> (String, String) {
    let values: Vec<_> = values.0.iter().filter_map(Text::get).collect();
    (name.to_string(), values.join(","))
}
