//! The comparison finds what it is for: events that are lost, duplicated or changed by any mistake.

use support::fault_mistake::Mistake;
use support::fault_schedule::{Fault, Schedule};

use super::feed::Feed;
use super::instance::Dangers;
use super::run::{Conditions, run, without_faults};
use super::sender::Manner;
use super::tables::{Difference, difference};
use crate::disorder::{facts, say};

/// Many faults of one class.
fn with(only: Fault, percent: usize) -> Conditions {
    Conditions {
        schedule: Schedule { seed: 3, calm: percent, only: Some(only), ..Schedule::CALM },
        dangers: Dangers { kill: 0, hurry: 0 },
        instances: 6,
        manner: Manner::Insistent,
        mistake: None,
    }
}

/// A feed, and the faults that make a mistake show.
fn occasion(mistake: Mistake) -> (Feed, Conditions) {
    let (feed, conditions) = match mistake {
        Mistake::ForgetsUnprocessedItems => (Feed::new(2, 60), with(Fault::Unprocessed, 60)),
        Mistake::ForgetsUnprocessedKeys => (Feed::of(&facts::voided(40)), with(Fault::Unprocessed, 60)),
        Mistake::OverwritesOthers => (Feed::of(&facts::hot(40)), with(Fault::Delay, 60)),
        Mistake::NeverAsksForDeliveries => (Feed::of(&facts::voided(40)), with(Fault::Delay, 10)),
        Mistake::TakesRefusalForSuccess => (Feed::new(2, 60), with(Fault::Throttle, 10)),
    };
    (feed, Conditions { mistake: Some(mistake), ..conditions })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_without_one_of_its_cares_is_found_out() {
    for mistake in Mistake::ALL {
        let (feed, conditions) = occasion(mistake);
        let calm = without_faults(&feed).await;
        let careful = run(&feed, Conditions { mistake: None, ..conditions }).await;
        assert_eq!(difference(&calm, &careful.tables), Difference::default(), "without {mistake:?}");
        let found = difference(&calm, &run(&feed, conditions).await.tables);
        let Difference { lost, doubled, changed } = &found;
        let (lost, doubled, changed) = (lost.len(), doubled.len(), changed.len());
        say(&format!("survival: {mistake:?}: lost {lost}, doubled {doubled}, changed {changed}"));
        assert_ne!(found, Difference::default(), "{mistake:?} goes unnoticed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn senders_that_do_not_send_again_are_found_out() {
    let feed = Feed::new(2, 60);
    let calm = without_faults(&feed).await;
    let dangers = Dangers { kill: 40, hurry: 0 };
    let conditions =
        Conditions { schedule: Schedule::CALM, dangers, instances: 2, manner: Manner::Careless, mistake: None };
    let careless = run(&feed, conditions).await;
    let difference = difference(&calm, &careless.tables);
    say(&format!("survival: careless senders: {} killed, {} lost", careless.kills, difference.lost.len()));
    assert!(!difference.lost.is_empty(), "what is not sent again is lost");
}

#[tokio::test]
async fn a_table_that_lacks_an_item_or_has_another_is_told() {
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
