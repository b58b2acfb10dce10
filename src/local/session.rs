//! What `make run` leaves in `target/local` while it runs, for other programs.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use support::database::{EVENTS, SUPPRESSIONS};

use super::Failure;
use super::check::NAME;

/// The failure of a command that needs `make run`.
pub(super) const NOT_RUNNING: &str = "`make run` is not running; start it in another terminal";

/// The folder of a run.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/local")
}

/// Where a run is listening.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Session {
    /// The function.
    pub(super) function: SocketAddr,
    /// Lambda's API in front of the function `check`.
    pub(super) check: SocketAddr,
    /// DynamoDB.
    pub(super) database: SocketAddr,
}

impl Session {
    /// The session of the current run.
    pub(super) fn read() -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path()).map_err(|_| NOT_RUNNING)?;
        let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix("=http://"));
        let address = |name: &str| value(name)?.parse().ok();
        let session = || {
            Some(Self {
                function: address("FUNCTION_URL")?,
                check: address("AWS_ENDPOINT_URL_LAMBDA")?,
                database: address("AWS_ENDPOINT_URL_DYNAMODB")?,
            })
        };
        session().ok_or_else(|| "the files of `make run` are incomplete; restart it".into())
    }

    /// Writes the session; it exists as long as the returned guard.
    pub(super) fn write(&self) -> Result<Written, Failure> {
        if let Ok(other) = Self::read()
            && TcpStream::connect(other.database).is_ok_and(|_| other.database != self.database)
        {
            return Err(format!("`make run` is already running, at http://{}; stop it first", other.function).into());
        }
        let Self { function, check, database } = self;
        let text = format!(
            "FUNCTION_URL=http://{function}\nAWS_ENDPOINT_URL_LAMBDA=http://{check}\nCHECK_FUNCTION_NAME={NAME}\n\
             AWS_ENDPOINT_URL_DYNAMODB=http://{database}\nEVENT_TABLE={EVENTS}\nSUPPRESSION_TABLE={SUPPRESSIONS}\n"
        );
        std::fs::create_dir_all(folder())?;
        std::fs::write(path(), &text)?;
        Ok(Written(text))
    }
}

/// A session that has been written.
pub(super) struct Written(String);

impl Drop for Written {
    /// Removes the session, unless another run has written its own since.
    fn drop(&mut self) {
        if std::fs::read_to_string(path()).is_ok_and(|text| text == self.0) {
            // Nothing can be done if even this fails.
            drop(std::fs::remove_file(path()));
        }
    }
}

/// `mail-feedbackctl --local` reads this file, too.
fn path() -> PathBuf {
    folder().join("environment")
}
