//! SES's own suppression lists: changed along with a decision, and compared with the table.

mod binary;
mod decisions;
mod lift_check;
mod marks;
mod refusals;
mod resuming;
mod state_files;
mod sync;
mod sync_failures;

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::{BehaviorVersion, Credentials, Region};
use support::http_message::Message;
use support::proxy::Reply;
use support::ses_api::SesApi;

use super::*;

const JANE: &str = "jane@example.com";
/// The day of most entries, in milliseconds.
const NOVEMBER: i64 = 1_793_491_200_000;

/// What SES's lists refuse: the account's, a tenant's, and the global one.
const ACCOUNT_BLOCK: Ruling = Ruling::rejected(Cause::ProviderList, const { &[Effect::provider_block(None)] });
const TENANT_BLOCK: Ruling = Ruling::rejected(Cause::ProviderList, const { &[Effect::tenant_block()] });
const GLOBAL_BLOCK: Ruling = Ruling::rejected(Cause::ProviderList, const { &[Effect::provider_block(Some(14))] });

/// A client that repeats nothing itself, as the program's.
fn client(api: &SesApi) -> aws_sdk_sesv2::Client {
    let config = aws_sdk_sesv2::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(api.endpoint());
    aws_sdk_sesv2::Client::from_conf(config.build())
}

/// A deployment with SES.
async fn world() -> (World, SesApi) {
    let api = SesApi::start().await;
    let mut world = World::new().await;
    world.tables = tables(world.database.client.clone()).with_ses(client(&api));
    api.state().now = millis("2026-11-20T12:00:00Z");
    (world, api)
}

fn millis(at: &str) -> i64 {
    time(at).millis()
}

/// A file for the state of a run; whoever asks removes it.
struct StatePath(String);

impl StatePath {
    fn new() -> Self {
        static FILES: AtomicUsize = AtomicUsize::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let name = format!("mail-feedback-sync-{}-{number}.jsonl", std::process::id());
        Self(std::env::temp_dir().join(name).to_string_lossy().into_owned())
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap_or_default()
    }
}

impl Drop for StatePath {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

/// The command line of a sync that need not wait for its turns.
fn sync_args<'a>(state: &'a StatePath, more: &[&'a str]) -> Vec<&'a str> {
    [&["sync", "ses", "--rate", "1000", "--state", &state.0][..], more].concat()
}

/// An event that SES's list refused a mail.
fn refused(code: &str, ruling: Ruling, tenant: Option<&str>) -> EmailEvent {
    let mut event = event(ruling, "2026-11-10T09:00:00Z");
    event.code = Some(code.to_owned());
    event.tenant = tenant.and_then(mail_feedback::event::Tenant::parse);
    event
}
