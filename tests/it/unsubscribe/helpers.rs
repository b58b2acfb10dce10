//! The functions in `examples/unsubscribe` make the links of the vectors, in every language that this machine has.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::links::VECTORS;

/// Each language: the program that runs it, what it is given first, and the file.
const LANGUAGES: [(&str, &[&str], &str); 6] = [
    ("python3", &["-B"], "unsubscribe.py"),
    ("node", &[], "unsubscribe.mjs"),
    ("php", &[], "unsubscribe.php"),
    ("ruby", &[], "unsubscribe.rb"),
    ("go", &["run"], "unsubscribe.go"),
    ("java", &["-Dfile.encoding=UTF-8"], "Unsubscribe.java"),
];

/// What an example prints for a vector; `None` if the machine does not have the language.
fn printed((program, first, file): (&str, &[&str], &str), vector: &Value) -> Option<String> {
    let text = |field: &str| vector[field].as_str().unwrap().to_owned();
    let id = text("key_id");
    let key = VECTORS["keys"][&id].as_str().unwrap().to_owned();
    let host = VECTORS["host"].as_str().unwrap().to_owned();
    let given = [host, id, key, text("scope"), text("address"), vector["made_at"].to_string()];
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/unsubscribe").join(file);
    let output = Command::new(program).args(first).arg(file).args(given).env("LC_ALL", "C.UTF-8").output().ok()?;
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Compares one language; `false` if the machine does not have it.
fn makes_the_same_links(language: (&str, &[&str], &str)) -> bool {
    for vector in VECTORS["links"].as_array().unwrap() {
        let Some(printed) = printed(language, vector) else {
            // Past the test runner's capture, so that nobody mistakes this for a pass.
            drop(writeln!(std::io::stderr(), "NOT RUN: {}, because {} is missing", language.2, language.0));
            return false;
        };
        let fields = ["List-Unsubscribe", "List-Unsubscribe-Post"];
        let expected = fields.map(|name| format!("{name}: {}\n", vector["headers"][name].as_str().unwrap())).concat();
        assert_eq!(printed, expected, "{}", language.2);
    }
    true
}

/// At once, because compilers and virtual machines take their time.
#[test]
fn each_language_makes_the_same_links() {
    let ran: Vec<bool> = std::thread::scope(|scope| {
        let started = LANGUAGES.map(|language| scope.spawn(move || makes_the_same_links(language)));
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(ran[0], "the build needs Python anyway");
    // Set where every language was installed.
    if std::env::var_os("EVERY_LANGUAGE").is_some() {
        assert!(ran.iter().all(|ran| *ran), "a language of this test is missing: {ran:?}");
    }
}

/// Writes a mail with the fields of the example in Python, as the guide does.
const MAIL: &str = r#"
import sys
from email.message import EmailMessage
from email.policy import SMTP
from unsubscribe import headers

mail = EmailMessage(policy=SMTP.clone(max_line_length=998))
for name, value in headers(*sys.argv[1:]).items():
    mail[name] = value
mail.set_content("text")
sys.stdout.buffer.write(mail.as_bytes())
"#;

/// A folded or encoded field would not be a link for a mail client.
#[test]
fn a_mail_has_each_field_on_one_line_as_it_is() {
    for vector in VECTORS["links"].as_array().unwrap() {
        let field = |name: &str| vector[name].as_str().unwrap();
        let key = VECTORS["keys"][field("key_id")].as_str().unwrap();
        let host = VECTORS["host"].as_str().unwrap();
        let made_at = vector["made_at"].to_string();
        let given = [host, field("key_id"), key, field("scope"), field("address"), &made_at];
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/unsubscribe");
        let python = Command::new("python3").args(["-B", "-c", MAIL]).args(given).env("PYTHONPATH", examples).output();
        let mail = String::from_utf8(python.unwrap().stdout).unwrap();
        for name in ["List-Unsubscribe", "List-Unsubscribe-Post"] {
            let line = format!("{name}: {}", vector["headers"][name].as_str().unwrap());
            assert!(mail.lines().any(|of_mail| of_mail == line), "{line}\n{mail}");
        }
    }
}
