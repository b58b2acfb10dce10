//! The closed sets that every provider's values are mapped to.

use crate::label::labelled;

labelled! {
    /// What happened to a message.
    ///
    /// The names follow django-anymail, the field's common vocabulary.
    pub enum Kind {
        /// The provider has the message and has not tried yet.
        Queued = "queued",
        /// The provider accepted the message for sending.
        Sent = "sent",
        /// The recipient's server accepted the message.
        Delivered = "delivered",
        /// A temporary refusal; the provider keeps trying.
        Deferred = "deferred",
        /// The recipient's server permanently refused the message, or the provider gave up.
        Bounced = "bounced",
        /// The provider did not attempt delivery.
        Rejected = "rejected",
        /// The message could not be generated, for example because of a faulty template.
        Failed = "failed",
        /// The recipient reported the message as spam.
        Complained = "complained",
        /// A mailbox provider's report other than a complaint: not-spam, auth-failure, virus.
        Feedback = "feedback",
        /// An automatic reply, such as an out-of-office note.
        Autoresponded = "autoresponded",
        /// The message was opened.
        Opened = "opened",
        /// A link in the message was clicked.
        Clicked = "clicked",
        /// The recipient left a list, a topic or the sender.
        Unsubscribed = "unsubscribed",
        /// The recipient rejoined a list or topic.
        Subscribed = "subscribed",
        /// The provider corrected a mistyped address.
        Corrected = "corrected",
        /// None of the above: kept for people to inspect.
        Unknown = "unknown",
    }
}

labelled! {
    /// Whether a bounce is permanent.
    pub enum Permanence {
        /// The address does not work and never will.
        Permanent = "permanent",
        /// Another attempt may succeed.
        Transient = "transient",
        /// The provider does not know.
        Undetermined = "undetermined",
    }
}

labelled! {
    /// Why a message did not arrive, in one vocabulary for all providers.
    pub enum Cause {
        /// No such mailbox.
        UnknownMailbox = "unknown_mailbox",
        /// The mailbox exists but is disabled.
        MailboxInactive = "mailbox_inactive",
        /// The mailbox is over its quota.
        MailboxFull = "mailbox_full",
        /// The domain does not exist.
        InvalidDomain = "invalid_domain",
        /// The domain exists but accepts no mail.
        NoMailHost = "no_mail_host",
        /// The message is too large.
        MessageTooLarge = "message_too_large",
        /// The content was refused.
        Content = "content",
        /// The sender, its address or its reputation was refused.
        SenderBlocked = "sender_blocked",
        /// The server does not relay for this domain or sender.
        RelayDenied = "relay_denied",
        /// The server asks the sender to try again later.
        Greylisted = "greylisted",
        /// Delivery took too long.
        Timeout = "timeout",
        /// No connection to the server.
        Connection = "connection",
        /// The address is on the provider's own suppression list.
        ProviderList = "provider_list",
        /// The recipient had unsubscribed.
        Unsubscribed = "unsubscribed",
        /// The address is malformed or mistyped.
        InvalidAddress = "invalid_address",
        /// An automatic reply was reported as a bounce.
        AutoReply = "auto_reply",
        /// The recipient appears twice in one campaign.
        Duplicate = "duplicate",
        /// The template could not be rendered.
        Template = "template",
        /// A failure of the provider's or the server's system.
        System = "system",
        /// The report names an address that the message was not sent to.
        RecipientMismatch = "recipient_mismatch",
        /// The message is not a report about sent mail.
        Misrouted = "misrouted",
        /// The provider does not say.
        Undetermined = "undetermined",
    }
}

labelled! {
    /// Why an address is suppressed.
    pub enum Reason {
        /// A permanent bounce.
        HardBounce = "hard_bounce",
        /// Too many temporary bounces in a row.
        SoftBounce = "soft_bounce",
        /// A spam report.
        Complaint = "complaint",
        /// The recipient unsubscribed.
        Unsubscribe = "unsubscribe",
        /// The address is malformed or mistyped.
        InvalidAddress = "invalid_address",
        /// A provider refuses to send to the address.
        ProviderBlock = "provider_block",
        /// A person decided.
        Manual = "manual",
    }
}
