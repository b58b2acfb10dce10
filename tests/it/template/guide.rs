//! The guide names every alarm, parameter and output of the template and no others; both have the same version.

use std::collections::BTreeSet;
use std::path::Path;

use mail_feedback::error::Error;

use super::document::Template;

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no page {name}"))
}

/// The code in the first cells of a page's table rows.
fn table_keys(page: &str) -> BTreeSet<&str> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).collect()
}

#[test]
fn the_runbook_has_a_section_for_each_alarm() {
    let runbook = page("runbook.md");
    let sections: BTreeSet<_> = runbook.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let template = Template::read();
    let alarms: BTreeSet<_> = template.resources("AWS::CloudWatch::Alarm").into_iter().map(|(id, _)| id).collect();
    assert_eq!(sections, alarms);
}

#[test]
fn the_runbook_explains_each_cause() {
    let runbook = page("runbook.md");
    let labels: BTreeSet<_> = Error::labels().collect();
    assert_eq!(table_keys(&runbook), labels);
}

#[test]
fn the_page_on_deploying_lists_each_parameter_and_output() {
    let deploy = page("deploy.md");
    let template = Template::read();
    let known: BTreeSet<_> = [template.names("Parameters"), template.names("Outputs")].concat().into_iter().collect();
    assert_eq!(table_keys(&deploy), known);
}

#[test]
fn stack_function_and_changelog_name_the_version() {
    let template = Template::read();
    assert_eq!(template.0["Outputs"]["Version"]["Value"], env!("CARGO_PKG_VERSION"));
    for (id, body) in template.resources("AWS::Serverless::Function") {
        let description = body["Properties"]["Description"].as_str().unwrap();
        let is_named = description.starts_with(concat!("mail-feedback ", env!("CARGO_PKG_VERSION"), ","));
        assert!(is_named, "{id}: {description}");
    }
    let changelog = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("CHANGELOG.md")).unwrap();
    let versions: Vec<_> = changelog.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(versions[0], "Unreleased");
    assert!(versions[1].starts_with(concat!(env!("CARGO_PKG_VERSION"), " - 20")), "{versions:?}");
}
