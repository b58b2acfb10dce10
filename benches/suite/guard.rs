//! Checks the instructions of each step against recorded counts: `make guard`. Counts are reproducible, times are not.

use harness::stages::{BATCH, Stage};

use crate::clock;

/// The tolerance in percent: other compilers and processors count slightly differently, and improvements should be
/// recorded, too.
const MARGIN_PERCENT: u64 = 15;
/// The limit for one SES notification, in percent of the instructions of the bare cryptography. In time the budget is
/// 150, because RSA does more per instruction than the rest.
const OWN_CPU_PERCENT: u64 = 142;
/// The limit for a question about one address, in percent of the instructions of one `GetItem` through the SDK.
const QUESTION_CPU_PERCENT: u64 = 130;
/// The limit for an SES delivery in a batch of a hundred, in percent of the instructions of one by itself.
const BATCH_CPU_PERCENT: u64 = 50;
/// The architecture of the counts. Others have other instructions, and their counts are not recorded.
const ARCHITECTURE: &str = "x86_64";
/// The counts of the profile `guard`, in thousands of instructions.
const COUNTED: [(&str, u64); 21] = [
    ("floor.rsa_sha256", 347),
    ("ses.parse", 59),
    ("ses.envelope", 55),
    ("ses.verify", 406),
    ("ses.normalize", 56),
    ("ses.decide", 0),
    ("ses.item", 32),
    ("ses.own_cpu", 470),
    ("ses.handler", 1_550),
    ("mailjet.parse", 35),
    ("mailjet.verify", 4),
    ("mailjet.normalize", 32),
    ("mailjet.decide", 0),
    ("mailjet.item", 29),
    ("mailjet.handler", 1_172),
    ("tencent.parse", 31),
    ("tencent.verify", 3),
    ("tencent.normalize", 22),
    ("tencent.decide", 0),
    ("tencent.item", 24),
    ("tencent.handler", 1_120),
];

/// Whether every step stays within its limits; prints the counts.
pub fn passes(stages: &[Stage]) -> bool {
    let names: Vec<_> = stages.iter().map(|stage| stage.name).collect();
    assert_eq!(names, COUNTED.map(|(name, _)| name), "the stages that are written down");
    let counted: Vec<_> = names.iter().map(|name| clock::instructions(name).expect("valgrind counts")).collect();
    if std::env::consts::ARCH != ARCHITECTURE {
        names.iter().zip(&counted).for_each(|(name, now)| println!("    (\"{name}\", {}),", now / 1_000));
        println!("  counts are recorded only for {ARCHITECTURE}; these are of {}", std::env::consts::ARCH);
        return false;
    }
    let mut passes = true;
    for ((name, written), now) in COUNTED.into_iter().zip(&counted) {
        let (now, margin) = (now / 1_000, written * MARGIN_PERCENT / 100 + 1);
        let fits = now.abs_diff(written) <= margin;
        let verdict = if fits { "ok" } else { "NOT AS WRITTEN DOWN" };
        println!("  {name:<24} {now:>8} thousand instructions, {written:>8} written down: {verdict}");
        passes &= fits;
    }
    let of =
        |wanted: &str| names.iter().zip(&counted).find(|(name, _)| **name == wanted).map_or(0, |(_, count)| *count);
    let percent = of("ses.own_cpu") * 100 / of("floor.rsa_sha256").max(1);
    println!("  one notification of SES  {percent} percent of the floor, {OWN_CPU_PERCENT} at most");
    passes && percent <= OWN_CPU_PERCENT
}

/// Whether a question about one address stays within its budget relative to a plain `GetItem`; prints the counts.
pub fn question_passes() -> bool {
    let count = |name| clock::instructions(name).expect("valgrind counts");
    let percent = count("check.one") * 100 / count("floor.get_item").max(1);
    println!("  a question about one address  {percent} percent of one GetItem, {QUESTION_CPU_PERCENT} at most");
    percent <= QUESTION_CPU_PERCENT
}

/// Whether an SES delivery in a batch stays within its budget relative to one by itself; prints the counts.
pub fn batch_passes() -> bool {
    let count = |name| clock::instructions(name).expect("valgrind counts");
    let percent = count("batch.sns") / BATCH as u64 * 100 / count("ses.handler").max(1);
    println!("  an SES delivery in a batch  {percent} percent of one by itself, {BATCH_CPU_PERCENT} at most");
    percent <= BATCH_CPU_PERCENT
}
