//! One suppression list of SES, called at SES's rate.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::primitives::DateTime;
use aws_sdk_sesv2::types::SuppressionListReason;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::call::{PUT, SesError, is_passing};
use super::entry::{ListedPage, Removal, SesEntry};
use super::{ListName, Pace, SesReason};
use crate::timestamp::Timestamp;

const LIST: &str = "ses:ListSuppressedDestinations";
const GET: &str = "ses:GetSuppressedDestination";
const DELETE: &str = "ses:DeleteSuppressedDestination";

/// The entries of a page; no limit is documented, and public code asks for as many.
const PAGE: i32 = 1_000;
/// How often a request is sent that SES throttles, or that gets no answer.
const ATTEMPTS: u32 = 8;

/// The client.
pub(in crate::operator) type Client = aws_sdk_sesv2::Client;

/// Why there is no client.
pub(in crate::operator) const NO_CLIENT: &str = "`make run` has no SES; leave out --local, or what concerns SES's list";

/// The client of SES's lists, whose requests keep SES's rate, also when they are repeated.
#[expect(clippy::unnecessary_wraps, reason = "a build without SES has none")]
pub(in crate::operator) fn client(sdk: &SdkConfig) -> Option<Client> {
    let config = aws_sdk_sesv2::config::Builder::from(sdk).retry_config(RetryConfig::disabled());
    Some(Client::from_conf(config.build()))
}

/// The region of its lists.
pub(in crate::operator) fn region(client: &Client) -> String {
    client.config().region().map(ToString::to_string).unwrap_or_default()
}

/// A list.
#[derive(Debug)]
pub(in crate::operator) struct SesList<'c> {
    client: &'c Client,
    name: ListName,
    pace: Pace,
    requests: u64,
}

impl<'c> SesList<'c> {
    /// A list, with at least this time from one request to the next. The client must not repeat requests itself.
    pub(in crate::operator) fn new(client: &'c Client, name: ListName, interval: Duration) -> Self {
        Self { client, name, pace: Pace::new(interval), requests: 0 }
    }

    /// Which list it is.
    pub(in crate::operator) const fn name(&self) -> &ListName {
        &self.name
    }

    /// How many requests were sent.
    pub(in crate::operator) const fn requests(&self) -> u64 {
        self.requests
    }

    /// A page of the entries that SES changed after a time, or of all.
    pub(in crate::operator) async fn page(
        &mut self,
        since: Option<Timestamp>,
        token: Option<&str>,
    ) -> Result<ListedPage, SesError> {
        let since = since.map(|since| DateTime::from_millis(since.millis()));
        let call = self.client.list_suppressed_destinations().page_size(PAGE).set_start_date(since);
        let call = call.set_tenant_name(self.tenant()).set_next_token(token.map(str::to_owned));
        let page = self.answer(|| call.clone().send()).await.map_err(|error| self.error(LIST, &error))?;
        let entry = |entry: aws_sdk_sesv2::types::SuppressedDestinationSummary| SesEntry {
            reason: reason(&entry.reason),
            at: time(&entry.last_update_time),
            spelling: entry.email_address,
        };
        let entries = page.suppressed_destination_summaries.unwrap_or_default().into_iter().map(entry).collect();
        Ok(ListedPage { entries, next: page.next_token.filter(|token| !token.is_empty()) })
    }

    /// Fails if SES does not know the list. To a call about a spelling, it answers the same if there is no such entry.
    pub(in crate::operator) async fn confirm(&mut self) -> Result<(), SesError> {
        let call = self.client.list_suppressed_destinations().page_size(1).set_tenant_name(self.tenant());
        self.answer(|| call.clone().send()).await.map(drop).map_err(|error| self.error(LIST, &error))
    }

    /// The entry of a spelling; `None` if SES has none.
    pub(in crate::operator) async fn get(&mut self, spelling: &str) -> Result<Option<SesEntry>, SesError> {
        let call = self.client.get_suppressed_destination().email_address(spelling).set_tenant_name(self.tenant());
        match self.answer(|| call.clone().send()).await {
            Ok(found) => Ok(found.suppressed_destination.map(|found| SesEntry {
                reason: reason(&found.reason),
                at: time(&found.last_update_time),
                spelling: found.email_address,
            })),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.error(GET, &error)),
        }
    }

    /// Adds a spelling.
    pub(in crate::operator) async fn put(&mut self, spelling: &str, reason: SesReason) -> Result<(), SesError> {
        let reason = match reason {
            SesReason::Bounce => SuppressionListReason::Bounce,
            SesReason::Complaint => SuppressionListReason::Complaint,
        };
        let call = self.client.put_suppressed_destination().email_address(spelling).reason(reason);
        let call = call.set_tenant_name(self.tenant());
        self.answer(|| call.clone().send()).await.map(drop).map_err(|error| self.error(PUT, &error))
    }

    /// Removes a spelling.
    pub(in crate::operator) async fn delete(&mut self, spelling: &str) -> Result<Removal, SesError> {
        let call = self.client.delete_suppressed_destination().email_address(spelling).set_tenant_name(self.tenant());
        match self.answer(|| call.clone().send()).await {
            Ok(_) => Ok(Removal::Removed),
            Err(error) if is_absent(&error) => {
                let message = error.as_service_error().and_then(ProvideErrorMetadata::message);
                Ok(Removal::Absent(message.unwrap_or_default().to_owned()))
            }
            Err(error) => Err(self.error(DELETE, &error)),
        }
    }

    fn tenant(&self) -> Option<String> {
        self.name.tenant().map(str::to_owned)
    }

    fn error<E: ProvideErrorMetadata>(&self, right: &'static str, error: &SdkError<E, HttpResponse>) -> SesError {
        SesError::new(right, self.name.to_string(), error)
    }

    /// Sends a request in its turn, and again after growing pauses while it may succeed.
    async fn answer<T, E, F>(&mut self, send: impl Fn() -> F) -> Result<T, SdkError<E, HttpResponse>>
    where
        E: ProvideErrorMetadata,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut failed = 0_u32;
        loop {
            self.pace.turn().await;
            self.requests = self.requests.saturating_add(1);
            let error = match send().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            failed = failed.saturating_add(1);
            if failed >= ATTEMPTS || !is_passing(&error) {
                return Err(error);
            }
            self.pace.back_off(failed);
        }
    }
}

fn is_absent<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("NotFoundException")
}

fn reason(reason: &SuppressionListReason) -> Result<SesReason, String> {
    SesReason::from_label(reason.as_str()).ok_or_else(|| reason.as_str().to_owned())
}

fn time(at: &DateTime) -> Option<Timestamp> {
    at.to_millis().ok().and_then(Timestamp::from_millis)
}
