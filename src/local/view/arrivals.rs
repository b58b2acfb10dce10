//! What arrived during this run, and when.
//!
//! Like the function's metrics in AWS, it counts an event when it arrives: most samples are years old.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use tokio::sync::{RwLock, broadcast};

use super::overview::Counts;
use crate::lookup::item::{Item, text};
use crate::store::classified;
use crate::timestamp::Timestamp;
use crate::view::{Overview, Period, ViewError};

/// How often the tables are read.
const LOOK: Duration = Duration::from_secs(1);
/// A look reads a whole table: of a large one, it must leave the time to whoever imports into it.
const PAUSE_PER_LOOK: u32 = 9;
/// How many events a reader of a page may be behind.
const BEHIND: usize = 1_000;

/// What arrived.
#[derive(Clone)]
pub(super) struct Arrivals {
    counts: Arc<RwLock<Counts>>,
    news: broadcast::Sender<Arc<Item>>,
    client: Client,
    suppressions: String,
}

impl Arrivals {
    /// Begins to look, in the background. What the table has at first counts as arrived then, and is no news.
    pub(super) fn start(client: Client, events: String, suppressions: String) -> Self {
        let arrivals = Self { counts: Arc::default(), news: broadcast::Sender::new(BEHIND), client, suppressions };
        let watcher = arrivals.clone();
        tokio::spawn(async move { watcher.watch(&events).await });
        arrivals
    }

    async fn watch(&self, events: &str) {
        let mut seen = None;
        loop {
            let start = Instant::now();
            // If the table does not answer, the next look may succeed; the pages say what is wrong.
            if let Ok(items) = scan(&self.client, events).await {
                self.take(items, &mut seen).await;
            }
            tokio::time::sleep(LOOK.max(start.elapsed().saturating_mul(PAUSE_PER_LOOK))).await;
        }
    }

    async fn take(&self, items: Vec<Item>, seen: &mut Option<BTreeSet<(String, String)>>) {
        let now = Timestamp::now();
        let is_first = seen.is_none();
        let seen = seen.get_or_insert_default();
        let mut counts = self.counts.write().await;
        for item in items {
            let key = ["address", "event"].map(|name| text(&item, name).unwrap_or_default().to_owned());
            let [address, event] = key;
            if seen.insert((address, event)) {
                counts.add(&item, now);
                if !is_first {
                    // Fails only if nobody listens.
                    drop(self.news.send(Arc::new(item)));
                }
            }
        }
    }

    /// New events from now on.
    pub(super) fn news(&self) -> broadcast::Receiver<Arc<Item>> {
        self.news.subscribe()
    }

    /// The overview of a time.
    pub(super) async fn overview(&self, period: Period, now: Timestamp) -> Result<Overview, ViewError> {
        let records = scan(&self.client, &self.suppressions).await?;
        Ok(self.counts.read().await.overview(&records, period, now))
    }
}

/// Every item of a table of this machine.
async fn scan(client: &Client, table: &str) -> Result<Vec<Item>, ViewError> {
    let (mut items, mut start): (Vec<Item>, Option<BTreeMap<String, AttributeValue>>) = (Vec::new(), None);
    loop {
        let call = client.scan().table_name(table).consistent_read(true);
        let call = call.set_exclusive_start_key(start.map(|key| key.into_iter().collect()));
        let page = call.send().await.map_err(|error| ViewError::Store(classified(&error)))?;
        items.extend(page.items.unwrap_or_default());
        start = page.last_evaluated_key.map(|key| key.into_iter().collect());
        if start.is_none() {
            return Ok(items);
        }
    }
}
