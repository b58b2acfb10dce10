//! Each sample of a webhook is the same fact in every form of a request.

use harness::function::handler;
use support::database::Database;
use support::door::RequestForm;
use support::samples::{self, Snapshot};

use super::{assert_accepted, facts, open};
use crate::disorder::print_uncaptured;

#[tokio::test]
async fn each_callback_is_the_same_fact_in_every_form_of_a_request() {
    let all = samples::all();
    let callbacks: Vec<_> = all.iter().filter(|sample| !sample.name.starts_with("ses/")).collect();
    let mut expected: Option<Snapshot> = None;
    for form in RequestForm::ALL {
        let database = Database::start().await;
        let handler = handler(&database, &open(&database));
        for sample in &callbacks {
            assert_accepted(&handler, &form.request(&sample.json), &sample.name).await;
        }
        let found = facts(Snapshot::take(&database).await);
        assert!(found.events.len() >= callbacks.len());
        assert_eq!(found, *expected.get_or_insert_with(|| found.clone()), "{form:?}");
        print_uncaptured(&format!("doors: {} callbacks as {form:?}", callbacks.len()));
    }
}
