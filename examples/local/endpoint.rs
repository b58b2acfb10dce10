//! Where the database of this program is, for `mail-feedbackctl --local`.

use std::io::Error;
use std::path::{Path, PathBuf};

use support::database::{EVENTS, SUPPRESSIONS};

/// The file that says it, as long as this lives.
pub struct Endpoint {
    path: PathBuf,
    text: String,
}

impl Endpoint {
    /// Writes the file.
    pub fn write(endpoint: &str) -> Result<Self, Error> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join("local-endpoint");
        let text =
            format!("AWS_ENDPOINT_URL_DYNAMODB={endpoint}\nEVENT_TABLE={EVENTS}\nSUPPRESSION_TABLE={SUPPRESSIONS}\n");
        std::fs::write(&path, &text)?;
        Ok(Self { path, text })
    }
}

impl Drop for Endpoint {
    /// Removes the file, unless another run has written its own since.
    fn drop(&mut self) {
        if std::fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            // Nothing is left to do when even this fails.
            drop(std::fs::remove_file(&self.path));
        }
    }
}
