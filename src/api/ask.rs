//! Answers questions from the suppression table.

use serde::Serialize;

use super::{Answer, ApiError, Flaw, Question};
use crate::address::Address;
use crate::event::Provider;
use crate::store::Suppressions;
use crate::suppression::{AskedScopes, Elsewhere, Scope};
use crate::timestamp::Timestamp;

/// The answers to a question.
#[derive(Debug, Serialize)]
pub struct Answers {
    /// One answer per address, in the order of the question.
    pub results: Vec<Answer>,
    /// The scopes that the answers cover.
    pub asked: Vec<String>,
    /// A likely mistake in the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// Answers a question: one address costs one `GetItem`; several cost one `BatchGetItem` per 100.
///
/// # Errors
/// The question names a scope that cannot exist, or the table does not answer.
pub async fn ask(question: Question, suppressions: &Suppressions, now: Timestamp) -> Result<Answers, ApiError> {
    let Question { addresses, context, elsewhere } = question;
    let asked = context.scopes().map_err(Flaw::Scope)?;
    let keys: Vec<Option<Address>> = addresses.iter().map(|text| Address::parse(text)).collect();
    let known: Vec<Address> = keys.iter().flatten().cloned().collect();
    let rest = if elsewhere { Elsewhere::WithoutTenants } else { Elsewhere::Nothing };
    let mut verdicts = suppressions.check_all(&known, &asked, rest, now).await?.into_iter();
    let results = addresses.into_iter().zip(&keys).map(|(address, key)| match key {
        None => Answer::without_key(address, elsewhere),
        Some(key) => match verdicts.next() {
            Some(Ok(verdict)) => Answer::known(address, key, &verdict, elsewhere),
            Some(Err(_)) | None => Answer::unreadable(address, key),
        },
    });
    let warning = unknown_providers_warning(asked.unknown_providers());
    Ok(Answers { results: results.collect(), warning, asked: names(&asked) })
}

/// The scopes as text.
fn names(asked: &AskedScopes) -> Vec<String> {
    asked.as_slice().iter().map(Scope::to_string).collect()
}

/// A warning about providers that send no reports, if there are any.
#[must_use]
pub fn unknown_providers_warning<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let names: Vec<&str> = names.into_iter().collect();
    let known: Vec<&str> =
        Provider::ALL.iter().filter(|provider| provider.sends_mail()).map(|provider| provider.as_str()).collect();
    let text =
        || format!("no report comes from {}, only from {}; check the spelling", names.join(", "), known.join(", "));
    (!names.is_empty()).then(text)
}
