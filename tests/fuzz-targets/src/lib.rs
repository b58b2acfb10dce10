//! Invariants for any input, with a module for each parser.
//!
//! No type is forged that only a verifier creates: bodies have the right credential, messages a real signature.

pub mod address;
pub mod certificate;
pub mod changes;
pub mod envelope;
mod event_checks;
mod fake_aws;
pub mod invocation;
pub mod mailjet;
pub mod merge;
pub mod question;
pub mod ses;
mod signed;
pub mod tencent;
pub mod timestamp;
pub mod token;
mod webhook;
mod world;

/// A fuzzer.
pub struct Target {
    /// Its name, which is also that of its corpus folder.
    pub name: &'static str,
    /// Checks one input; panics if an invariant is broken.
    pub run: fn(&[u8]),
}

/// All fuzzers.
pub const ALL: [Target; 12] = [
    Target { name: "address", run: address::run },
    Target { name: "certificate", run: certificate::run },
    Target { name: "changes", run: changes::run },
    Target { name: "envelope", run: envelope::run },
    Target { name: "invocation", run: invocation::run },
    Target { name: "mailjet", run: mailjet::run },
    Target { name: "merge", run: merge::run },
    Target { name: "question", run: question::run },
    Target { name: "ses", run: ses::run },
    Target { name: "tencent", run: tencent::run },
    Target { name: "timestamp", run: timestamp::run },
    Target { name: "token", run: token::run },
];
