//! Reading the table without the function: the checks in Python and JavaScript against the library's own.
//!
//! All three must compute the same keys for the address vectors and for every character of Unicode 14 in several places
//! of an address, give the same answer for every address, list and provider in the samples, and take the same names of
//! providers, domains, lists, tenants and streams for possible.

use std::process::Stdio;

use aws_sdk_dynamodb::types::AttributeValue;
use mail_feedback::address::Address;
use mail_feedback::store::Suppressions;
use mail_feedback::suppression::{Context, SoftBounceRules};
use mail_feedback::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use support::database::{Database, Item, SUPPRESSIONS};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::Failure;
use crate::characters::{self, Keys, Ranges};
use crate::names::{self, Scopes};
use crate::world::{BOUNCED, World};

/// A send to ask about.
#[derive(Serialize)]
struct Question {
    address: String,
    provider: &'static str,
    domain: &'static str,
    lists: &'static [&'static str],
    tenant: Option<&'static str>,
    stream: Option<&'static str>,
}

/// The expected output of a program: the keys of the vectors and of the characters, and `scope reason` of each block,
/// one list per question; `refused` for a question about a scope that cannot exist. And the scopes of the named sends.
#[derive(Deserialize)]
struct Answers {
    keys: Vec<Option<String>>,
    characters: Keys,
    scopes: Scopes,
    blocked: Vec<Vec<String>>,
    /// Whether it refuses a text instead of lists, an item that is no record, and a record with a state that only a later
    /// version may know.
    refuses: [bool; 3],
}

/// One of the vectors.
#[derive(Deserialize)]
struct Vector {
    address: String,
    key: Option<String>,
}

/// The key of an item that is no record.
const NO_RECORD: &str = "no-record@example.com";
/// The key of a record with an unknown state.
const UNKNOWN_STATE: &str = "unknown-state@example.com";

/// Runs `check.py`.
const PYTHON: &str = r#"
import json, sys
from check import asked as scopes_of, blocked, normalize
asked = json.load(sys.stdin)
def answer(q):
    try:
        found = blocked(q["address"], q["provider"], q["domain"], q["lists"], q["tenant"], q["stream"])
    except ValueError:
        return ["refused"]
    return sorted(f"{scope} {reason}" for scope, reason, _ in found)
def key(address):
    try:
        return normalize(address)
    except ValueError:
        return None
def scopes(send):
    try:
        return sorted(scopes_of(send["provider"], send["domain"], send["lists"], send["tenant"], send["stream"]))
    except ValueError:
        return None
def refuses(question):
    try:
        question()
    except (KeyError, ValueError):
        return True
    return False
characters = [chr(point) for first, last in asked["ranges"] for point in range(ord(first), ord(last) + 1)]
print(json.dumps({
    "keys": [key(a) for a in asked["addresses"]],
    "characters": [[key(pattern.replace("*", char)) for char in characters] for pattern in asked["patterns"]],
    "scopes": [scopes(send) for send in asked["sends"]],
    "blocked": [answer(q) for q in asked["questions"]],
    "refuses": [refuses(lambda: blocked("a@example.com", "ses", "example.com", "News")),
                refuses(lambda: blocked(asked["no_record"], "ses", "example.com")),
                refuses(lambda: blocked(asked["unknown_state"], "ses", "example.com"))],
}))
"#;

/// Runs `check.mjs`.
const JAVASCRIPT: &str = r#"
import { readFileSync } from "node:fs";
import { asked as scopesOf, blocked, normalize } from "./check.mjs";
const asked = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
for (const q of asked.questions) {
  const found = blocked(q.address, q.provider, q.domain, q.lists, q.tenant ?? undefined, q.stream ?? undefined);
  const named = (entries) => entries.map(([scope, reason]) => `${scope} ${reason}`).sort();
  answers.push(await found.then(named, () => ["refused"]));
}
const key = (address) => { try { return normalize(address); } catch { return null; } };
const scopes = ({ provider, domain, lists, tenant, stream }) => {
  try { return [...scopesOf(provider, domain, lists, tenant ?? undefined, stream ?? undefined)].sort(); } catch { return null; }
};
const refuses = (question) => question.then(() => false, () => true);
const characters = asked.ranges.flatMap(([first, last]) => {
  const start = first.codePointAt(0);
  return Array.from({ length: last.codePointAt(0) - start + 1 }, (_, offset) => String.fromCodePoint(start + offset));
});
console.log(JSON.stringify({
  keys: asked.addresses.map(key),
  characters: asked.patterns.map((pattern) => characters.map((char) => key(pattern.replaceAll("*", () => char)))),
  scopes: asked.sends.map(scopes),
  blocked: answers,
  refuses: [
    await refuses(blocked("a@example.com", "ses", "example.com", "News")),
    await refuses(blocked(asked.no_record, "ses", "example.com")),
    await refuses(blocked(asked.unknown_state, "ses", "example.com")),
  ],
}));
"#;

/// Compares the three checks.
pub async fn compare(world: &World) -> Result<(), Failure> {
    let database = &world.database;
    let root = &world.root;
    let vectors: Vec<Vector> =
        serde_json::from_str(&std::fs::read_to_string(root.join("tests/vectors/addresses.json"))?)?;
    let points: Vec<(u32, u32)> =
        serde_json::from_str(&std::fs::read_to_string(root.join("tests/vectors/unicode-14.json"))?)?;
    let range = |(first, last)| Some((char::from_u32(first)?, char::from_u32(last)?));
    let ranges: Ranges = points.into_iter().map(range).collect::<Option<_>>().ok_or("a range of no characters")?;
    let (questions, sends) = (questions(database).await, names::sends());
    let no_record = Item::from([("address".to_owned(), AttributeValue::S(NO_RECORD.to_owned()))]);
    for item in [no_record, unknown_state(database).await?] {
        database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item)).send().await?;
    }
    let asked = serde_json::json!({
        "addresses": vectors.iter().map(|vector| &vector.address).collect::<Vec<_>>(),
        "patterns": characters::PATTERNS,
        "ranges": &ranges,
        "questions": &questions,
        "sends": &sends,
        "no_record": NO_RECORD,
        "unknown_state": UNKNOWN_STATE,
    })
    .to_string();

    let mut python_check = world.python();
    python_check.args(["-c", PYTHON]).env("PYTHONPATH", root.join("examples"));
    world.beside_packages("check.mjs", &std::fs::read_to_string(root.join("examples/check.mjs"))?)?;
    let mut node_check = world.command("node");
    node_check.arg(world.beside_packages("compare.mjs", JAVASCRIPT)?);
    let (library, python, javascript) = tokio::join!(
        library(database, &vectors, &ranges, &questions),
        run(python_check, database, &asked),
        run(node_check, database, &asked)
    );
    let (library, scopes) = (library?, names::scopes(&sends));
    let (mut agreed, mut impossible) = (usize::MAX, 0);
    for (name, answers) in [("python", python?), ("javascript", javascript?)] {
        if (answers.refuses, library.refuses) != ([true; 3], [true; 3]) {
            return Err(format!("{name} answers what it must refuse: {:?}", answers.refuses).into());
        }
        if (&answers.keys, &answers.blocked) != (&library.keys, &library.blocked) {
            let [other, own] = [&answers, &library].map(|answers| format!("{:?}\n{:?}", answers.keys, answers.blocked));
            return Err(format!("{name} answers otherwise than the library:\n{other}\n{own}").into());
        }
        let compared = characters::compare(&ranges, &library.characters, &answers.characters);
        agreed = agreed.min(compared.map_err(|lines| format!("{name} has other keys than the library:\n{lines}"))?);
        let compared = names::compare(&sends, &scopes, &answers.scopes);
        impossible = compared.map_err(|lines| format!("{name} has other scopes than the library:\n{lines}"))?;
    }
    let blocked = library.blocked.iter().filter(|blocks| !blocks.is_empty() && **blocks != ["refused"]).count();
    println!("3 checks agree on {} keys and {} sends, {blocked} of them blocked,", vectors.len(), questions.len());
    println!("on the keys of {agreed} addresses with each character of Unicode 14,");
    println!("and on the scopes of {} sends, {impossible} of which name what cannot exist", sends.len());
    Ok(())
}

/// The provider, the lists, the tenant and the stream of a send.
type Send = (&'static str, &'static [&'static str], Option<&'static str>, Option<&'static str>);

/// The sends: through each provider, to lists of the samples, and those that name what cannot exist.
const SENDS: &[Send] = &[
    ("ses", &["Newsletter"], None, None),
    ("SES", &["list:ses:Newsletter/Offers"], Some("Acme"), Some("Marketing")),
    ("ses", &["Newsletter/Offers", "list:own:weekly"], Some("tenant:ses:acme"), Some("stream:transactional")),
    ("tencent", &["none"], None, Some("marketing")),
    ("mailjet", &["42"], None, None),
    ("mailjet", &["list:Mailjet:42", "43"], None, Some("marketing")),
    ("mailjet", &["list:ses:Newsletter"], None, None),
    ("mailjet", &["list:mailjet"], None, None),
    ("mailjet", &["list:mailjet:"], None, None),
    ("mailjet", &["own:weekly"], None, None),
    ("mailjet", &["*"], None, None),
    ("mailjet", &[""], None, None),
    ("mailjet", &["Newsletter"], None, None),
    ("mailjet", &["42/Offers"], None, None),
    ("mailjet", &["042"], None, None),
    ("ses", &["Newsletter "], None, None),
    ("ses", &["Newsletter/\t"], None, None),
    ("ses", &["list:ses: Newsletter/Offers"], None, None),
    ("ses", &["Newsletter/Offers of the week"], None, None),
    ("ses", &["list:ses:Newsletter/Offers/Shoes"], None, None),
    ("mailjet", &[], Some("Acme"), None),
    ("ses", &[], Some("Acme, Inc."), None),
    ("ses", &[], Some("tenant:mailjet:Acme"), None),
    ("ses", &[], None, Some("spring sale")),
    ("ses", &[], None, Some("")),
    ("mail jet", &[], None, None),
    ("provider:ses", &[], None, None),
];

/// Each of the sends for each address with a record and one without.
async fn questions(database: &Database) -> Vec<Question> {
    let records = database.scan(SUPPRESSIONS).await;
    let addresses = records.keys().map(|key| key.trim().to_uppercase()).chain(["NOBODY@example.com".to_owned()]);
    let of_address = |address: String| {
        let question = move |&(provider, lists, tenant, stream): &Send| Question {
            address: address.clone(),
            provider,
            domain: "example.com",
            lists,
            tenant,
            stream,
        };
        SENDS.iter().map(question)
    };
    addresses.flat_map(of_address).collect()
}

/// A record that blocks every send, with another state.
async fn unknown_state(database: &Database) -> Result<Item, Failure> {
    let key = AttributeValue::S(BOUNCED.to_owned());
    let output = database.client.get_item().table_name(SUPPRESSIONS).key("address", key).send().await?;
    let mut item = output.item.ok_or("no record")?;
    item.insert("address".to_owned(), AttributeValue::S(UNKNOWN_STATE.to_owned()));
    let Some(AttributeValue::M(scopes)) = item.get_mut("suppressions") else { return Err("no suppressions".into()) };
    let entry = scopes.get_mut("*").and_then(|reasons| match reasons {
        AttributeValue::M(reasons) => reasons.values_mut().next(),
        _ => None,
    });
    let Some(AttributeValue::M(entry)) = entry else { return Err("no entry".into()) };
    entry.insert("state".to_owned(), AttributeValue::S("paused".to_owned()));
    Ok(item)
}

async fn library(
    database: &Database,
    vectors: &[Vector],
    ranges: &Ranges,
    questions: &[Question],
) -> Result<Answers, Failure> {
    let rules = SoftBounceRules::default();
    let suppressions = Suppressions::new(database.client.clone(), SUPPRESSIONS.to_owned(), rules);
    let mut blocked = Vec::new();
    for question in questions {
        let context = Context {
            provider: Some(question.provider.to_owned()),
            sender_domain: Some(question.domain.to_owned()),
            lists: question.lists.iter().map(|list| (*list).to_owned()).collect(),
            tenant: question.tenant.map(str::to_owned),
            stream: question.stream.map(str::to_owned),
        };
        let Ok(asked) = context.scopes() else {
            blocked.push(vec!["refused".to_owned()]);
            continue;
        };
        let address = Address::parse(&question.address).ok_or("an address in a sample is invalid")?;
        let verdict = suppressions.check(&address, &asked, Timestamp::now()).await?;
        let mut blocks: Vec<_> =
            verdict.blocks.iter().map(|block| format!("{} {}", block.scope, block.reason)).collect();
        blocks.sort();
        blocked.push(blocks);
    }
    let everything = Context::default().scopes().map_err(|error| error.to_string())?;
    let mut refuses = [true; 3];
    for (refused, key) in refuses.iter_mut().skip(1).zip([NO_RECORD, UNKNOWN_STATE]) {
        let address = Address::parse(key).ok_or("an address")?;
        *refused = suppressions.check(&address, &everything, Timestamp::now()).await.is_err();
    }
    let keys = vectors.iter().map(|vector| {
        let key = Address::parse(&vector.address).map(|address| address.as_str().to_owned());
        if key == vector.key { Ok(key) } else { Err(format!("{} has the key {key:?}", vector.address)) }
    });
    let keys = keys.collect::<Result<_, _>>()?;
    let ranges = ranges.clone();
    let characters = tokio::task::spawn_blocking(move || characters::keys(&ranges)).await?;
    Ok(Answers { keys, characters, scopes: Vec::new(), blocked, refuses })
}

async fn run(mut command: Command, database: &Database, asked: &str) -> Result<Answers, Failure> {
    command
        .env("AWS_ENDPOINT_URL_DYNAMODB", database.endpoint())
        .env("SUPPRESSION_TABLE", SUPPRESSIONS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn()?;
    child.stdin.take().ok_or("no standard input")?.write_all(asked.as_bytes()).await?;
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        return Err(format!("a check failed: {}", output.status).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let last: Value = serde_json::from_str(text.lines().last().ok_or("a check prints nothing")?)?;
    Ok(serde_json::from_value(last)?)
}
