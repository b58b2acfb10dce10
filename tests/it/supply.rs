//! The page on dependencies agrees with the manifests, and names no other dependency; the same for the tools.

mod manifest;
mod page;
mod pinned;

use std::collections::BTreeSet;

use manifest::{Kind, crates_linked, features, fuzzing, of_the_function, tools};
use page::Page;

/// Asserts that page and manifest have the same lines.
fn assert_same(page: &BTreeSet<String>, manifest: &BTreeSet<String>) {
    let odd: Vec<_> = page.symmetric_difference(manifest).collect();
    assert!(odd.is_empty(), "these are in only one of page and manifest, or differ:\n{odd:#?}");
}

#[test]
fn each_crate_of_the_function_is_on_the_page() {
    assert_same(&Page::read().heads("In the function"), &of_the_function(Kind::Function));
}

#[test]
fn each_crate_of_the_operators_program_is_on_the_page() {
    assert_same(
        &Page::read().heads("The operators' program"),
        &of_the_function(Kind::Features(&["operator", "tables"])),
    );
}

#[test]
fn each_crate_of_the_function_changes_is_on_the_page() {
    assert_same(&Page::read().heads("The function `changes`"), &of_the_function(Kind::Features(&["changes"])));
}

#[test]
fn each_crate_of_the_pages_for_support_is_on_the_page() {
    assert_same(&Page::read().heads("The pages for support"), &of_the_function(Kind::Features(&["view", "pages"])));
}

#[test]
fn each_crate_of_the_local_program_is_on_the_page() {
    assert_same(&Page::read().heads("The local program"), &of_the_function(Kind::Features(&["local"])));
}

#[test]
fn each_crate_of_the_tests_is_on_the_page() {
    assert_same(&Page::read().heads("Tests, benchmarks and examples"), &of_the_function(Kind::Tests));
}

#[test]
fn each_crate_of_fuzzing_is_on_the_page() {
    let heads = Page::read().heads("Fuzzing");
    // Licence and home page are known only for downloaded crates, and the tests need only some of them.
    let known = heads.iter().map(|head| head.split_once(". ").expect("a licence").0.to_owned()).collect();
    assert_same(&known, &fuzzing());
}

#[test]
fn each_tool_is_on_the_page_with_its_version() {
    let heads = Page::read().heads("Tools");
    let known = heads.iter().map(|head| head.split_once(": ").expect("a licence").0.to_owned()).collect();
    assert_same(&known, &tools());
}

#[test]
fn each_crate_has_its_reason() {
    let page = Page::read();
    let sections = [
        "In the function",
        "The function `changes`",
        "The operators' program",
        "The pages for support",
        "The local program",
        "Tests, benchmarks and examples",
        "Fuzzing",
    ];
    for section in sections {
        for (head, reason) in page.entries(section) {
            let (what, without) =
                reason.split_once("Without it: ").unwrap_or_else(|| panic!("{head}: and without it?"));
            assert!(what.len() > 4 && without.len() > 8, "{head}: {reason}");
        }
    }
}

#[test]
fn the_page_has_the_number_of_crates_that_are_linked() {
    let page = Page::read();
    let direct = page.heads("In the function").len();
    let sentence = format!(
        "{direct} crates are asked for, and they bring others: **{}** crates are linked",
        crates_linked().len()
    );
    assert!(page.text().contains(&sentence), "the page lacks: {sentence}");
}

/// What a feature adds, or a dependency newly brings, becomes part of the function only with a line in that file.
#[test]
fn the_function_links_the_crates_that_are_written_down() {
    let written: Vec<_> = include_str!("supply/linked.txt").lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(crates_linked(), written);
    assert!(!features().contains("default"), "what is deployed has no feature");
}
