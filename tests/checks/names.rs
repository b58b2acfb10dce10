//! Puts characters in several places of each name in a question: what a send concerns, or that it cannot exist.

use mail_feedback::suppression::{Context, Scope};
use serde::Serialize;

/// A send to nobody in particular.
#[derive(Serialize)]
pub struct Send {
    provider: String,
    domain: String,
    lists: Vec<String>,
    tenant: Option<String>,
    stream: Option<String>,
}

/// The scopes of each send, in order; `None`: it names what cannot exist.
pub type Scopes = Vec<Option<Vec<String>>>;

/// The places in a name, each marked by `*`.
const PATTERNS: [&str; 8] = ["*", "*4", "4*", "4*2", "4/*", "4*/2", "4/*2", "4/2*"];
/// The providers of lists.
const PROVIDERS: [&str; 4] = ["ses", "tencent", "mailjet", "postmark"];
/// Characters behind Latin-1: all other white space, and what is similar to it, to a digit or to an ASCII letter.
const OTHERS: &str = "\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{200b}\
    \u{200d}\u{2028}\u{2029}\u{202f}\u{205f}\u{2060}\u{3000}\u{feff}\u{ff14}\u{664}\u{212a}\u{17f}\u{130}\u{3a3}";

/// A send that changes one field of a valid one.
fn send(change: impl FnOnce(&mut Send)) -> Send {
    let (provider, domain) = ("ses".to_owned(), "example.com".to_owned());
    let mut send = Send { provider, domain, lists: Vec::new(), tenant: None, stream: None };
    change(&mut send);
    send
}

/// Sends with each name, in each field and in both forms.
pub fn sends() -> Vec<Send> {
    let chars = ('\0'..='\u{ff}').chain(OTHERS.chars());
    let of_char = |char: char| PATTERNS.map(|pattern| pattern.replace('*', char.encode_utf8(&mut [0; 4])));
    chars.flat_map(of_char).chain([String::new()]).flat_map(|name| of_name(&name)).collect()
}

fn of_name(name: &str) -> Vec<Send> {
    let list =
        |provider: &str, list: String| send(|send| (send.provider, send.lists) = (provider.to_owned(), vec![list]));
    let mut sends = vec![
        list("ses", format!("list:own:{name}")),
        list("ses", format!("list:{name}:News")),
        send(|send| name.clone_into(&mut send.provider)),
        send(|send| name.clone_into(&mut send.domain)),
        send(|send| send.stream = Some(name.to_owned())),
        send(|send| send.stream = Some(format!("stream:{name}"))),
        send(|send| send.tenant = Some(name.to_owned())),
        send(|send| send.tenant = Some(format!("tenant:ses:{name}"))),
    ];
    for provider in PROVIDERS {
        sends.extend([list(provider, name.to_owned()), list(provider, format!("list:{provider}:{name}"))]);
    }
    sends
}

/// What the library computes.
pub fn scopes(sends: &[Send]) -> Scopes {
    let of_send = |send: &Send| {
        let context = Context {
            provider: Some(send.provider.clone()),
            sender_domain: Some(send.domain.clone()),
            lists: send.lists.clone(),
            tenant: send.tenant.clone(),
            stream: send.stream.clone(),
        };
        let asked = context.scopes().ok()?;
        let mut scopes: Vec<_> = asked.as_slice().iter().map(Scope::to_string).collect();
        scopes.sort_unstable();
        Some(scopes)
    };
    sends.iter().map(of_send).collect()
}

/// The number of sends that cannot exist, or at most a hundred lines about those with other scopes.
pub fn compare(sends: &[Send], library: &Scopes, other: &Scopes) -> Result<usize, String> {
    if library.len() != other.len() {
        return Err(format!("{} sends instead of {}", other.len(), library.len()));
    }
    let differ = sends.iter().zip(library).zip(other).filter(|((_, library), other)| library != other);
    let line = |((send, library), other): ((&Send, _), _)| {
        format!("{}: {other:?} instead of {library:?}", serde_json::to_string(send).unwrap_or_default())
    };
    let lines: Vec<_> = differ.take(100).map(line).collect();
    if lines.is_empty() { Ok(library.iter().filter(|scopes| scopes.is_none()).count()) } else { Err(lines.join("\n")) }
}
