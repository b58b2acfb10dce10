//! The command line.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand};

use super::cli_ses::{LiftAtSesArgs, SuppressAtSesArgs, SyncArgs, TypedAddress, typed};
use super::format::Format;
use super::header_row::Renamed;
use super::help::{EXPORT_HELP, HELP, IMPORT_HELP, REDRIVE_HELP, SYNC_HELP, UNSUBSCRIBE_LINK_HELP};
use super::values::{actor, address, domain, key_id, link_scope, note, reason_parser, time};
use crate::address::Address;
use crate::event::Reason;
use crate::suppression::Scope;
use crate::timestamp::Timestamp;
use crate::unsubscribe::{KeyId, LinkScope};

/// The version of this program.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The heading of the options that every command takes.
const GLOBAL: &str = "Global options";

/// The version of this program, with the commit it was built from if the build recorded it.
fn version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| match option_env!("MAIL_FEEDBACK_COMMIT") {
        Some(commit) => format!("{VERSION} ({commit})"),
        None => format!("{VERSION} (built without MAIL_FEEDBACK_COMMIT)"),
    });
    &TEXT
}

/// Looks up suppressions and events of mail-feedback, and changes suppressions.
#[derive(Debug, Parser)]
#[command(name = "mail-feedbackctl", version = version(), after_help = HELP, arg_required_else_help = true)]
pub struct Cli {
    /// The event table (output `EventTableName` of the stack)
    #[arg(long, global = true, env = "EVENT_TABLE", value_name = "NAME", help_heading = GLOBAL)]
    pub event_table: Option<String>,
    /// The suppression table (output `SuppressionTableName` of the stack)
    #[arg(long, global = true, env = "SUPPRESSION_TABLE", value_name = "NAME", help_heading = GLOBAL)]
    pub suppression_table: Option<String>,
    /// Use the tables of `make run`, whatever else is set
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub local: bool,
    /// Print JSON for programs: one document, or one per line
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A command on the tables.
    #[command(flatten)]
    Tables(TableCommand),
    /// Print the tables, URLs and settings of a stack as `export` lines for a shell
    #[command(after_help = "Example:\n  eval \"$(mail-feedbackctl env --stack mail-feedback)\"")]
    Env(EnvArgs),
    /// Print the header fields of a mail with a one-click unsubscribe link
    #[command(after_help = UNSUBSCRIBE_LINK_HELP)]
    UnsubscribeLink(UnsubscribeLinkArgs),
    /// Show what is in a stack's failure queues and why, and send it through the function again
    #[command(after_help = REDRIVE_HELP)]
    Redrive(RedriveArgs),
}

/// A command on the tables.
#[derive(Debug, Subcommand)]
pub enum TableCommand {
    /// Check whether addresses may be mailed, and if not, why
    #[command(after_help = "Examples:
  mail-feedbackctl check jane@example.com
  mail-feedbackctl check jane@example.com john@example.com --provider ses --domain example.com --list Newsletter
  mail-feedbackctl check jane@example.com --provider ses --tenant Acme --stream marketing --list list:own:weekly

The answer covers the scopes that it names; suppressions in other scopes are listed, too.")]
    Check(CheckArgs),
    /// Show the history of an address and what blocks it
    #[command(after_help = "Example:\n  mail-feedbackctl explain jane@example.com")]
    Explain(ExplainArgs),
    /// Show what happened to a message
    #[command(after_help = "Examples:
  mail-feedbackctl message ses 0100017e5d6f2b3c-1a2b3c4d-000000
  mail-feedbackctl message mailjet 57221487368978984")]
    Message(MessageArgs),
    /// Suppress an address
    #[command(after_help = "Examples:
  mail-feedbackctl suppress jane@example.com --note 'asked us to stop'
  mail-feedbackctl suppress jane@example.com --reason complaint --note 'called us'
  mail-feedbackctl suppress jane@example.com --scope domain:example.com --until 2030-01-01
  mail-feedbackctl suppress jane@example.com --reason complaint --at-provider complaint")]
    Suppress(SuppressArgs),
    /// Lift a suppression; an older report that arrives again does not restore it
    #[command(after_help = "Examples:
  mail-feedbackctl lift jane@example.com --reason hard_bounce --note 'mailbox is back'
  mail-feedbackctl lift jane@example.com --reason unsubscribe --scope list:ses:Newsletter --actor jane.doe
  mail-feedbackctl lift jane@example.com --reason hard_bounce --at-provider")]
    Lift(LiftArgs),
    /// Write all current suppressions
    #[command(after_help = EXPORT_HELP)]
    Export(ExportArgs),
    /// Import suppressions from a list; importing it again changes nothing
    #[command(after_help = IMPORT_HELP)]
    Import(ImportArgs),
    /// Compare SES's own suppression list with the suppression table, and apply to either what only the other has
    #[command(after_help = SYNC_HELP)]
    Sync(SyncArgs),
    /// Erase the events and personal texts of an address, but keep its suppressions
    #[command(after_help = "Example:\n  mail-feedbackctl forget jane@example.com --yes")]
    Forget(ForgetArgs),
}

/// The arguments of `check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// The addresses; 100 are read in one request
    #[arg(required = true, value_name = "ADDRESS")]
    pub addresses: Vec<String>,
    /// The provider that would send the mail
    #[arg(long)]
    pub provider: Option<String>,
    /// The domain that the mail would come from
    #[arg(long, value_parser = domain)]
    pub domain: Option<String>,
    /// The list that the mail would go to, as NAME of the provider or as list:PROVIDER:NAME; repeat it for several lists
    #[arg(long = "list", value_name = "LIST")]
    pub lists: Vec<String>,
    /// The topic of that list
    #[arg(long, requires = "lists")]
    pub topic: Option<String>,
    /// The tenant of SES that the mail would be sent for
    #[arg(long)]
    pub tenant: Option<String>,
    /// The stream that the mail would belong to: marketing, transactional …
    #[arg(long)]
    pub stream: Option<String>,
}

/// The arguments of `explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// The address
    #[arg(value_parser = address)]
    pub address: Address,
}

/// The arguments of `message`.
#[derive(Args, Debug)]
pub struct MessageArgs {
    /// The provider that sent it
    #[arg(value_parser = ["ses", "tencent", "mailjet"])]
    pub provider: String,
    /// The provider's id of the message: `messageId` of SES, `bulkId` of Tencent, `MessageID` of Mailjet
    pub id: String,
}

/// The arguments of `lift`.
#[derive(Args, Debug)]
pub struct LiftArgs {
    /// The address
    #[arg(value_parser = typed)]
    pub address: TypedAddress,
    /// The reason
    #[arg(long, value_parser = reason_parser())]
    pub reason: Reason,
    /// Which sends, by whom, and why.
    #[command(flatten)]
    pub decision: DecisionArgs,
    /// What to do at SES.
    #[command(flatten)]
    pub at_ses: LiftAtSesArgs,
}

/// The arguments of `suppress`.
#[derive(Args, Debug)]
pub struct SuppressArgs {
    /// The address
    #[arg(value_parser = address)]
    pub address: Address,
    /// The reason
    #[arg(long, default_value_t = Reason::Manual, value_parser = reason_parser())]
    pub reason: Reason,
    /// Which sends, by whom, and why.
    #[command(flatten)]
    pub decision: DecisionArgs,
    /// When it expires, such as 2030-01-31 or 2030-01-31T12:00:00Z; never, if omitted
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<Timestamp>,
    /// What to do at SES.
    #[command(flatten)]
    pub at_ses: SuppressAtSesArgs,
}

/// The arguments of every manual decision.
#[derive(Args, Debug)]
pub struct DecisionArgs {
    /// The sends it applies to: *, provider:NAME, domain:DOMAIN, stream:STREAM, tenant:ses:TENANT, list:PROVIDER:LIST or
    /// list:PROVIDER:LIST/TOPIC
    #[arg(long, default_value = "*", value_parser = Scope::parse)]
    pub scope: Scope,
    /// Who decides; by default, the identity of your credentials
    #[arg(long, value_name = "NAME", value_parser = actor)]
    pub actor: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = note)]
    pub note: Option<String>,
}

/// The arguments of `export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// The format; csv, or ndjson with --json
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// The arguments of `import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// The format
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub format: Format,
    /// The file; standard input, if omitted
    #[arg(long)]
    pub file: Option<PathBuf>,
    /// Where the list comes from; it becomes the actor of the entries, and is part of each row's identity
    #[arg(long, value_name = "NAME", value_parser = actor)]
    pub source: String,
    /// The name of a csv column in the header row, such as address=email; repeat it for several columns
    #[arg(long = "column", value_name = "COLUMN=NAME", value_parser = Renamed::parse)]
    pub columns: Vec<Renamed>,
    /// The reason of rows that have none
    #[arg(long, value_parser = reason_parser())]
    pub reason: Option<Reason>,
    /// Check every row and count the new suppressions, but write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The time of rows that have neither since nor at: when the list was made
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub at: Option<Timestamp>,
}

/// The arguments of `forget`.
#[derive(Args, Debug)]
pub struct ForgetArgs {
    /// The address
    #[arg(value_parser = address)]
    pub address: Address,
    /// Who decides; by default, the identity of your credentials
    #[arg(long, value_name = "NAME", value_parser = actor)]
    pub actor: Option<String>,
    /// Do it; this cannot be undone
    #[arg(long)]
    pub yes: bool,
}

/// The arguments of `env`.
#[derive(Args, Debug)]
pub struct EnvArgs {
    /// The stack's name
    #[arg(long, env = "STACK", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub stack: String,
}

/// The arguments of `unsubscribe-link`.
#[derive(Args, Debug)]
pub struct UnsubscribeLinkArgs {
    /// The recipient of the mail
    #[arg(value_parser = address)]
    pub address: Address,
    /// What the recipient leaves: list:own:NAME, stream:NAME or domain:DOMAIN
    #[arg(long, value_parser = link_scope)]
    pub scope: LinkScope,
    /// The host of the links, such as u.example.com
    #[arg(long)]
    pub host: String,
    /// The file with the keys, a JSON object from ids to keys; standard input, if omitted
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// The key to sign with; only needed if there are several
    #[arg(long, value_name = "ID", value_parser = key_id)]
    pub key_id: Option<KeyId>,
}

/// The arguments of `redrive`.
#[derive(Args, Debug)]
pub struct RedriveArgs {
    /// The stack's name
    #[arg(long, env = "STACK", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub stack: String,
    /// What to do instead of only looking.
    #[command(flatten)]
    pub step: RedriveStep,
    /// Do it, instead of only showing what would be done
    #[arg(long)]
    pub yes: bool,
    /// How to look.
    #[command(flatten)]
    pub look: LookArgs,
}

/// What a redrive does instead of only looking.
#[derive(Args, Debug)]
pub struct RedriveStep {
    /// Send what is in the queues through the function; with --yes
    #[arg(long)]
    pub send: bool,
    /// Move the parked messages back first
    #[arg(long, requires = "send")]
    pub parked: bool,
    /// Show these messages; with --yes, delete them
    #[arg(long, value_name = "MESSAGE_ID", num_args = 1.., conflicts_with = "send")]
    pub delete: Vec<String>,
    /// Turn the redrive off
    #[arg(long, conflicts_with_all = ["send", "delete"])]
    pub off: bool,
}

/// How to look at messages.
#[derive(Args, Debug)]
pub struct LookArgs {
    /// Show addresses, too; with --json, the whole messages
    #[arg(long)]
    pub personal: bool,
    /// How many messages of each queue to look at
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    pub limit: usize,
}
