//! Instructions of each step against those written down: `make guard`. Counts repeat where times do not.

use crate::clock;
use crate::support::stages::Stage;

/// More than this is a failure, in percent: other compilers and processors count a little differently.
const MARGIN_PERCENT: u64 = 15;
/// What the profile `guard` counts, in thousands of instructions. The floor is the measure of the machine: RSA counts more where the
/// processor lacks instructions for it.
const COUNTED: [(&str, u64); 15] = [
    ("floor.rsa_sha256", 347),
    ("ses.parse", 59),
    ("ses.verify", 406),
    ("ses.normalize", 56),
    ("ses.item", 31),
    ("ses.own_cpu", 470),
    ("ses.handler", 1_368),
    ("mailjet.parse", 35),
    ("mailjet.normalize", 32),
    ("mailjet.item", 28),
    ("mailjet.handler", 989),
    ("tencent.parse", 31),
    ("tencent.normalize", 19),
    ("tencent.item", 24),
    ("tencent.handler", 940),
];

/// Whether every step stays within its limit; says what it counted.
pub fn holds(stages: &[Stage]) -> bool {
    let mut holds = true;
    for (name, counted) in COUNTED {
        assert!(stages.iter().any(|stage| stage.name == name), "no stage {name}");
        let now = clock::instructions(name).expect("valgrind counts") / 1_000;
        let limit = counted + counted * MARGIN_PERCENT / 100 + 1;
        let verdict = if now <= limit { "ok" } else { "TOO MANY" };
        println!("  {name:<24} {now:>8} thousand instructions, {counted:>8} written down: {verdict}");
        holds &= now <= limit;
    }
    holds
}
