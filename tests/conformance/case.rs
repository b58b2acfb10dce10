//! The case files of a corpus: `<project>/<name>.json`, each a JSON object with the fields of [`Content`].
//!
//! `kind` says what a case has and expects:
//!
//! - `request`: one HTTP request of a provider, as the project's own test sends it, and its outcome;
//! - `policy`: the same, and whether the project suppresses the recipient;
//! - `sequence`: several requests in order, each a case of the same folder or a body, and the state after them;
//! - `policy-sequence`: abstract events at times such as `T+60s`, and whether the recipient is suppressed after each;
//! - `policy-check`: a suppression, a send, and whether it is blocked.
//!
//! Fields that begin with `_` here are read and not used. The corpus itself is not public: without it, the test says that
//! it is skipped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// One case and where it was read from.
#[derive(Debug)]
pub(crate) struct Case {
    /// `<folder>/<file>`.
    pub(crate) name: String,
    /// The folder of the file.
    pub(crate) folder: PathBuf,
    /// What the file says.
    pub(crate) content: Content,
}

/// The content of a case file.
#[derive(Debug, Deserialize)]
pub(crate) struct Content {
    /// `request`, `sequence`, `policy`, `policy-sequence` or `policy-check`.
    pub(crate) kind: String,
    /// `ses`, `mailjet`, `tencent-ses` or `none`.
    pub(crate) provider: String,
    /// `sns-http`, `sns-lambda`, `http-webhook`, `raw` or `check-api`.
    pub(crate) transport: String,
    /// Where the case comes from.
    pub(crate) source: Source,
    /// The request of a `request` or `policy`.
    pub(crate) request: Option<PeerRequest>,
    /// The steps of the other kinds.
    pub(crate) sequence: Option<Vec<Step>>,
    /// The expected result.
    pub(crate) expected: Expected,
}

/// The origin of a case; only its note is used.
#[derive(Debug, Deserialize)]
pub(crate) struct Source {
    /// A note for readers, which also names the threshold that a policy assumes.
    pub(crate) note: Option<String>,
}

/// One HTTP request as the peer's test sends it.
#[derive(Debug, Deserialize)]
pub(crate) struct PeerRequest {
    /// The peer's own path, with the peer's own credential.
    pub(crate) path: String,
    /// The headers.
    pub(crate) headers: BTreeMap<String, String>,
    /// The exact text of the body.
    pub(crate) body: String,
    /// The same as JSON, where it is JSON.
    pub(crate) body_json: Value,
}

/// One step of a sequence: another case, a body, an abstract event, or a check.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Step {
    /// The file of another case in the same folder.
    pub(crate) case: Option<String>,
    /// The body of a request.
    pub(crate) body_json: Option<Value>,
    /// The expected state afterwards.
    pub(crate) after: Option<After>,
    /// The name of an abstract event.
    pub(crate) event: Option<String>,
    /// How often it happens.
    pub(crate) times: Option<u32>,
    /// When it happens.
    pub(crate) occurred_at: When,
    /// The diagnostic text of a bounce.
    pub(crate) diagnostic: Option<String>,
    /// The feedback type of a complaint.
    pub(crate) feedback_type: Option<String>,
    /// The reason that a person gives.
    pub(crate) reason: Option<String>,
    /// The peer's flag for test sends. Reports have no such flag, so it cannot be used.
    #[serde(rename = "is_test")]
    pub(crate) _is_test: IgnoredAny,
    /// A suppression that exists.
    pub(crate) given_suppression: Option<GivenSuppression>,
    /// The send that is asked about.
    pub(crate) send_kind: Option<String>,
}

/// The time of an abstract event.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(from = "Option<String>")]
pub(crate) enum When {
    /// The step does not say.
    #[default]
    Unsaid,
    /// The event has no time: the step says null.
    Never,
    /// `T`, `T+60s`, `T-1h`.
    At(String),
}

/// The expected state after a step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    /// Whether the recipient is suppressed.
    pub(crate) suppressed: bool,
}

/// A suppression that exists before the check.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenSuppression {
    /// `BOUNCE`, `COMPLAINT` or `UNSUBSCRIBE`.
    pub(crate) reason: String,
    /// The topic that the recipient unsubscribed from.
    pub(crate) topic: Option<String>,
}

/// The expected results.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Expected {
    /// The peer's status.
    pub(crate) http_status: Option<u16>,
    /// How the peer fails.
    pub(crate) exception: Option<String>,
    /// The outcome in a common vocabulary; null if none is asserted.
    pub(crate) neutral: Option<Vec<Neutral>>,
    /// What is known about the signature.
    pub(crate) signature: Option<Signature>,
    /// Whether any network request is an error.
    pub(crate) must_not_fetch: bool,
    /// The state after a sequence.
    #[serde(rename = "final")]
    pub(crate) end: Option<End>,
    /// The answer to a `policy-check`.
    pub(crate) blocked: Option<bool>,
    /// The outcome in the peer's vocabulary; `neutral` says the same.
    #[serde(rename = "events")]
    pub(crate) _events: IgnoredAny,
    /// The number of the peer's own records; `neutral` says more.
    #[serde(rename = "event_count")]
    pub(crate) _event_count: IgnoredAny,
    /// The fields that the peer's test checks.
    #[serde(rename = "asserted_fields")]
    pub(crate) _asserted_fields: IgnoredAny,
}

/// What is known about a signature.
#[derive(Debug, Deserialize)]
pub(crate) struct Signature {
    /// Whether it is genuine; null if the certificate is lost.
    pub(crate) valid: Option<bool>,
}

/// One outcome.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Neutral {
    /// What happened.
    pub(crate) kind: String,
    /// Who it concerns; null if unknown or not asserted.
    pub(crate) recipient: Option<String>,
    /// The provider's id of the message; null if not asserted.
    pub(crate) message_id: Option<String>,
    /// Whether a bounce is permanent; null if not asserted.
    pub(crate) permanence: Option<String>,
    /// When it happened; null if not asserted.
    pub(crate) occurred_at: Option<String>,
    /// Whether the peer suppresses the address; only a `policy` asserts it.
    pub(crate) peer_suppresses: Option<bool>,
    /// Whether it counts as one soft bounce; only a `policy` asserts it.
    #[serde(default)]
    pub(crate) counts_toward_threshold: Option<bool>,
    /// What must or must not happen to a subscription.
    #[serde(default)]
    pub(crate) action: Option<String>,
    /// The candidates for the recipient.
    #[serde(default, rename = "ambiguous_recipients")]
    pub(crate) _ambiguous_recipients: IgnoredAny,
    /// Explanations for readers.
    #[serde(default, rename = "detail")]
    pub(crate) _detail: IgnoredAny,
    /// Explanations for readers.
    #[serde(default, rename = "reason")]
    pub(crate) _reason: IgnoredAny,
    /// Explanations for readers.
    #[serde(default, rename = "subtype")]
    pub(crate) _subtype: IgnoredAny,
}

/// The state after a sequence, in the peer's terms.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct End {
    /// Whether the recipient is suppressed, or a sentence about why.
    pub(crate) suppressed: Option<Value>,
    /// How many soft bounces count.
    pub(crate) count: Option<usize>,
    /// `BOUNCE`, `COMPLAINT` or `MANUAL`.
    pub(crate) source: Option<String>,
    /// The reason, as a label or in words.
    pub(crate) reason: Option<String>,
    /// `unchanged`: the first suppression is unchanged.
    pub(crate) suppressed_at: Option<String>,
    /// `permanent-failure`: the permanent bounce is still recorded.
    pub(crate) status: Option<String>,
    /// The number of event records.
    pub(crate) events: Option<usize>,
    /// The number of suppressed addresses.
    pub(crate) suppressions: Option<usize>,
    /// The peer's terms for the outcome of each request; this test compares the statuses.
    #[serde(rename = "outcomes")]
    pub(crate) _outcomes: IgnoredAny,
}

impl Case {
    /// Reads a case file.
    ///
    /// # Errors
    /// It cannot be read, or is not a case.
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let text = std::fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"))?;
        let content = serde_json::from_str(&text).map_err(|error| format!("is not understood: {error}"))?;
        Ok(Self { name: name(file), folder, content })
    }

    /// Reads another case in the same folder.
    ///
    /// # Errors
    /// It cannot be read, or is not a case.
    pub(crate) fn sibling(&self, file: &str) -> Result<Self, String> {
        Self::read(&self.folder.join(file))
    }
}

/// `<folder>/<file>`.
pub(crate) fn name(file: &Path) -> String {
    let last_two = [file.parent().and_then(Path::file_name), file.file_name()];
    let words: Vec<_> = last_two.into_iter().flatten().map(|word| word.to_string_lossy()).collect();
    words.join("/")
}

impl Expected {
    /// Whether the request, or a part of it, must be refused.
    pub(crate) fn refuses(&self) -> bool {
        let forged = self.signature.as_ref().is_some_and(|signature| signature.valid == Some(false));
        self.http_status.is_some_and(|status| status != 200)
            || self.exception.is_some()
            || forged
            || self.must_not_fetch
            || self.forbids_action()
    }

    /// Whether a subscription must not be confirmed.
    pub(crate) fn forbids_action(&self) -> bool {
        let actions = self.neutral.iter().flatten().filter_map(|outcome| outcome.action.as_deref());
        actions.into_iter().any(|action| action.to_lowercase().starts_with("must not"))
    }
}

impl From<Option<String>> for When {
    fn from(time: Option<String>) -> Self {
        time.map_or(Self::Never, Self::At)
    }
}
