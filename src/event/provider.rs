//! The providers.

use crate::label::labelled;

labelled! {
    /// Who reports events: the providers that send mail, and this stack itself.
    pub enum Provider {
        /// Amazon SES, through SNS or EventBridge.
        Ses = "ses",
        /// Tencent Cloud SES, through its event callback.
        Tencent = "tencent",
        /// Mailjet, through its event API.
        Mailjet = "mailjet",
        /// This stack: recipients tell it through one-click unsubscribe links, whoever sent the mail.
        Own = "own",
    }
}

impl Provider {
    /// Whether mail is sent through it.
    #[must_use]
    pub const fn sends_mail(self) -> bool {
        match self {
            Self::Ses | Self::Tencent | Self::Mailjet => true,
            Self::Own => false,
        }
    }

    /// Whether the provider posts to `/webhooks/<provider>`.
    #[must_use]
    pub const fn has_webhook(self) -> bool {
        match self {
            Self::Ses | Self::Own => false,
            Self::Tencent | Self::Mailjet => true,
        }
    }

    /// Whether mail through it is sent for tenants, each with a suppression list of its own.
    #[must_use]
    pub const fn has_tenants(self) -> bool {
        match self {
            Self::Ses => true,
            Self::Tencent | Self::Mailjet | Self::Own => false,
        }
    }

    /// Whether the path of its webhook may name a sender domain, and a stream after it, since its reports do not name any.
    #[must_use]
    pub const fn takes_sender_domain(self) -> bool {
        match self {
            Self::Mailjet => true,
            Self::Ses | Self::Tencent | Self::Own => false,
        }
    }
}
