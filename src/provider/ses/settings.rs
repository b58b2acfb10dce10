//! What a deployment sets about reports of SES.

/// Tags that SES sets itself begin with this.
pub(super) const AUTOMATIC_TAGS: &str = "ses:";
/// The tag of the configuration set that a mail was sent with.
pub(super) const CONFIGURATION_SET: &str = "ses:configuration-set";
/// The longest name of a message tag, in bytes:
/// <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html>.
const TAG_BYTES: usize = 256;

/// What a deployment sets about reports of SES.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SesSettings {
    /// The accepted sending accounts; empty: any.
    pub accounts: Vec<String>,
    /// The tag whose value is the stream of a mail; `None`: no mail has one.
    pub stream_tag: Option<StreamTag>,
}

/// The tag whose value is the stream of a mail: a message tag of the sender, or `configuration-set`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamTag {
    /// The name among the tags of a mail.
    name: String,
}

impl StreamTag {
    /// Reads the setting; `None` where no message can have such a tag.
    #[must_use]
    pub fn parse(setting: &str) -> Option<Self> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let is_name = (1..=TAG_BYTES).contains(&setting.len()) && setting.bytes().all(is_part);
        let automatic = CONFIGURATION_SET.strip_prefix(AUTOMATIC_TAGS) == Some(setting);
        is_name.then(|| Self { name: if automatic { CONFIGURATION_SET } else { setting }.to_owned() })
    }

    /// The setting.
    #[must_use]
    pub fn as_setting(&self) -> &str {
        self.name.strip_prefix(AUTOMATIC_TAGS).unwrap_or(&self.name)
    }

    /// The name among the tags of a mail.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::StreamTag;

    #[test]
    fn a_setting_names_a_message_tag_or_the_configuration_set() {
        for (setting, name) in
            [("stream", "stream"), ("Kind_1", "Kind_1"), ("configuration-set", "ses:configuration-set")]
        {
            let tag = StreamTag::parse(setting);
            assert_eq!(tag.as_ref().map(|tag| (tag.name(), tag.as_setting())), Some((name, setting)));
        }
        for setting in ["", "a b", "ses:from-domain", "ses:configuration-set", &"x".repeat(257)] {
            assert_eq!(StreamTag::parse(setting), None, "{setting}");
        }
    }
}
