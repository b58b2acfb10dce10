//! The file that remembers how far a run came, and from where the next one goes on.
//!
//! One JSON object per line, only ever appended to within a run, so that a run may be killed at any time. It contains
//! digests, and in clear only the spellings of addresses that a person lifted here. Its owner alone may read it.

use std::collections::BTreeMap;
use std::env::var_os;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Error, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::cli_ses::Side;
use super::super::failure::Failure;
use super::super::ses::{ListName, SesReason};
use super::report::Tally;
use super::seen::{Digest, Seen, decode, encode};
use crate::address::Address;
use crate::timestamp::Timestamp;

/// How many digests a line has.
const PART: usize = 1_000;
/// For how many days an interrupted run can be continued.
const RESUMABLE_DAYS: u32 = 1;

/// A line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The runs before.
    Done(Done),
    /// What they saw.
    Seen(String),
    /// What a person lifted here, as SES has it.
    Lifted(Lifted),
    /// A run began.
    Begun(Begun),
    /// A page was compared.
    Page(Page),
    /// An address was put on SES's list.
    Put(String),
    /// An address was looked for on SES's list and is no longer there.
    Gone(Gone),
}

#[derive(Clone, Serialize, Deserialize, Default)]
struct Done {
    /// When the last complete run began.
    mark: Option<String>,
    /// How many entries SES's whole list had.
    entries: Option<u64>,
}

/// An entry of SES's list that a person lifted here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Lifted {
    /// SES's spelling.
    pub(super) spelling: String,
    /// SES's reason, by SES's name.
    reason: String,
    /// SES's time.
    at: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Begun {
    at: String,
    since: Option<String>,
    apply: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Page {
    /// SES's token for the next page; without it, it was the last one.
    next: Option<String>,
    seen: String,
    lifted: Vec<Lifted>,
    tally: Tally,
}

#[derive(Serialize, Deserialize)]
struct Gone {
    digest: String,
    removed: bool,
}

/// A run.
pub(super) struct Run {
    /// When it began.
    pub(super) at: Timestamp,
    /// It reads what SES changed after this time; `None`: all.
    pub(super) since: Option<Timestamp>,
    /// Whether all of SES's list is known at its end.
    pub(super) is_complete: bool,
    /// Whether it goes on from an earlier process.
    pub(super) is_resumed: bool,
    /// Where the next page starts.
    pub(super) token: Option<String>,
    /// Whether all pages were read.
    pub(super) is_listed: bool,
    /// The counts so far.
    pub(super) tally: Tally,
}

/// The file and what it says.
pub(super) struct StateFile {
    path: PathBuf,
    file: File,
    done: Done,
    begun: Option<Begun>,
    /// The addresses on SES's list.
    pub(super) seen: Seen,
    /// The entries that a person lifted here, by key.
    pub(super) lifted: BTreeMap<String, Vec<Lifted>>,
    /// The current run.
    pub(super) run: Run,
}

impl Lifted {
    /// An entry of SES's list.
    pub(super) fn new(spelling: &str, reason: SesReason, at: Timestamp) -> Self {
        Self { spelling: spelling.to_owned(), reason: reason.as_str().to_owned(), at: at.to_string() }
    }

    /// SES's reason and time.
    pub(super) fn entry(&self) -> Option<(SesReason, Timestamp)> {
        let reason = SesReason::ALL.into_iter().find(|reason| reason.as_str() == self.reason)?;
        Some((reason, Timestamp::parse(&self.at)?))
    }
}

/// What a run is asked to read and to do.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    /// Everything again.
    pub(super) from_start: bool,
    /// Only what SES changed after this time.
    pub(super) since: Option<Timestamp>,
    /// Where to write.
    pub(super) apply: Option<Side>,
}

/// Where the file of a list is, unless the command line says so.
pub(super) fn default_path(region: &str, table: &str, list: &ListName) -> Result<PathBuf, Failure> {
    let set = |name: &str| var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")));
    let folder =
        folder.ok_or_else(|| Failure::new("neither XDG_STATE_HOME nor HOME is set; give a file with --state"))?;
    // None of the names has a plus sign.
    let tenant = list.tenant().map(|tenant| format!("+{tenant}")).unwrap_or_default();
    Ok(folder.join("mail-feedbackctl").join(format!("sync-ses+{region}+{table}{tenant}.jsonl")))
}

impl StateFile {
    /// Opens the file, and continues the run that it describes if that is the one wished for, or begins another.
    pub(super) fn open(path: &Path, wish: Wish, now: Timestamp) -> Result<Self, Failure> {
        let failed =
            |error: Error| Failure::new(format!("{}: {error}; give another file with --state", path.display()));
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        }
        let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(failed)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Failure::new(format!(
                "{} is in use: another sync of this list is running; wait until it is done",
                path.display()
            )),
            TryLockError::Error(error) => failed(error),
        })?;
        let mut state = Self {
            path: path.to_owned(),
            file,
            done: Done::default(),
            begun: None,
            seen: Seen::default(),
            lifted: BTreeMap::new(),
            run: Run::new(now, None),
        };
        state.load().map_err(failed)?;
        state.begin(wish, now).map_err(failed)?;
        Ok(state)
    }

    /// The path, for people.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// When the last complete run began.
    pub(super) fn mark(&self) -> Option<Timestamp> {
        self.done.mark.as_deref().and_then(Timestamp::parse)
    }

    /// How many entries SES's list had when it was last read as a whole.
    pub(super) const fn entries(&self) -> Option<u64> {
        self.done.entries
    }

    /// Reads all whole lines; a last one that was cut off is removed.
    fn load(&mut self) -> Result<(), Error> {
        let mut reader = BufReader::new(self.file.try_clone()?);
        let (mut line, mut whole) = (String::new(), 0_u64);
        loop {
            line.clear();
            let bytes = reader.read_line(&mut line)?;
            if bytes == 0 || !line.ends_with('\n') {
                break;
            }
            let read = serde_json::from_str(&line).ok().and_then(|line| self.read(line));
            read.ok_or_else(|| Error::other("not a file of sync, or damaged"))?;
            whole = whole.saturating_add(u64::try_from(bytes).unwrap_or_default());
        }
        self.file.set_len(whole)
    }

    fn read(&mut self, line: Line) -> Option<()> {
        match line {
            Line::Done(done) => self.done = done,
            Line::Seen(seen) => self.seen.extend(decode(&seen)?),
            Line::Lifted(lifted) => self.keep(lifted)?,
            Line::Begun(begun) => {
                self.run = Run::new(Timestamp::parse(&begun.at)?, begun.since.as_deref().and_then(Timestamp::parse));
                self.begun = Some(begun);
            }
            Line::Page(page) => {
                self.seen.extend(decode(&page.seen)?);
                page.lifted.into_iter().try_for_each(|lifted| self.keep(lifted))?;
                self.run.is_listed = page.next.is_none();
                self.run.token = page.next;
                self.run.tally = page.tally;
            }
            Line::Put(digest) => {
                self.seen.extend(decode(&digest)?);
                self.run.tally.put = self.run.tally.put.saturating_add(1);
            }
            Line::Gone(gone) => {
                decode(&gone.digest)?.into_iter().for_each(|digest| self.seen.remove(digest));
                self.run.tally.removed = self.run.tally.removed.saturating_add(u64::from(gone.removed));
            }
        }
        Some(())
    }

    fn keep(&mut self, lifted: Lifted) -> Option<()> {
        let address = Address::parse(&lifted.spelling)?;
        let of_address = self.lifted.entry(address.as_str().to_owned()).or_default();
        // The same spelling and reason may have been listed again.
        of_address.retain(|known| (&known.spelling, &known.reason) != (&lifted.spelling, &lifted.reason));
        of_address.push(lifted);
        Some(())
    }

    fn begin(&mut self, wish: Wish, now: Timestamp) -> Result<(), Error> {
        let since = match wish {
            Wish { from_start: true, .. } => None,
            Wish { since: Some(since), .. } => Some(since),
            // SES may list an entry a little later than it dates it.
            _ => self.mark().map(|mark| mark.minus_days(1)),
        };
        let complete = |since: Option<Timestamp>, mark: Option<Timestamp>| {
            since.is_none_or(|since| mark.is_some_and(|mark| since <= mark))
        };
        let apply = wish.apply.map(|side| side.as_str().to_owned());
        let wished = |begun: &Begun| {
            let kind =
                !(wish.from_start || wish.since.is_some()) || begun.since == since.map(|since| since.to_string());
            kind && begun.apply == apply
        };
        if self.begun.as_ref().is_some_and(wished) && self.run.at.plus_days(RESUMABLE_DAYS) > now {
            self.run.is_resumed = true;
            self.run.is_complete = complete(self.run.since, self.mark());
            return Ok(());
        }
        if since.is_none() {
            self.file.set_len(0)?;
            (self.done.mark, self.seen, self.lifted) = (None, Seen::default(), BTreeMap::new());
        }
        self.run = Run::new(now, since);
        self.run.is_complete = complete(since, self.mark());
        let begun = Begun { at: now.to_string(), since: since.map(|since| since.to_string()), apply };
        if since.is_none() {
            self.append(&Line::Done(self.done.clone()))?;
        }
        self.append(&Line::Begun(begun))
    }

    /// Reads the list of this run from its beginning again.
    pub(super) fn restart(&mut self) -> Result<(), Error> {
        (self.run.token, self.run.tally, self.run.is_listed) = (None, Tally::default(), false);
        let begun = Begun {
            at: self.run.at.to_string(),
            since: self.run.since.map(|since| since.to_string()),
            apply: self.begun.as_ref().and_then(|begun| begun.apply.clone()),
        };
        self.append(&Line::Begun(begun))
    }

    /// Remembers a page that was compared and, if that was asked for, imported.
    pub(super) fn page(&mut self, next: Option<String>, seen: &[Digest], lifted: Vec<Lifted>) -> Result<(), Error> {
        self.seen.extend(seen.iter().copied());
        for lifted in &lifted {
            self.keep(lifted.clone()).unwrap_or_default();
        }
        (self.run.is_listed, self.run.token) = (next.is_none(), next.clone());
        self.append(&Line::Page(Page { next, seen: encode(seen), lifted, tally: self.run.tally }))
    }

    /// Remembers an address that was put on SES's list.
    pub(super) fn put(&mut self, digest: Digest) -> Result<(), Error> {
        self.seen.insert(digest);
        self.append(&Line::Put(encode(&[digest])))
    }

    /// Remembers an address that is no longer on SES's list, `removed` by this run or by somebody else.
    pub(super) fn gone(&mut self, address: &Address, removed: bool) -> Result<(), Error> {
        let digest = Digest::of(address, SesReason::Bounce);
        self.seen.remove(digest);
        self.lifted.remove(address.as_str());
        self.append(&Line::Gone(Gone { digest: encode(&[digest]), removed }))
    }

    /// Ends the run: the next one reads what SES changes from its beginning on.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        if self.run.is_complete {
            self.done.mark = Some(self.run.at.to_string());
        }
        if self.run.since.is_none() {
            self.done.entries = Some(self.run.tally.compared);
        }
        let path = self.path.with_extension("new");
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        let mut out = std::io::BufWriter::new(file);
        write_line(&mut out, &Line::Done(self.done.clone()))?;
        for part in self.seen.parts(PART) {
            write_line(&mut out, &Line::Seen(encode(&part)))?;
        }
        for lifted in self.lifted.values().flatten() {
            write_line(&mut out, &Line::Lifted(lifted.clone()))?;
        }
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(path, &self.path)
    }

    fn append(&mut self, line: &Line) -> Result<(), Error> {
        write_line(&mut self.file, line)
    }
}

impl Run {
    fn new(at: Timestamp, since: Option<Timestamp>) -> Self {
        Self {
            at,
            since,
            is_complete: since.is_none(),
            is_resumed: false,
            token: None,
            is_listed: false,
            tally: Tally::default(),
        }
    }
}

/// Writes a line at once.
fn write_line(out: &mut impl Write, line: &Line) -> Result<(), Error> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    out.write_all(text.as_bytes())
}
