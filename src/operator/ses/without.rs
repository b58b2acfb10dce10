//! SES's lists in a build without SES's client, such as that of `make run`: no client exists, so no list can be called.

use std::convert::Infallible;
use std::time::Duration;

use aws_config::SdkConfig;

use super::call::SesError;
use super::entry::{ListedPage, Removal, SesEntry};
use super::{ListName, SesReason};
use crate::timestamp::Timestamp;

/// Why there is no client.
pub(in crate::operator) const NO_CLIENT: &str = super::super::WITHOUT_AWS;

/// The client, of which there is none.
pub(in crate::operator) type Client = Infallible;

/// No client.
pub(in crate::operator) const fn client(_: &SdkConfig) -> Option<Client> {
    None
}

/// The region of its lists.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as that of SES")]
pub(in crate::operator) fn region(client: &Client) -> String {
    match *client {}
}

/// A list, which only a client could have.
#[derive(Debug)]
pub(in crate::operator) struct SesList<'c>(&'c Client);

#[expect(clippy::unused_async, reason = "as those of SES")]
impl<'c> SesList<'c> {
    pub(in crate::operator) fn new(client: &'c Client, _: ListName, _: Duration) -> Self {
        Self(client)
    }

    pub(in crate::operator) const fn name(&self) -> &ListName {
        match *self.0 {}
    }

    pub(in crate::operator) const fn requests(&self) -> u64 {
        match *self.0 {}
    }

    pub(in crate::operator) async fn page(
        &mut self,
        _: Option<Timestamp>,
        _: Option<&str>,
    ) -> Result<ListedPage, SesError> {
        match *self.0 {}
    }

    pub(in crate::operator) async fn confirm(&mut self) -> Result<(), SesError> {
        match *self.0 {}
    }

    pub(in crate::operator) async fn get(&mut self, _: &str) -> Result<Option<SesEntry>, SesError> {
        match *self.0 {}
    }

    pub(in crate::operator) async fn put(&mut self, _: &str, _: SesReason) -> Result<(), SesError> {
        match *self.0 {}
    }

    pub(in crate::operator) async fn delete(&mut self, _: &str) -> Result<Removal, SesError> {
        match *self.0 {}
    }
}
