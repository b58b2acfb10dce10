//! Words of the runbook, so that this page and that one cannot differ.

/// The runbook.
const RUNBOOK: &str = include_str!("../guide/runbook.md");

/// What a label of a failure means, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// What it means.
    pub(super) meaning: String,
    /// What to do.
    pub(super) advice: String,
}

/// The row of a label in the tables of labels.
pub(super) fn label(label: &str) -> Option<Words> {
    let start = format!("| `{label}` | ");
    let row = RUNBOOK.lines().find_map(|line| line.strip_prefix(start.as_str())?.strip_suffix(" |"))?;
    let (meaning, advice) = row.split_once(" | ")?;
    Some(Words { meaning: plain(meaning), advice: plain(advice) })
}

/// What an alarm means, and what is at risk.
pub(super) fn alarm(name: &str) -> Option<Words> {
    let (_, section) = RUNBOOK.split_once(&format!("\n### {name}\n\n"))?;
    let mut paragraphs = section.split("\n\n").map(|text| plain(&text.replace('\n', " ")));
    let meaning = paragraphs.next()?;
    let advice = paragraphs.next()?.strip_prefix("At risk: ")?.to_owned();
    Some(Words { meaning, advice })
}

/// Markdown as text: `[words](target)` is its words, and code is its text.
fn plain(markdown: &str) -> String {
    let mut text = String::new();
    let mut rest = markdown;
    while let Some((before, link)) = rest.split_once('[') {
        text.push_str(before);
        let parts = link.split_once("](").and_then(|(words, after)| Some((words, after.split_once(')')?.1)));
        if let Some((words, after)) = parts {
            text.push_str(words);
            rest = after;
        } else {
            text.push('[');
            rest = link;
        }
    }
    text.push_str(rest);
    text.replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::{alarm, label, plain};
    use crate::error::Error;

    #[test]
    fn every_label_has_its_words() {
        for of_an_error in Error::labels() {
            let words = label(of_an_error);
            assert!(words.is_some_and(|words| !words.meaning.is_empty() && !words.advice.is_empty()), "{of_an_error}");
        }
        assert_eq!(label("unheard_of"), None);
    }

    #[test]
    fn every_queue_has_its_words() {
        for name in ["UndeliveredAlarm", "FailedAlarm", "ParkedAlarm", "IntakeAgeAlarm"] {
            assert!(alarm(name).is_some(), "{name}");
        }
    }

    #[test]
    fn markdown_becomes_text() {
        assert_eq!(plain("see [the table](a.md#b) and `code` [x]"), "see the table and code [x]");
    }
}
