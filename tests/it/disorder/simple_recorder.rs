//! A simple recorder that makes a chosen mistake, to show that the test would find it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use mail_feedback::address::Address;
use mail_feedback::event::{EmailEvent, Kind};
use mail_feedback::policy::{Policy, decide};
use mail_feedback::store::Suppressions;
use mail_feedback::suppression::{Change, State};
use mail_feedback::timestamp::Timestamp;
use support::database::{EVENTS, Item, SUPPRESSIONS, text};

/// A way to write in the wrong order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// The event is written before its evidence, which is skipped if the event is known.
    EventFirst,
    /// The order is right, but everything is skipped if the event is known.
    SkipKnown,
    /// The log is searched for a delivery before the soft bounce is written.
    AskFirst,
    /// The record is read before the delivery is written.
    LookFirst,
    /// A lift deletes the entry.
    DeleteOnLift,
}

/// Any failure of a request: the sender will retry.
pub struct Failed;

impl<E: std::error::Error> From<E> for Failed {
    fn from(_: E) -> Self {
        Self
    }
}

/// Records events one by one.
#[derive(Clone)]
pub struct SimpleRecorder {
    /// The database.
    pub client: Client,
    /// The suppression table.
    pub suppressions: Suppressions,
    /// What is set about decisions.
    pub policy: Policy,
    /// What is done wrong; `None`: nothing.
    pub mistake: Option<Mistake>,
}

impl SimpleRecorder {
    /// Writes events and their consequences.
    pub async fn record(&self, events: Vec<EmailEvent>, now: Timestamp) -> Result<(), Failed> {
        for event in events {
            self.record_one(&event, now).await?;
        }
        Ok(())
    }

    async fn record_one(&self, event: &EmailEvent, now: Timestamp) -> Result<(), Failed> {
        let address = event.address().ok_or(Failed)?;
        let skips = matches!(self.mistake, Some(Mistake::EventFirst | Mistake::SkipKnown));
        if skips && self.is_known(address, event).await? {
            return Ok(());
        }
        let changes = decide(event, self.policy, now);
        let delivered = changes.iter().find_map(|change| match change {
            Change::Delivered { at } => Some(*at),
            _ => None,
        });
        match (delivered, self.mistake) {
            (Some(at), Some(Mistake::LookFirst)) => {
                let counts = self.suppressions.get(address).await?.soft_bounces.any_at_or_before(at);
                self.put(address, event).await?;
                self.void(address, at, counts, now).await
            }
            (Some(at), _) => {
                self.put(address, event).await?;
                let counts = self.suppressions.get(address).await?.soft_bounces.any_at_or_before(at);
                self.void(address, at, counts, now).await
            }
            (None, Some(Mistake::EventFirst)) => {
                self.put(address, event).await?;
                self.merge_evidence(address, &changes, now).await
            }
            (None, _) => {
                self.merge_evidence(address, &changes, now).await?;
                self.put(address, event).await
            }
        }
    }

    async fn void(&self, address: &Address, at: Timestamp, counts: bool, now: Timestamp) -> Result<(), Failed> {
        if counts {
            self.suppressions.apply(address, &[Change::Delivered { at }], now).await?;
        }
        Ok(())
    }

    async fn merge_evidence(&self, address: &Address, changes: &[Change], now: Timestamp) -> Result<(), Failed> {
        for change in changes {
            match change {
                Change::SoftBounce(bounce) if self.mistake == Some(Mistake::AskFirst) => {
                    let delivered = self.latest_delivery(address, bounce.at).await?;
                    if delivered.is_none() {
                        self.suppressions.apply(address, std::slice::from_ref(change), now).await?;
                    }
                }
                Change::SoftBounce(bounce) => {
                    self.suppressions.apply(address, std::slice::from_ref(change), now).await?;
                    if let Some(at) = self.latest_delivery(address, bounce.at).await? {
                        self.void(address, at, true, now).await?;
                    }
                }
                Change::Entry { entry, .. }
                    if entry.state == State::Lifted && self.mistake == Some(Mistake::DeleteOnLift) =>
                {
                    self.delete(address, change).await?;
                }
                _ => drop(self.suppressions.apply(address, std::slice::from_ref(change), now).await?),
            }
        }
        Ok(())
    }

    /// Removes the entry of a lift unless it is newer, with compare-and-swap like everything else.
    async fn delete(&self, address: &Address, lift: &Change) -> Result<(), Failed> {
        let Change::Entry { scope, reason, entry: lifted, .. } = lift else { return Ok(()) };
        let key = AttributeValue::S(address.as_str().to_owned());
        let read = self.client.get_item().table_name(SUPPRESSIONS).key("address", key).consistent_read(true);
        let Some(mut item) = read.send().await?.item else { return Ok(()) };
        let stands = self.suppressions.get(address).await?.entry(scope, *reason).is_some_and(|it| it.at < lifted.at);
        if !stands {
            return Ok(());
        }
        if let Some(AttributeValue::M(scopes)) = item.get_mut("suppressions")
            && let Some(AttributeValue::M(reasons)) = scopes.get_mut(scope.as_str())
        {
            reasons.remove(reason.as_str());
        }
        let version: u64 = item["version"].as_n().map_err(|_| Failed)?.parse()?;
        item.insert("version".to_owned(), AttributeValue::N((version + 1).to_string()));
        let write = self.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item));
        let write = write.condition_expression("version = :version");
        write.expression_attribute_values(":version", AttributeValue::N(version.to_string())).send().await?;
        Ok(())
    }

    async fn put(&self, address: &Address, event: &EmailEvent) -> Result<(), Failed> {
        let mut item = key(address, event);
        item.insert("kind".to_owned(), AttributeValue::S(event.kind.to_string()));
        self.client.put_item().table_name(EVENTS).set_item(Some(item)).send().await?;
        Ok(())
    }

    async fn is_known(&self, address: &Address, event: &EmailEvent) -> Result<bool, Failed> {
        let read = self.client.get_item().table_name(EVENTS).set_key(Some(key(address, event)));
        Ok(read.consistent_read(true).send().await?.item.is_some())
    }

    async fn latest_delivery(&self, address: &Address, since: Timestamp) -> Result<Option<Timestamp>, Failed> {
        let query = self.client.query().table_name(EVENTS).consistent_read(true);
        let query = query
            .key_condition_expression("address = :address AND event >= :since")
            .expression_attribute_values(":address", AttributeValue::S(address.as_str().to_owned()))
            .expression_attribute_values(":since", AttributeValue::S(since.to_string()));
        let items = query.send().await?.items.unwrap_or_default();
        let delivered = items.iter().filter(|item| text(item, "kind") == Kind::Delivered.as_str());
        Ok(delivered.filter_map(|item| Timestamp::parse(text(item, "event").split('#').next()?)).max())
    }
}

fn key(address: &Address, event: &EmailEvent) -> Item {
    let at = event.occurred_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    Item::from([
        ("address".to_owned(), AttributeValue::S(address.as_str().to_owned())),
        ("event".to_owned(), AttributeValue::S(format!("{at}#{}", event.id))),
    ])
}
