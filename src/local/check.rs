//! The function `check` beside the other, behind Lambda's API.

use support::database::Database;
use support::environment::environment;
use support::invoke_api::{InvokeApi, Target};
use support::runtime_api::Function;

use super::Failure;

/// Its name in Lambda's API.
pub(super) const NAME: &str = "check";

/// Starts it on the tables of a run, at a free port; it is not rebuilt when the source changes.
pub(super) async fn start(database: &Database) -> Result<InvokeApi, Failure> {
    let program = std::env::current_exe()?.with_file_name("mail-feedback");
    if !program.exists() {
        return Err("the function is not built; start this by `make run`".into());
    }
    let mut settings = environment(database);
    settings.push(("_HANDLER".to_owned(), NAME.to_owned()));
    let function = Function::start(&program, &settings).await;
    Ok(InvokeApi::start([(NAME.to_owned(), Target::Function(Box::new(function)))]).await)
}
