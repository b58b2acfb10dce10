//! What CI installs is pinned by hash, and runs no code during the installation.

use super::manifest::{NPM, json, lists, pins, read};

/// Packages in a list without a hash, and hashes without a package.
fn without_hash(list: &str) -> Vec<String> {
    let mut lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).peekable();
    let mut odd = Vec::new();
    while let Some(package) = lines.next() {
        let is_pinned = package.starts_with(|first: char| first.is_ascii_alphanumeric()) && package.contains("==");
        let mut hashes = 0;
        let mut more = package.ends_with('\\');
        while more && let Some(hash) = lines.next() {
            let digest = hash.trim().trim_end_matches(" \\").strip_prefix("--hash=sha256:").unwrap_or_default();
            let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            hashes += usize::from(is_digest);
            more = hash.ends_with('\\');
        }
        if !is_pinned || hashes == 0 {
            odd.push(package.to_owned());
        }
    }
    odd
}

#[test]
fn a_package_without_its_hash_is_found() {
    let hash = "    --hash=sha256:".to_owned() + &"0".repeat(64);
    assert_eq!(without_hash(&format!("a==1 \\\n{hash}\nb==2 \\\n{hash} \\\n{hash}\n")), Vec::<String>::new());
    assert_eq!(
        without_hash(&format!("a==1\nb>=2 \\\n{hash}\nc==3 \\\n    --hash=md5:0\n")),
        ["a==1", "b>=2 \\", "c==3 \\"]
    );
}

#[test]
fn each_package_of_each_list_of_pip_has_its_hash() {
    let lists = lists();
    assert!(lists.len() >= 6, "{lists:?}");
    for list in lists {
        assert!(!pins(&list).is_empty(), "{list}");
        assert_eq!(without_hash(&read(&list)), Vec::<String>::new(), "{list}");
    }
}

#[test]
fn what_the_tests_end_to_end_ask_for_is_in_their_list() {
    let held = pins(".ci/python/e2e.txt");
    for (name, version) in pins("tests/e2e/requirements.txt") {
        assert_eq!(held.get(&name), Some(&version), "{name}");
    }
}

#[test]
fn pip_takes_nothing_without_a_hash_and_npm_runs_nothing() {
    let script = read(".ci/tools");
    let lines = [script.as_str(), &read("Makefile")].concat();
    let of = |words: &str| lines.lines().filter(|line| line.contains(words)).map(str::to_owned).collect::<Vec<_>>();
    let pip = of("pip install");
    assert_eq!(pip.len(), 2, "one with pip and one with uv: {pip:?}");
    for line in pip {
        assert!(line.contains(" --require-hashes ") && line.ends_with("-r \"$list\""), "{line}");
    }
    assert!(script.contains("list=.ci/python/$2.txt"), "{script}");
    let npm = of("npm ");
    let npm: Vec<_> = npm.iter().filter(|line| !line.trim().starts_with('#')).collect();
    assert!(npm.len() == 1 && npm[0].contains("npm ci ") && npm[0].contains("--ignore-scripts"), "{npm:?}");
}

#[test]
fn the_locks_of_npm_have_each_hash_and_name_no_registry() {
    for folder in NPM {
        assert_locked(folder);
    }
}

fn assert_locked(folder: &str) {
    let (asked, lock) = (json(&format!("{folder}/package.json")), json(&format!("{folder}/package-lock.json")));
    let packages = lock["packages"].as_object().expect("packages");
    assert_eq!(packages[""]["dependencies"], asked["dependencies"]);
    for (name, version) in asked["dependencies"].as_object().expect("dependencies") {
        assert_eq!(&packages[&format!("node_modules/{name}")]["version"], version, "{name}");
    }
    for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
        assert!(package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")), "{name}");
        assert!(package["resolved"].is_null() && package["hasInstallScript"].is_null(), "{name}");
    }
}
