//! Counts the allocations of each step: the count is reproducible, so that a careless copy shows.

use harness::stages::{self, Stage};

/// The allocations of each step once it is warm; those of a handler are mostly the SDK's.
const COUNTED: [(&str, u64); 29] = [
    ("floor.rsa_sha256", 0),
    ("ses.parse", 12),
    ("ses.envelope", 10),
    ("ses.verify", 12),
    ("ses.normalize", 37),
    ("ses.decide", 1),
    ("ses.item", 50),
    ("ses.own_cpu", 52),
    ("ses.handler", 974),
    ("mailjet.parse", 11),
    ("mailjet.verify", 1),
    ("mailjet.normalize", 33),
    ("mailjet.decide", 1),
    ("mailjet.item", 51),
    ("mailjet.handler", 979),
    ("tencent.parse", 11),
    ("tencent.verify", 0),
    ("tencent.normalize", 14),
    ("tencent.decide", 1),
    ("tencent.item", 41),
    ("tencent.handler", 942),
    ("floor.get_item", 350),
    ("check.one", 487),
    ("check.thousand", 14_789),
    ("link.page", 109),
    ("link.unsubscribe", 1_398),
    ("batch.sns", 6_591),
    ("batch.event_bridge", 12_955),
    ("batch.mailjet", 12_354),
];

fn allocations(stage: &Stage) -> u64 {
    (stage.run)();
    allocation_counter::measure(|| (stage.run)()).count_total
}

/// The tolerance is a tenth more, for other versions of dependencies; a tenth less should be recorded.
#[test]
fn no_step_allocates_more_than_it_did() {
    let mut wrong = Vec::new();
    let single = stages::all().into_iter().chain(stages::questions()).chain(stages::links());
    let stages: Vec<Stage> = single.chain(stages::batches()).collect();
    assert_eq!(stages.iter().map(|stage| stage.name).collect::<Vec<_>>(), COUNTED.map(|(name, _)| name));
    for (stage, (name, counted)) in stages.iter().zip(COUNTED) {
        let now = allocations(stage);
        if now > counted + counted / 10 || now + counted / 10 < counted {
            wrong.push(format!("{name}: {now} allocations, {counted} written down"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
