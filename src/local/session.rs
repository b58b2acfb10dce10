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
    /// The session in the folder of a run.
    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path(folder)).map_err(|_| NOT_RUNNING)?;
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

    /// Whether its run is still running: one that was killed leaves its session behind.
    pub(super) fn is_running(&self) -> bool {
        // Not the function, which listens only after its build. Both: the port of one may belong to a stranger by now.
        [self.check, self.database].iter().all(|address| TcpStream::connect(address).is_ok())
    }

    /// Fails if a run with this folder is running.
    pub(super) fn refuse_second(folder: &Path) -> Result<(), Failure> {
        Self::running(folder).map_or(Ok(()), |other| Err(other.refusal()))
    }

    fn running(folder: &Path) -> Option<Self> {
        Self::read(folder).ok().filter(Self::is_running)
    }

    fn refusal(&self) -> Failure {
        let function = self.function;
        format!("`make run` is already running, at http://{function}; stop it first, with Ctrl-C in its terminal")
            .into()
    }

    /// Writes the session; it exists as long as the returned guard.
    pub(super) fn write(&self, folder: &Path) -> Result<Written, Failure> {
        // Two that waited for the same build start at the same time.
        if let Some(other) = Self::running(folder).filter(|other| other.database != self.database) {
            return Err(other.refusal());
        }
        let Self { function, check, database } = self;
        let text = format!(
            "FUNCTION_URL=http://{function}\nAWS_ENDPOINT_URL_LAMBDA=http://{check}\nCHECK_FUNCTION_NAME={NAME}\n\
             AWS_ENDPOINT_URL_DYNAMODB=http://{database}\nEVENT_TABLE={EVENTS}\nSUPPRESSION_TABLE={SUPPRESSIONS}\n"
        );
        std::fs::create_dir_all(folder)?;
        let path = path(folder);
        std::fs::write(&path, &text)?;
        Ok(Written { path, text })
    }
}

/// A session that has been written.
pub(super) struct Written {
    path: PathBuf,
    text: String,
}

impl Drop for Written {
    /// Removes the session, unless another run has written its own since.
    fn drop(&mut self) {
        if std::fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            // Nothing can be done if even this fails.
            drop(std::fs::remove_file(&self.path));
        }
    }
}

/// `mail-feedbackctl --local` reads this file, too.
fn path(folder: &Path) -> PathBuf {
    folder.join("environment")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::Session;

    #[test]
    fn the_session_of_a_killed_run_does_not_count_even_if_one_port_is_used_again() {
        let folder = std::env::temp_dir().join(format!("mail-feedback-session-{}", std::process::id()));
        let [function, check, database] = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [at, check_at, database_at] = [&function, &check, &database].map(|listener| listener.local_addr().unwrap());
        let session = Session { function: at, check: check_at, database: database_at };
        let written = session.write(&folder).unwrap();
        assert_eq!(Session::read(&folder).unwrap(), session);
        Session::refuse_second(&folder).unwrap_err();
        drop(check);
        Session::refuse_second(&folder).unwrap();
        drop(written);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
