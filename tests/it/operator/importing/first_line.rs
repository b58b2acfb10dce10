//! What the first line of a list may be, and what it says about the others.

use super::*;

#[tokio::test]
async fn a_list_of_another_format_stops_at_its_first_line() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "csv",
            "email,why\na@example.com,complaint\n",
            "line 1: no columns address and reason; found: email,why; name the",
        ),
        ("csv", "\n\naddress,why\na@example.com,complaint\n", "line 3: no column reason; found: address,why; name the"),
        ("csv", "address;reason\na@example.com;complaint\n", "found semicolons instead of commas; save the list with"),
        ("csv", "address\treason\n", "found tabs instead of commas"),
        (
            "csv",
            "a@example.com\nb@example.com\n",
            "line 1: no columns address and reason; found 1 field, an address among",
        ),
        ("csv", "a@example.com,complaint\n", "found 2 fields, an address among them"),
        ("csv", "\"address,reason\n", "line 1: a quote is not closed; found: \"address,reason"),
        (
            "csv",
            "address,reason,note\ra@example.com,complaint,x\rb@example.com,complaint,x",
            "line 1: found carriage returns as line ends; save the list with line feeds",
        ),
        (
            "ndjson",
            "{\n  \"address\": \"a@example.com\"\n}\n",
            "line 1: not JSON (column 1); write one JSON object per line",
        ),
        ("ndjson", "{\"email\":\"a@example.com\"}\n", "line 1: a field is missing or of the wrong type"),
        ("ses", "{\"Address\":\"a@example.com\"}\n", "line 1: a field is missing or of the wrong type"),
        ("ndjson", "address,reason\n", "line 1: not a list in the format ndjson; found: address,reason"),
        ("ses", "a@example.com\n", "line 1: not a list in the format ses; found 1 field, an address among them"),
        ("ses", "email,type\n", "line 1: not a list in the format ses; found: email,type"),
        ("mailjet", "Name,Date\n", "line 1: not a list in the format mailjet; found: Name,Date"),
        ("mailjet", "Email;Date\na@example.com;2026-01-01\n", "found semicolons instead of commas"),
        ("mailjet", "a@example.com;2026-01-01\n", "found semicolons instead of commas"),
    ];
    let world = World::new().await;
    for (format, text, expected) in cases {
        let ran = import(&world, text, &["--at", "2026-01-01", "--format", format]).await;
        let failure = ran.outcome.expect_err(text);
        assert!(failure.contains(expected) && failure.starts_with("line "), "{format} {text:?}: {failure}");
        assert!(!failure.contains("a@example.com"), "no address is shown: {failure}");
    }
    assert!(world.records().await.is_empty());
}

/// A list of bytes, and what its refusal says.
type Foreign = (&'static [u8], &'static str);

#[tokio::test]
async fn a_list_that_is_not_text_stops_at_its_first_line() {
    let world = World::new().await;
    let long = "x".repeat(65_537);
    let cases: [Foreign; 9] = [
        (
            b"Adresse,Gr\xfcnd\na@example.com,complaint\n",
            "line 1: not UTF-8; found: Adresse,Gr\u{fffd}nd; save the list",
        ),
        (b"\n\nj\xf6rg@example.com,complaint\n", "line 3: not UTF-8; found 2 fields, an address among them; save the"),
        (b"\xff\xfea\0d\0d\0\n\0", "line 1: found UTF-16 instead of text in UTF-8; save the list as text in UTF-8"),
        (b"\xfe\xff\0a\0d\0d\0\n", "line 1: found UTF-16 instead of text"),
        (b"a\0d\0d\0\n\0", "line 1: found zero bytes, as in UTF-16, instead of text"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0\n", "line 1: found a spreadsheet or a zip archive instead of text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\n", "line 1: found a spreadsheet instead of text"),
        (b"\x1f\x8b\x08\0\n", "line 1: found a gzip archive instead of text"),
        (long.leak().as_bytes(), "line 1: longer than 65536 bytes"),
    ];
    for format in ["csv", "ndjson", "ses", "mailjet"] {
        for (text, expected) in cases {
            let ran = import(&world, text, &["--at", "2026-01-01", "--format", format]).await;
            let failure = ran.outcome.expect_err(expected);
            assert!(failure.starts_with(expected) && ran.err.is_empty(), "{format}: {failure} {}", ran.err);
            assert!(!failure.contains("example.com"), "no address is shown: {failure}");
        }
    }
    assert!(world.records().await.is_empty());
}

#[tokio::test]
async fn a_later_line_that_is_not_text_is_rejected_alone() {
    let world = World::new().await;
    let mut text = list(1).into_bytes();
    text.extend(b"j\xf6rg@example.com,complaint,2026-01-01\n");
    text.extend(format!("{}@example.com,complaint,2026-01-01\n", "x".repeat(70_000)).bytes());
    text.extend(b"jane@example.com,complaint,2026-01-01");
    let ran = import(&world, text, &[]).await;
    assert_eq!(ran.err, "line 3: not UTF-8\nline 4: longer than 65536 bytes\n");
    assert_eq!(ran.out, "2 rows imported, 2 new suppressions, 2 rows rejected\n");
}

#[tokio::test]
async fn a_list_without_times_stops_at_its_first_line() {
    let world = World::new().await;
    for (format, text, expected) in [
        (
            "csv",
            "address,reason\na@example.com,complaint\n",
            "line 1: no column since or at, and no --at; found: address,reason; name the column, as --column since=date, or \
             give the time of all rows, as --at 2026-01-01",
        ),
        ("csv", "\ndate,reason,address\n", "line 2: no column since or at, and no --at; found: date,reason,address"),
        (
            "ses",
            "a@example.com,BOUNCE\n",
            "line 1: a list of address,BOUNCE or address,COMPLAINT has no times; give the",
        ),
        ("ses", "emailAddress,reason\n", "line 1: a list of address,BOUNCE or address,COMPLAINT has no times"),
        ("mailjet", "a@example.com\n", "an exclusion list has no times; give the time of its rows with --at <time>"),
    ] {
        let failure = import(&world, text, &["--format", format]).await.outcome.expect_err(text);
        assert!(failure.starts_with(expected), "{format} {text:?}: {failure}");
    }
    let failure = import(&world, list(1), &["--at", "2026-11-21"]).await.outcome.unwrap_err();
    assert!(failure.starts_with("--at is in the future"), "{failure}");
    for (format, text, more) in [
        ("csv", "address,reason\na@example.com,complaint\n", &["--at", "2026-01-01"][..]),
        ("csv", "address,reason,at\nb@example.com,complaint,2026-01-01\n", &[]),
        ("csv", "address,reason,date\nc@example.com,complaint,2026-01-01\n", &["--column", "since=date"]),
        ("csv", "d@example.com,*,complaint,2026-01-01\n", &[]),
        (
            "ses",
            "{\"EmailAddress\":\"e@example.com\",\"Reason\":\"BOUNCE\",\"LastUpdateTime\":\"2026-01-01T00:00:00Z\"}",
            &[],
        ),
    ] {
        let ran = import(&world, text, &[&["--format", format], more].concat()).await;
        assert_eq!(ran.outcome, Ok(Outcome::Done), "{text}: {}", ran.err);
    }
    assert_eq!(world.records().await.len(), 5);
}

#[tokio::test]
async fn columns_may_have_other_names_and_any_case() {
    let world = World::new().await;
    let text = "Since,E-Mail,Status,Name\n2026-01-01,jane@example.com,complaint,Jane\n";
    let ran = import(&world, text, &["--column", "address=E-mail", "--column", "reason=status"]).await;
    assert_eq!(ran.out, "1 row imported, 1 new suppression, 0 rows rejected\n");
    let failure = import(&world, text, &["--column", "address=mail"]).await.outcome.unwrap_err();
    assert!(failure.starts_with("line 1: no columns mail and reason; found: Since,E-Mail,Status,Name;"), "{failure}");
    let failure = import(&world, text, &["--column", "address=a", "--format", "ndjson"]).await.outcome.unwrap_err();
    assert!(failure.starts_with("only csv has a header row"), "{failure}");
    for (wrong, words) in
        [("email=address", "no such column; the columns are address,"), ("address", "such as address=name")]
    {
        let args = ["mail-feedbackctl", "import", "--source", "old", "--column", wrong];
        let said = Cli::try_parse_from(args).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn rows_without_a_header_row_have_the_columns_of_an_export() {
    let world = World::new().await;
    world.record(&[complaint("2026-11-01T09:00:00Z")]).await;
    let exported = world.run_ok(&["export"]).await;
    let (_, row) = exported.split_once('\n').unwrap();
    let other = World::new().await;
    assert_eq!(import(&other, row, &[]).await.outcome, Ok(Outcome::Done));
    assert_eq!(other.run_ok(&["export"]).await, exported);
}

#[tokio::test]
async fn a_column_or_a_name_given_twice_is_refused() {
    let world = World::new().await;
    for (first, second, twice) in
        [("since=date", "at=date", "date"), ("since=date", "at=Date", "Date"), ("address=a", "address=b", "address")]
    {
        let ran = import(&world, list(1), &["--column", first, "--column", second]).await;
        let expected = format!("--column names {twice} twice; give each column and each name once");
        assert_eq!(ran.outcome, Err(expected), "{first} {second}");
    }
}
