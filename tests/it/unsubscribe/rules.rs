//! Each rule and each misuse on the guide's page names a test that exists.

use std::path::Path;

const PAGE: &str = "src/guide/unsubscribe.md";
/// The sections whose tables name tests in their last column.
const SECTIONS: [&str; 2] = ["## The rules of RFC 8058", "### What a link cannot do"];

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|_| panic!("no file {}", path.display()))
}

/// Everything that the tests of links consist of.
fn tests() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(root.join("tests/it/unsubscribe")).unwrap().map(|entry| entry.unwrap().path());
    files.chain([root.join("src/unsubscribe/page.rs")]).map(|path| read(&path)).collect()
}

#[test]
fn each_row_names_its_tests() {
    let (page, tests) = (read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)), tests());
    for section in SECTIONS {
        let (_, rest) = page.split_once(section).unwrap_or_else(|| panic!("no section {section}"));
        let rows: Vec<_> = rest.lines().skip_while(|line| !line.starts_with("|--")).skip(1).collect();
        let rows: Vec<_> = rows.into_iter().take_while(|line| line.starts_with("| ")).collect();
        assert!(rows.len() >= 8, "{section}");
        for row in rows {
            let last = row.trim_end_matches('|').rsplit('|').next().unwrap();
            let names: Vec<_> = last.split('`').skip(1).step_by(2).collect();
            let is_elsewhere = last.contains("](#");
            assert!(!names.is_empty() || is_elsewhere, "{row}");
            for name in names {
                assert!(tests.contains(&format!("fn {name}(")), "{PAGE} names {name}, which does not exist");
            }
        }
    }
}
