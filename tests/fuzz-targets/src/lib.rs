//! What must hold for any input, a module for each thing that reads some.
//!
//! Types that only a verifier makes are come by honestly: bodies have the right credential, messages a real signature.

pub mod address;
pub mod certificate;
pub mod envelope;
pub mod invocation;
mod judged;
pub mod mailjet;
pub mod merge;
mod nowhere;
pub mod ses;
mod signed;
pub mod tencent;
pub mod timestamp;
mod webhook;
mod world;

/// A fuzzer.
pub struct Target {
    /// Its name, and that of the folder of its corpus.
    pub name: &'static str,
    /// Judges one input; panics where something does not hold.
    pub run: fn(&[u8]),
}

/// All of them.
pub const ALL: [Target; 9] = [
    Target { name: "address", run: address::run },
    Target { name: "certificate", run: certificate::run },
    Target { name: "envelope", run: envelope::run },
    Target { name: "invocation", run: invocation::run },
    Target { name: "mailjet", run: mailjet::run },
    Target { name: "merge", run: merge::run },
    Target { name: "ses", run: ses::run },
    Target { name: "tencent", run: tencent::run },
    Target { name: "timestamp", run: timestamp::run },
];
