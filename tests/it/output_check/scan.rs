//! Searches for secrets in what was written.

use std::collections::HashSet;
use std::fmt;

use super::secrets::{Class, Secret, Secrets};
use super::{views, vocabulary};

/// The length at which a part of a body is not a coincidence.
const WINDOW: usize = 24;

/// A secret that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// What it is.
    pub class: Class,
    /// Where it is in the invocation.
    pub place: String,
    /// The part of it that was written.
    pub part: String,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {}: {:.80}", self.class, self.place, self.part)
    }
}

/// The secrets in a text in any form; `allowed` are ids that may be written.
///
/// Text that the function writes anyway reveals nothing, even if a report contains the same.
pub fn leaks(written: &str, secrets: &Secrets, allowed: &[String]) -> Vec<Leak> {
    let mut text = without_times(written);
    for id in secrets.queued.iter().chain(allowed).filter(|id| id.len() > 2) {
        text = text.replace(id, "\u{1}");
    }
    let views = views::of(&text);
    let windows = Windows::of(&views);
    secrets.all.iter().filter_map(|secret| leak(secret, &views, &windows)).collect()
}

fn leak(secret: &Secret, views: &[String], windows: &Windows) -> Option<Leak> {
    let whole = views.iter().any(|view| view.contains(&secret.text)).then(|| secret.text.clone());
    let part = whole.or_else(|| windows.shared(&secret.text))?;
    let leak = Leak { class: secret.class, place: secret.place.clone(), part };
    (!vocabulary::contains(&leak.part)).then_some(leak)
}

/// The lines of a log without the time of the invocation, which a report may also contain.
fn without_times(written: &str) -> String {
    let mut parts = written.split("{\"timestamp\":\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "{" + part.split_once('"').map_or("", |(_, rest)| rest))
}

/// All parts of a fixed length.
struct Windows<'t> {
    parts: HashSet<&'t [u8]>,
    /// Which pairs of bytes a part begins with, which quickly rules out most of a large body.
    begins: Vec<bool>,
}

impl<'t> Windows<'t> {
    fn of(views: &'t [String]) -> Self {
        let parts: HashSet<&[u8]> = views.iter().flat_map(|view| view.as_bytes().windows(WINDOW)).collect();
        let mut begins = vec![false; 1 << 16];
        for part in &parts {
            begins[pair(part)] = true;
        }
        Self { parts, begins }
    }

    /// What a text has in common with the parts.
    fn shared(&self, text: &str) -> Option<String> {
        let known = |part: &&[u8]| self.begins[pair(part)] && self.parts.contains(part);
        let part = text.as_bytes().windows(WINDOW).find(known)?;
        Some(String::from_utf8_lossy(part).into_owned())
    }
}

fn pair(part: &[u8]) -> usize {
    usize::from(part[0]) << 8 | usize::from(part[1])
}
