//! The comparison finds what it is for: events that are lost, duplicated or changed by any mistake.

use support::fault_mistake::Mistake;
use support::fault_schedule::{Fault, Schedule};

use super::feed::Feed;
use super::instance::InstanceFaults;
use super::run::{Conditions, run, without_faults};
use super::sender::RetryPolicy;
use super::tables::{Difference, difference};
use crate::disorder::{facts, print_uncaptured};

/// Many faults of one class.
fn with(only: Fault, percent: usize) -> Conditions {
    Conditions {
        schedule: Schedule { seed: 3, calm: percent, only: Some(only), ..Schedule::CALM },
        instance_faults: InstanceFaults { kill: 0, short_limit: 0 },
        instances: 6,
        retry_policy: RetryPolicy::UntilAccepted,
        mistake: None,
    }
}

/// A feed, and the faults that make a mistake show.
fn scenario(mistake: Mistake) -> (Feed, Conditions) {
    let (feed, conditions) = match mistake {
        Mistake::IgnoresUnprocessedItems => (Feed::new(2, 60), with(Fault::Unprocessed, 60)),
        Mistake::IgnoresUnprocessedKeys => (Feed::of(&facts::voided(40)), with(Fault::Unprocessed, 60)),
        Mistake::OverwritesOthers => (Feed::of(&facts::hot(40)), with(Fault::Delay, 60)),
        Mistake::SkipsDeliveryQuery => (Feed::of(&facts::voided(40)), with(Fault::Delay, 10)),
        Mistake::TreatsErrorAsSuccess => (Feed::new(2, 60), with(Fault::Throttle, 10)),
    };
    (feed, Conditions { mistake: Some(mistake), ..conditions })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_without_one_of_its_precautions_is_noticed() {
    for mistake in Mistake::ALL {
        let (feed, conditions) = scenario(mistake);
        let calm = without_faults(&feed).await;
        let careful = run(&feed, Conditions { mistake: None, ..conditions }).await;
        assert_eq!(difference(&calm, &careful.tables), Difference::default(), "without {mistake:?}");
        let found = difference(&calm, &run(&feed, conditions).await.tables);
        let Difference { lost, doubled, changed } = &found;
        let (lost, doubled, changed) = (lost.len(), doubled.len(), changed.len());
        print_uncaptured(&format!("survival: {mistake:?}: lost {lost}, doubled {doubled}, changed {changed}"));
        assert_ne!(found, Difference::default(), "{mistake:?} goes unnoticed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn senders_that_do_not_retry_are_noticed() {
    let feed = Feed::new(2, 60);
    let calm = without_faults(&feed).await;
    let instance_faults = InstanceFaults { kill: 40, short_limit: 0 };
    let conditions = Conditions {
        schedule: Schedule::CALM,
        instance_faults,
        instances: 2,
        retry_policy: RetryPolicy::Never,
        mistake: None,
    };
    let without_retries = run(&feed, conditions).await;
    let difference = difference(&calm, &without_retries.tables);
    print_uncaptured(&format!(
        "survival: senders without retries: {} killed, {} lost",
        without_retries.kills,
        difference.lost.len()
    ));
    assert!(!difference.lost.is_empty(), "what is not sent again is lost");
}

#[tokio::test]
async fn a_missing_extra_or_changed_item_is_reported() {
    let calm = without_faults(&Feed::new(5, 10)).await;
    let (event, record) = (calm.events.keys().next().unwrap(), calm.suppressions.keys().next().unwrap());
    assert_eq!(difference(&calm, &calm), Difference::default());

    let mut less = calm.clone();
    less.events.remove(event);
    less.suppressions.remove(record);
    let both = vec![event.clone(), record.clone()];
    assert_eq!(difference(&calm, &less), Difference { lost: both.clone(), ..Difference::default() });
    assert_eq!(difference(&less, &calm), Difference { doubled: both.clone(), ..Difference::default() });

    let mut other = calm.clone();
    other.events.get_mut(event).unwrap().remove("expires_at");
    other.suppressions.get_mut(record).unwrap().remove("soft_bounces");
    let changed = difference(&calm, &other).changed;
    assert!(changed.iter().zip(&both).all(|(text, key)| text.starts_with(key.as_str())), "{changed:?}");
    assert_eq!(changed.len(), 2);

    let mut later = calm.clone();
    later.suppressions.get_mut(record).unwrap().insert("version".to_owned(), calm.events[event]["kind"].clone());
    assert_eq!(difference(&calm, &later), Difference::default(), "how often it was written does not matter");
}
