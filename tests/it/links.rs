//! Every link between the project's pages resolves, and every page is linked.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// A page, and where it is in the repository.
struct Page {
    path: PathBuf,
    text: String,
}

impl Page {
    fn read(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(root().join(&path)).unwrap_or_else(|_| panic!("no page {}", path.display()));
        Self { path, text }
    }

    /// Its lines outside code fences.
    fn prose(&self) -> impl Iterator<Item = &str> {
        let mut fenced = false;
        self.text.lines().filter(move |line| {
            let is_fence = line.trim_start().starts_with("```");
            fenced ^= is_fence;
            !fenced && !is_fence
        })
    }

    /// The targets of its links, except other sites.
    fn links(&self) -> Vec<String> {
        let text = without_code(&self.prose().collect::<Vec<_>>().join("\n"));
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        targets.filter(|target| !target.contains("://")).map(|target| target.replace('\n', "")).collect()
    }

    /// The anchors of its headings, as GitHub generates them.
    fn anchors(&self) -> BTreeSet<String> {
        let mut anchors = BTreeSet::new();
        for heading in self.prose().filter(|line| line.starts_with('#')) {
            let slug = slug(heading.trim_start_matches('#').trim());
            let mut numbered = (1..).map(|number| format!("{slug}-{number}"));
            let anchor = if anchors.contains(&slug) { numbered.find(|anchor| !anchors.contains(anchor)) } else { None };
            anchors.insert(anchor.unwrap_or(slug));
        }
        anchors
    }

    /// The links that lead nowhere.
    fn broken(&self) -> Vec<String> {
        self.links().into_iter().filter(|target| !self.resolves(target)).collect()
    }

    fn resolves(&self, target: &str) -> bool {
        let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
        let has = |page: &Self| anchor.is_none_or(|anchor| page.anchors().contains(anchor));
        if path.is_empty() {
            return has(self);
        }
        let path = joined(self.path.parent().unwrap_or(Path::new("")), path);
        path.filter(|path| root().join(path).exists()).is_some_and(|path| anchor.is_none() || has(&Self::read(path)))
    }
}

/// A path relative to a folder of the repository; `None` if it leads out of the repository.
fn joined(folder: &Path, relative: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in folder.join(relative).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => path.pop().then_some(())?,
            _ => {}
        }
    }
    Some(path)
}

/// The text without code in backticks; the text of a link does not matter here.
fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect()
}

/// The anchor of a heading; only the text of a link counts.
fn slug(heading: &str) -> String {
    let mut parts = heading.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest: String = parts.filter_map(|part| part.split_once(')').map(|(_, rest)| rest)).collect();
    let text = (first + &rest).to_lowercase();
    let kept = text.chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
    kept.map(|char| if char == ' ' { '-' } else { char }).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<Page> {
    let folders = ["", "src/guide", ".github", "tests/it/attacks"];
    let files = folders.into_iter().flat_map(|folder| {
        let files = std::fs::read_dir(root().join(folder)).expect("a folder").flatten();
        files.map(move |file| Path::new(folder).join(file.file_name()))
    });
    files.filter(|path| path.extension().is_some_and(|kind| kind == "md")).map(Page::read).collect()
}

#[test]
fn every_link_resolves() {
    let pages = pages();
    assert!(pages.len() > 20 && pages.iter().map(|page| page.links().len()).sum::<usize>() > 200, "pages were read");
    let broken: Vec<_> = pages
        .iter()
        .flat_map(|page| page.broken().into_iter().map(|target| format!("{}: {target}", page.path.display())))
        .collect();
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn a_broken_link_is_found() {
    let text = "# A `page`, [linked](release.md)!\n## A\n## A\n[a](deploy.md) [b](#a-1) [c](#a-page-linked) \
        [`d`](../../README.md#deploy) [e](nowhere.md) [f](deploy.md#nowhere) [g](#nowhere)\n[h](../../../outside.md) \
        `[i](code.md)`\n```\n[j](fence.md)\n```\n";
    let page = Page { path: "src/guide/made-up.md".into(), text: text.to_owned() };
    assert_eq!(page.broken(), ["nowhere.md", "deploy.md#nowhere", "#nowhere", "../../../outside.md"]);
}

#[test]
fn the_index_names_every_page() {
    let index = Page::read("src/guide/README.md".into());
    let named: BTreeSet<_> =
        index.links().iter().filter_map(|link| link.split('#').next().map(str::to_owned)).collect();
    let guide = pages().into_iter().filter(|page| page.path.starts_with("src/guide"));
    let missing: Vec<_> = guide
        .filter_map(|page| page.path.file_name().map(|name| name.to_string_lossy().into_owned()))
        .filter(|name| name != "README.md" && !named.contains(name))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_readme_is_short() {
    let lines = Page::read("README.md".into()).text.lines().count();
    assert!(lines <= 150, "{lines} lines");
}
