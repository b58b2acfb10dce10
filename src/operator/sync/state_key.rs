//! Which list and which table a file of the state is about, and where the file is.

use std::env::var_os;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::super::failure::Failure;
use super::super::ses::ListName;

/// A list of SES, and the table that it is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StateKey {
    account: String,
    region: String,
    table: String,
    tenant: Option<String>,
}

impl StateKey {
    pub(super) fn new(account: String, region: String, table: &str, list: &ListName) -> Self {
        Self { account, region, table: table.to_owned(), tenant: list.tenant().map(str::to_owned) }
    }

    /// Where its file is, unless the command line says so.
    pub(super) fn default_path(&self) -> Result<PathBuf, Failure> {
        let set = |name: &str| var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")));
        let folder =
            folder.ok_or_else(|| Failure::new("neither XDG_STATE_HOME nor HOME is set; give a file with --state"))?;
        let Self { account, region, table, tenant } = self;
        // None of the names has a plus sign.
        let tenant = tenant.as_ref().map(|tenant| format!("+{tenant}")).unwrap_or_default();
        Ok(folder.join("mail-feedbackctl").join(format!("sync-ses+{account}+{region}+{table}{tenant}.jsonl")))
    }
}

impl fmt::Display for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, region, table, tenant } = self;
        write!(f, "account {account}, region {region}, table {table}, ")?;
        match tenant {
            Some(tenant) => write!(f, "tenant {tenant}"),
            None => f.write_str("no tenant"),
        }
    }
}
