//! Foreign text in the output for spreadsheets, files, programs and terminals.

use super::*;

/// Characters that change the direction of text or control a terminal, including C1, and may be in an address.
const CONTROL_CHARACTERS: &str = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}";

async fn import(world: &World, format: &str, text: &str) -> String {
    let path = file(&format!("output-{}.{format}", text.len()), text);
    let import = ["import", "--format", format, "--at", "2026-01-01", "--source", "old", "--file", &path];
    let out = world.run_ok(&import).await;
    std::fs::remove_file(path).unwrap();
    out
}

/// One row per code, with a numbered address.
async fn with_codes(codes: &[&str]) -> World {
    let world = World::new().await;
    let row = |(n, code): (usize, &&str)| {
        json!({"address": format!("{n:02}@example.com"), "reason": "complaint", "since": "2026-01-01", "code": code})
            .to_string()
    };
    import(&world, "ndjson", &codes.iter().enumerate().map(row).collect::<Vec<_>>().join("\n")).await;
    world
}

fn sorted(lines: &str) -> Vec<String> {
    let mut lines: Vec<_> = lines.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn lists_for_programs_contain_exact_addresses() {
    let world = World::new().await;
    let addresses = ["'+x@example.com", "'x@example.com", "+tag@example.com", "=1@example.com", "－x@example.com"];
    for address in addresses {
        world.run_ok(&["suppress", address, "--reason", "hard_bounce", "--actor", "ops"]).await;
    }
    for (format, rest) in [("ses", ",BOUNCE"), ("mailjet", "")] {
        let exported = world.run_ok(&["export", "--format", format]).await;
        assert_eq!(sorted(&exported), addresses.map(|address| format!("{address}{rest}")), "{format}");
        let other = World::new().await;
        import(&other, format, &exported).await;
        let mut keys: Vec<_> = other.records().await.iter().map(|record| text(record, "address").to_owned()).collect();
        keys.sort_unstable();
        assert_eq!(keys, addresses, "{format}");
    }
}

#[tokio::test]
async fn no_cell_begins_a_formula_wherever_a_spreadsheet_splits() {
    let codes = [
        "=1+1",
        "x;=1+1",
        "x; =1",
        "x;\"=1",
        "x;;-1",
        "＝1",
        "＋1",
        "－1",
        "＠A1",
        "x;＝1",
        "'=1",
        "''",
        "x;'",
        "x;'=1",
        "'",
        "x;'y",
        "\u{3000}=1",
        "550 5.1.1; unknown",
        "a, =b",
        "don't",
        "\u{feff}=1",
    ];
    let world = with_codes(&codes).await;
    world.run_ok(&["suppress", "\"x;=1\"@example.com", "--reason", "manual", "--actor", "ops"]).await;
    let tab = with_codes(&["x\t=1"]).await.run_ok(&["export"]).await;
    assert!(tab.ends_with(",x =1\n"), "{tab:?}");

    let exported = world.run_ok(&["export"]).await;
    for separator in [';', '\t'] {
        for cell in exported.split(['\n', separator]) {
            let begin = cell.trim_start_matches(|char: char| char.is_whitespace() || char == '"');
            assert!(!begin.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{separator:?}: {cell}");
        }
    }
    for code in ["=1+1", "＝1", "＠A1"] {
        assert!(exported.contains(&format!(",'{code}\n")), "{code}: {exported}");
    }
    let other = World::new().await;
    import(&other, "csv", &exported).await;
    assert_eq!(other.run_ok(&["export"]).await, exported);
    let as_json = |world: World| async move { sorted(&world.run_ok(&["export", "--format", "ndjson"]).await) };
    assert_eq!(as_json(other).await, as_json(world).await, "as it was, to the letter");
}

#[tokio::test]
async fn control_characters_are_escaped_for_programs_and_spaces_for_people() {
    let address = format!("a{CONTROL_CHARACTERS}b@example.com");
    let code = format!("{CONTROL_CHARACTERS}\u{2028}\u{7f}\u{80}\u{9b}31m");
    let world = World::new().await;
    let row = json!({"address": address, "reason": "complaint", "since": "2026-01-01", "code": code}).to_string();
    import(&world, "ndjson", &row).await;
    let is_control = |char: char| CONTROL_CHARACTERS.contains(char) || char.is_control() && char != '\n';
    for args in [
        &["check", &address][..],
        &["explain", &address],
        &["message", "ses", &address],
        &["export", "--json"],
        &["export", "--format", "ndjson"],
        &["export", "--format", "ses", "--json"],
        &["check", "--json", &address],
        &["explain", "--json", &address],
        &["suppress", "--json", &address, "--reason", "manual", "--actor", CONTROL_CHARACTERS],
        &["suppress", &address, "--reason", "manual", "--actor", CONTROL_CHARACTERS],
        &["forget", "--json", &address, "--yes"],
    ] {
        let ran = world.run(args).await;
        assert!(
            !ran.out.contains(is_control) && !ran.err.contains(is_control),
            "{args:?}: {:?} {:?}",
            ran.out,
            ran.err
        );
        if args.contains(&"--json") || args.contains(&"ndjson") {
            assert!(ran.out.contains(r"a\u061c\u200e\u200f\u202a\u202e\u2066\u2069b"), "{args:?}: {}", ran.out);
            let line: Value = serde_json::from_str(&ran.out).unwrap();
            let named = line.get("address").or_else(|| line.get("emailAddress")).unwrap();
            assert_eq!(named, &Value::from(address.as_str()), "{args:?}");
        }
    }
    let row: Value =
        serde_json::from_str(Box::pin(world.run_ok(&["export", "--json"])).await.lines().next().unwrap()).unwrap();
    assert_eq!(row["code"], Value::from(code));
}
