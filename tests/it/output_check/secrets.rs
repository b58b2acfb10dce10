//! The parts of an invocation that may appear only in the tables.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_feedback::address::Address;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Why a text may not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// An address, its key, its local part, or its display name.
    Address,
    /// An IP address.
    Ip,
    /// A link, its host, or a distinctive part of its path and query.
    Link,
    /// The software that somebody uses.
    UserAgent,
    /// The signature of a message.
    Signature,
    /// A subscription token, or a webhook token.
    Token,
    /// An `Authorization` header, or its decoded content.
    Credential,
    /// Any part of a body or a header.
    Body,
}

/// A text that may not be written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// What it is.
    pub class: Class,
    /// Where it is in the invocation.
    pub place: String,
    /// The text, in lower case.
    pub text: String,
}

/// Text of this many bytes is not a name or word.
const LONG_TEXT: usize = 24;

/// The shortest text of a class that is searched for: shorter ones occur in other text by chance.
const fn shortest(class: Class) -> usize {
    match class {
        Class::Address | Class::Ip | Class::Link | Class::UserAgent | Class::Token => 6,
        Class::Signature | Class::Credential => 4,
        Class::Body => LONG_TEXT,
    }
}

/// All secrets of an invocation, or of any other text.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// What may not be written.
    pub all: Vec<Secret>,
    /// The ids of messages of a queue, which the log names.
    pub queued: Vec<String>,
}

impl Secrets {
    /// The secrets of an invocation.
    pub fn of(payload: &str) -> Self {
        let mut secrets = Self::default();
        let event: Value = serde_json::from_str(payload).unwrap_or_default();
        if event.is_null() {
            secrets.text("payload", payload);
        }
        secrets.value("payload", "", &event);
        for record in event["Records"].as_array().into_iter().flatten().filter(|it| it["eventSource"] == "aws:sqs") {
            secrets.queued.extend(record["messageId"].as_str().map(str::to_owned));
        }
        let ids = std::mem::take(&mut secrets.queued);
        secrets.all.retain(|secret| !ids.iter().any(|id| id.to_lowercase() == secret.text));
        secrets.all.sort();
        secrets.all.dedup();
        Self { queued: ids, ..secrets }
    }

    /// The same, plus everything in another text.
    #[must_use]
    pub fn with(mut self, place: &str, text: &str) -> Self {
        self.text(place, text);
        self
    }

    /// The same, plus a credential.
    #[must_use]
    pub fn with_credential(mut self, place: &str, text: &str) -> Self {
        self.add(Class::Credential, place, text);
        self
    }

    fn add(&mut self, class: Class, place: &str, text: &str) {
        if text.chars().count() >= shortest(class) {
            self.all.push(Secret { class, place: place.to_owned(), text: text.to_lowercase() });
        }
    }

    /// A text, and any JSON or base64 in it.
    fn text(&mut self, place: &str, text: &str) {
        match serde_json::from_str(text) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => self.value(place, "", &value),
            _ => self.leaf(place, text),
        }
        let encoded = Some(text).filter(|text| text.len() >= LONG_TEXT && !text.contains(['{', ' ', ':', '@', '.']));
        let decoded = encoded.and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
        if let Some(decoded) = decoded {
            self.text(&format!("{place} (base64)"), &decoded);
        }
    }

    fn value(&mut self, place: &str, key: &str, value: &Value) {
        match value {
            Value::String(text) => {
                self.by_key(place, key, text);
                self.text(place, text);
            }
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(at, value)| self.value(&format!("{place}[{at}]"), key, value));
            }
            Value::Object(map) => {
                for (key, value) in map {
                    self.leaf(&format!("{place}, a key"), key);
                    if !value.is_number() {
                        self.value(&format!("{place}.{key}"), key, value);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Classifies a text by its key.
    fn by_key(&mut self, place: &str, key: &str, text: &str) {
        match key.to_ascii_lowercase().as_str() {
            "signature" => self.add(Class::Signature, place, text),
            "token" => {
                self.add(Class::Token, place, text);
                self.add(Class::Token, place, &percent_decode_str(text).decode_utf8_lossy());
            }
            "agent" | "useragent" | "user-agent" => self.add(Class::UserAgent, place, text),
            "authorization" => {
                self.add(Class::Credential, place, text);
                let encoded = text.split_once(' ').map_or("", |(_, encoded)| encoded);
                self.add(Class::Credential, place, encoded);
                let decoded = STANDARD.decode(encoded.trim()).unwrap_or_default();
                let decoded = String::from_utf8_lossy(&decoded);
                self.add(Class::Credential, place, &decoded);
                self.add(Class::Credential, place, decoded.split_once(':').map_or("", |(_, password)| password));
            }
            "rawquerystring" => {
                for (name, value) in text.split('&').filter_map(|pair| pair.split_once('=')) {
                    self.by_key(place, name, value);
                }
            }
            _ => {}
        }
    }

    /// Classifies a text by its content.
    fn leaf(&mut self, place: &str, text: &str) {
        self.add(Class::Body, place, text);
        let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"',;()[]{}".contains(c);
        // Splitting is slow, and a body may have megabytes.
        let has_address = text.contains('@').then_some(text).into_iter();
        for word in has_address.flat_map(|text| text.split(ends)).filter(|word| word.contains('@')) {
            self.address(place, word);
        }
        if let Some((name, _)) = text.split_once('<').filter(|(_, rest)| rest.contains('@')) {
            self.add(Class::Address, place, name.trim().trim_matches('"'));
        }
        let has_link = text.contains("://").then_some(text).into_iter();
        for url in has_link.flat_map(|text| text.split(ends)).filter_map(|word| Some(&word[word.find("http")?..])) {
            self.link(place, url);
        }
        let is_part = |c: char| c.is_ascii_hexdigit() || c == '.' || c == ':';
        let has_ip = (text.contains('.') || text.contains(':')).then_some(text).into_iter();
        for word in has_ip.flat_map(|text| text.split(|c| !is_part(c))).map(|word| word.trim_matches('.')) {
            if word.len() >= shortest(Class::Ip) && word.parse::<IpAddr>().is_ok() {
                self.add(Class::Ip, place, word);
            }
        }
    }

    fn address(&mut self, place: &str, word: &str) {
        self.add(Class::Address, place, word);
        if let Some(key) = Address::parse(word) {
            self.add(Class::Address, place, key.as_str());
        }
        if let Some((local, domain)) = word.rsplit_once('@') {
            self.add(Class::Address, place, local);
            self.add(Class::Address, place, &format!("@{domain}"));
        }
    }

    fn link(&mut self, place: &str, url: &str) {
        let Some((_, rest)) = url.split_once("://") else { return };
        self.add(Class::Link, place, url);
        let (host, rest) = rest.split_once('/').unwrap_or((rest, ""));
        self.add(Class::Link, place, host);
        for part in rest.split(['/', '?', '&', '=', '#']).filter(|part| part.len() >= 12) {
            self.add(Class::Link, place, part);
        }
    }
}
