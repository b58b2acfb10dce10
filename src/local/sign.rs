//! `make samples`: signs the SNS samples in `events/ses/` again.
//!
//! It creates a certificate authority and a signing certificate, signs each sample, writes both certificates to
//! `events/certificates/`, and forgets the keys. Nobody can sign anything else as that authority.

use std::process::ExitCode;

use serde_json::{Value, json};
use support::authority::Authority;
use support::{envelope, samples};

use super::Failure;

/// Signs every sample that SNS delivers.
pub(super) fn run() -> Result<ExitCode, Failure> {
    let authority = Authority::new();
    let mut signed = 0_usize;
    for path in samples::paths() {
        let mut text = std::fs::read_to_string(&path)?;
        let event: Value = serde_json::from_str(&text)?;
        let Some(sns) = event.pointer("/Records/0/Sns").and_then(Value::as_object) else { continue };
        let mut envelope = sns.clone();
        envelope.insert("SigningCertUrl".to_owned(), json!(envelope::certificate_url()));
        let mut envelope = Value::Object(envelope);
        envelope::sign(&mut envelope, &authority);
        for field in ["SigningCertUrl", "Signature"] {
            let line = |value: Option<&Value>| value.map(|value| format!("\"{field}\": {value}"));
            if let (Some(old), Some(new)) = (line(sns.get(field)), line(envelope.get(field))) {
                text = text.replace(&old, &new);
            }
        }
        std::fs::write(&path, text)?;
        signed = signed.saturating_add(1);
    }
    authority.write_to(&samples::folder().join("certificates"));
    println!("signed {signed} samples");
    Ok(ExitCode::SUCCESS)
}
