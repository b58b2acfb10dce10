//! One-click unsubscribe links (RFC 8058): `https://<host>/u/<token>`.
//!
//! The sender makes the token offline, with a key that it shares with the stack; whoever has the key verifies it without
//! looking anything up. `src/guide/unsubscribe.md` fixes the bytes, and `tests/vectors/unsubscribe.json` has examples for
//! other languages.
//!
//! What a recipient then does is an event of the provider `own` ([`unsubscribed`], [`subscribed_again`]), recorded like
//! the reports of others. Mail clients post a [`Form`]; people see a [`Page`].
//!
//! [`headers`] makes both header fields of a mail. [`UnverifiedToken::verify`] is the only way from a token to a [`Link`].
//!
//! ```
//! use mail_feedback::timestamp::Timestamp;
//! use mail_feedback::unsubscribe::{Key, KeyId, Link, LinkScope, headers};
//!
//! let id = KeyId::parse("k1").ok_or("an id")?;
//! let key = Key::new("a-key-of-this-vector-file-with-48-characters-abc").ok_or("a key")?;
//! let scope = LinkScope::parse("list:own:weekly").ok_or("a scope")?;
//! let link = Link::new("jane@example.com", scope, Timestamp::now())?;
//! let fields = headers("u.example.com", &link, &id, &key)?;
//! assert!(fields.list_unsubscribe.starts_with("<https://u.example.com/u/"));
//! assert_eq!(fields.list_unsubscribe_post, "List-Unsubscribe=One-Click");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod fact;
mod form;
mod headers;
mod key;
mod key_store;
mod link;
mod page;
mod scope;
mod token;
mod undo;

pub use fact::{subscribed_again, unsubscribed};
pub use form::{Form, UNDO_FIELD};
pub use headers::{HEADER_BYTES, Headers, ONE_CLICK, PATH, headers};
pub use key::{Key, KeyId, Keys};
pub use key_store::KeyStore;
pub use link::{Link, LinkError};
pub use page::{CONTENT_SECURITY_POLICY, Language, Page, Sender};
pub use scope::LinkScope;
pub use token::UnverifiedToken;
pub use undo::{OFFER_MS, UNDO_MS, undo_value, verified_undo};
