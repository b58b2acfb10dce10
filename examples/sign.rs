//! Signs the SNS samples in `events/ses/` anew: `cargo run --example sign`.
//!
//! It makes a certificate authority and a signing certificate, signs each sample, writes both certificates to
//! `events/certificates/`, and forgets the keys. Nobody can sign anything else that the local environment would accept.

#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "a program for people at a terminal")]

use serde_json::{Value, json};
use support::authority::Authority;
use support::{envelope, samples};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let authority = Authority::new();
    let mut signed = 0_usize;
    for path in samples::paths() {
        let mut text = std::fs::read_to_string(&path)?;
        let event: Value = serde_json::from_str(&text)?;
        let Some(sns) = event.pointer("/Records/0/Sns") else { continue };
        let mut envelope = sns.clone();
        envelope["SigningCertUrl"] = json!(envelope::certificate_url());
        envelope::sign(&mut envelope, &authority);
        for field in ["SigningCertUrl", "Signature"] {
            let line = |value: &Value| format!("\"{field}\": {value}");
            text = text.replace(&line(&sns[field]), &line(&envelope[field]));
        }
        std::fs::write(&path, text)?;
        signed = signed.saturating_add(1);
    }
    authority.write_to(&samples::folder().join("certificates"));
    println!("signed {signed} samples");
    Ok(())
}
