//! The programs of `src/guide/ask.md` and the code in the README, exactly as they are there, against the real binary.

use support::page::Page;
use tokio::process::Command;

use crate::Failure;
use crate::programs::{self, Places, Program};
use crate::world::{BOUNCED, CHECK, FREE, MISSING, NO_TABLE, SENSELESS, World};

/// A question of a program.
struct Case {
    /// The name of the function; `None` if nothing listens.
    function: Option<&'static str>,
    addresses: &'static [&'static str],
    expected: Expected,
}

/// What a program must do.
#[derive(Clone, Copy)]
enum Expected {
    /// Exit with a code after it has printed these lines.
    Answer(i32, &'static [&'static str]),
    /// Fail with another code than 0 and 2, and allow nothing.
    NoAnswer,
    /// Fail, and allow nothing.
    Refusal,
}

/// The questions with an answer or none, except those to [`SENSELESS`] functions.
const CASES: [Case; 8] = [
    case(CHECK, &[FREE], Expected::Answer(0, &["allowed nobody@example.com"])),
    case(CHECK, &[BOUNCED], Expected::Answer(2, &["blocked bounced@example.com"])),
    case(
        CHECK,
        &["Jane <Bounced@Example.com>", "\"Doe, Joe\" <joe@example.com>", FREE],
        Expected::Answer(
            2,
            &[
                "blocked Jane <Bounced@Example.com>",
                "allowed \"Doe, Joe\" <joe@example.com>",
                "allowed nobody@example.com",
            ],
        ),
    ),
    case(CHECK, &["no address"], Expected::Answer(2, &["blocked no address"])),
    // The question is malformed.
    case(CHECK, &[], Expected::NoAnswer),
    case(NO_TABLE, &[FREE], Expected::NoAnswer),
    case(MISSING, &[FREE], Expected::NoAnswer),
    Case { function: None, addresses: &[FREE], expected: Expected::NoAnswer },
];

const fn case(function: &'static str, addresses: &'static [&'static str], expected: Expected) -> Case {
    Case { function: Some(function), addresses, expected }
}

/// Asks by each program.
pub async fn run(world: &World) -> Result<(), Failure> {
    let mut api = world.api().await;
    let places = Places { endpoint: api.endpoint(), proxy: api.start_proxy().await };
    let programs = programs::all(world).await?;
    let cases = || {
        let senseless = SENSELESS.into_iter().map(|function| {
            let has_none = matches!(function, "null" | "no-results");
            case(function, &[FREE], if has_none { Expected::NoAnswer } else { Expected::Refusal })
        });
        CASES.into_iter().chain(senseless)
    };
    futures_util::future::try_join_all(programs.iter().map(async |program| {
        for case in cases() {
            ask(world, &places, program, &case).await?;
        }
        Ok::<_, Failure>(())
    }))
    .await?;
    readme(world, &api.endpoint()).await?;
    let names: Vec<_> = programs.iter().map(|program| program.name).collect();
    println!("{} answer {} questions as the page says", names.join(", "), cases().count());
    Ok(())
}

async fn ask(world: &World, api: &Places, program: &Program, case: &Case) -> Result<(), Failure> {
    // No server listens there.
    let nowhere = "http://127.0.0.1:9".to_owned();
    let nowhere = Places { endpoint: nowhere.clone(), proxy: nowhere };
    let mut command = program.command(world, if case.function.is_some() { api } else { &nowhere });
    let output = command.env("CHECK_FUNCTION_NAME", case.function.unwrap_or(CHECK)).args(case.addresses);
    let output = output.output().await?;
    let (code, printed) = (output.status.code(), String::from_utf8(output.stdout)?);
    let lines: Vec<_> = printed.lines().collect();
    let allows_nothing = !printed.contains("allowed");
    let is_expected = match case.expected {
        Expected::Answer(expected, all) => code == Some(expected) && lines == all,
        Expected::NoAnswer => !matches!(code, None | Some(0 | 2)) && allows_nothing,
        Expected::Refusal => !matches!(code, None | Some(0)) && allows_nothing,
    };
    if is_expected {
        return Ok(());
    }
    let (name, function) = (program.name, case.function.unwrap_or("nothing"));
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name} asks {function} about {:?}: {code:?}, {lines:?}\n{errors}", case.addresses).into())
}

/// The code in the README.
async fn readme(world: &World, endpoint: &str) -> Result<(), Failure> {
    let page = Page::read("README.md");
    let heading = "Check before you send";
    let python = page.code(heading, "python");
    if python.lines().count() > 7 {
        return Err("the README has more than seven lines of Python".into());
    }
    let blocked = python.replace("jane@example.com", BOUNCED);
    let program = |code: &str| {
        let mut command = world.python();
        command.args(["-c", code]);
        command
    };
    for (code, expected) in [(&python, "['jane@example.com']"), (&blocked, "[]")] {
        let printed = answer(program(code), endpoint, CHECK).await?;
        if printed.trim() != expected {
            return Err(format!("the Python of the README allows {printed}, and not {expected}").into());
        }
    }
    if let Ok(printed) = answer(program(&python), endpoint, NO_TABLE).await {
        return Err(format!("the Python of the README prints {printed} without an answer").into());
    }
    let mut command = world.command("bash");
    command.env("TMPDIR", env!("CARGO_TARGET_TMPDIR"));
    command.args(["-euo", "pipefail", "-c", &page.code(heading, "console")]);
    let printed = answer(command, endpoint, CHECK).await?;
    if !printed.contains(r#""allowed":true"#) {
        return Err(format!("the command of the README prints {printed}").into());
    }
    Ok(())
}

/// What a command prints.
async fn answer(mut command: Command, endpoint: &str, function: &str) -> Result<String, Failure> {
    command.env("AWS_ENDPOINT_URL_LAMBDA", endpoint).env("CHECK_FUNCTION_NAME", function);
    let output = command.output().await?;
    if !output.status.success() {
        return Err(format!("code of the README fails: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
