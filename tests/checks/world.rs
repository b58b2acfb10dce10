//! The tables with the records of all samples, the function `check` on them, and the programs that ask it.

use std::path::{Path, PathBuf};

use harness::function::{environment, handler, invoke};
use mail_feedback::address::Address;
use mail_feedback::event::Reason;
use mail_feedback::suppression::{Decision, Scope};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::FOLDER;
use support::database::Database;
use support::invoke_api::{InvokeApi, Target};
use support::runtime_api::Function;
use support::samples;
use tokio::process::Command;

use crate::Failure;

/// The function's name and alias.
pub const CHECK: &str = "mail-feedback-check:live";
/// The function without its table.
pub const NO_TABLE: &str = "no-table";
/// No function.
pub const MISSING: &str = "missing";
/// Functions with answers that `check` never gives, or gives about an item that is not a record.
pub const SENSELESS: [&str; 5] = ["null", "no-results", "empty-results", "unknown", "text"];

/// An address without a record.
pub const FREE: &str = "nobody@example.com";
/// An address that is blocked for every send.
pub const BOUNCED: &str = "bounced@example.com";
/// An address that is blocked for the list Newsletter.
pub const LEFT: &str = "left@example.com";

/// The tables, and the folder with the packages of the languages.
pub struct World {
    /// The repository.
    pub root: PathBuf,
    /// Both tables.
    pub database: Database,
    folder: PathBuf,
}

impl World {
    /// Fills the tables.
    pub async fn start(folder: PathBuf) -> Result<Self, Failure> {
        let database = Database::start().await;
        let function = handler(&database, &environment(&database));
        for sample in samples::all() {
            invoke(&function, &sample.json).await?;
        }
        let entries = [(BOUNCED, "*", Reason::HardBounce), (LEFT, "list:ses:Newsletter", Reason::Unsubscribe)];
        for (address, scope, reason) in entries {
            let scope = Scope::parse(scope)?;
            let decision = Decision { scope, reason, until: None, actor: "checks".to_owned(), note: None };
            let address = Address::parse(address).ok_or("no address")?;
            function.recorder.suppress(&address, &decision, Timestamp::now()).await?;
        }
        Ok(Self { root: Path::new(env!("CARGO_MANIFEST_DIR")).to_owned(), database, folder: folder.canonicalize()? })
    }

    /// Starts the function, and Lambda's API in front of it.
    pub async fn api(&self) -> InvokeApi {
        let functions = [(CHECK, None), (NO_TABLE, Some(("SUPPRESSION_TABLE", "missing")))];
        let mut targets = Vec::new();
        for (name, setting) in functions {
            let mut settings = environment(&self.database);
            let own = [("_HANDLER", "check")].into_iter().chain(setting);
            settings.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
            let function = Function::start(Path::new(env!("CARGO_BIN_EXE_mail-feedback")), &settings).await;
            targets.push((name.to_owned(), Target::Function(Box::new(function))));
        }
        let result = |allowed: Value| json!({"results": [{"address": FREE, "key": FREE, "allowed": allowed}]});
        let answers =
            [Value::Null, json!({}), json!({"results": []}), result(Value::Null), result(Value::from("true"))];
        let answers = SENSELESS.into_iter().zip(answers);
        targets.extend(answers.map(|(name, answer)| (name.to_owned(), Target::Answer(answer))));
        InvokeApi::start(targets).await
    }

    /// A program with credentials, and no setting of the caller's account.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"] {
            command.env_remove(name);
        }
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            command.env(name, "local");
        }
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            command.env(name, "us-east-1");
        }
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env("PATH", format!("{}:{path}", self.folder.join("bin").display()))
            .env("AWS_MAX_ATTEMPTS", "1")
            .env("AWS_CA_BUNDLE", FOLDER.join("root.pem"))
            .kill_on_drop(true);
        command
    }

    /// Python with the packages.
    pub fn python(&self) -> Command {
        let mut python = self.command("python");
        python.arg("-B");
        python
    }

    /// Writes a module next to the packages of Node.js, which searches for them from the module's folder.
    pub fn beside_packages(&self, name: &str, code: &str) -> Result<PathBuf, Failure> {
        let path = self.folder.join(name);
        std::fs::write(&path, code)?;
        Ok(path)
    }
}
