//! The page with the code that asks, in every language; `make checks` runs those that are not marked.

use support::page::Page;

use crate::check::schema::Schema;

/// The sections: heading, language of the code, and whether nothing runs it.
const LANGUAGES: [(&str, &str, bool); 8] = [
    ("AWS CLI", "bash", false),
    ("Python", "python", false),
    ("JavaScript", "javascript", false),
    ("Go", "go", false),
    ("PHP", "php", true),
    ("Ruby", "ruby", true),
    ("Java", "java", true),
    ("C#", "csharp", true),
];

/// Whether a text has a name that is not part of a longer one.
fn names(text: &str, name: &str) -> bool {
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

#[test]
fn each_language_names_the_same_fields() {
    let (question, answer) = (Schema::read("check-question"), Schema::read("check-answer"));
    let of_question = ["addresses", "provider", "sender_domain"];
    let (of_answer, of_result) = (["results"], ["address", "allowed"]);
    assert!(of_question.iter().all(|field| question.fields("").contains(field)));
    assert!(of_answer.iter().all(|field| answer.fields("").contains(field)));
    assert!(of_result.iter().all(|field| answer.fields("/$defs/answer").contains(field)));
    let page = Page::read("src/guide/ask.md");
    for (heading, language, _) in LANGUAGES {
        let code = page.code(heading, language);
        let fields = of_question.into_iter().chain(of_answer).chain(of_result);
        let lacking: Vec<_> = fields.chain(["CHECK_FUNCTION_NAME"]).filter(|name| !names(&code, name)).collect();
        assert_eq!(lacking, Vec::<&str>::new(), "{heading}");
        let error = code.to_lowercase().replace('_', "");
        assert!(error.contains("functionerror"), "{heading} ignores the function's errors");
    }
}

#[test]
fn the_page_says_what_nothing_has_run() {
    let page = Page::read("src/guide/ask.md");
    for (heading, _, is_untested) in LANGUAGES {
        let is_marked = page.section(heading).trim_start().starts_with("Not tested.");
        assert_eq!(is_marked, is_untested, "{heading}");
    }
}

#[test]
fn a_name_is_found_alone() {
    assert!(names("result.allowed === true", "allowed") && names("[\"allowed\"]", "allowed"));
    assert!(!names("disallowed = allowed_by", "allowed"));
}
