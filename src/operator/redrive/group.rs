//! Groups messages that are there for the same reason.

use super::checks::Verdict;
use super::diagnosis::Diagnosis;
use crate::timestamp::Timestamp;

/// The messages of one queue that have one reason.
pub struct Group<'d> {
    /// Its messages, the oldest first; never empty.
    pub messages: Vec<&'d Diagnosis>,
}

impl Group<'_> {
    /// The message that represents the group.
    #[must_use]
    pub fn first(&self) -> Option<&Diagnosis> {
        self.messages.first().copied()
    }

    /// When the first of them expires.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.messages.iter().filter_map(|message| message.expires_at).min()
    }

    /// How many receives are left for the message closest to being parked.
    #[must_use]
    pub fn receives_left(&self) -> Option<u32> {
        self.messages.iter().filter_map(|message| message.receives_left).min()
    }
}

/// Groups messages, the largest group first.
#[must_use]
pub fn grouped(messages: &[Diagnosis]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for message in messages {
        let same = groups.iter_mut().find(|group| group.first().is_some_and(|first| is_alike(first, message)));
        match same {
            Some(group) => group.messages.push(message),
            None => groups.push(Group { messages: vec![message] }),
        }
    }
    for group in &mut groups {
        group.messages.sort_by_key(|message| message.message.sent_at);
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.messages.len()));
    groups
}

fn is_alike(one: &Diagnosis, other: &Diagnosis) -> bool {
    let payload = one.payload.as_str() == other.payload.as_str();
    payload && one.reason == other.reason && one.now == other.now && one.retry() == other.retry()
}

impl Verdict {
    /// The group in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Passes => "passes the checks of the function".to_owned(),
            Self::Refused(error) => format!("refused: {} {}", error.class(), error.label()),
            Self::Unchecked(why) => format!("not checked: {why}"),
        }
    }
}
