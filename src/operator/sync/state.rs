//! The file that remembers how far a run came, and from where the next one goes on.
//!
//! One JSON object per line, only ever appended to within a run, so that a run may be killed at any time. It contains
//! digests, and in clear only the spellings of addresses that a person lifted here. Its owner alone may read it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, BufWriter, Error, IntoInnerError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::super::cli_ses::Side;
use super::super::failure::Failure;
use super::digests::{Digest, decode, encode};
use super::known::Known;
use super::line::{Absent, Begun, Gone, Lifted, Line, Page, write_line};
use super::report::Tally;
use super::state_key::StateKey;
use crate::address::Address;
use crate::timestamp::Timestamp;

/// For how many days an interrupted run can be continued.
const RESUMABLE_DAYS: u32 = 1;

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
    begun: Option<Begun>,
    /// What is known of SES's list.
    pub(super) known: Known,
    /// The current run.
    pub(super) run: Run,
    /// Whether the file was one of an older version, which does not say what it is about.
    pub(super) was_unnamed: bool,
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

impl StateFile {
    /// Opens the file, and continues the run that it describes if that is the one wished for, or begins another.
    pub(super) fn open(path: &Path, key: StateKey, wish: Wish, now: Timestamp) -> Result<Self, Failure> {
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
            begun: None,
            known: Known::default(),
            run: Run::new(now, None),
            was_unnamed: false,
        };
        let is_empty = state.load().map_err(failed)?;
        match &state.known.of {
            Some(of) if *of != key => {
                return Err(failed(Error::other(format!("it is about {of}, not about {key}"))));
            }
            Some(_) => {}
            None => (state.known, state.begun, state.was_unnamed) = (Known::default(), None, !is_empty),
        }
        let is_named = state.known.of.replace(key).is_some();
        state.begin(is_named, wish, now).map_err(failed)?;
        Ok(state)
    }

    /// The path, for people.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How many entries SES's list had when it was last read as a whole.
    pub(super) const fn entries(&self) -> Option<u64> {
        self.known.done.entries
    }

    /// Reads all whole lines, and returns whether there are none; a last one that was cut off is removed.
    fn load(&mut self) -> Result<bool, Error> {
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
        self.file.set_len(whole)?;
        Ok(whole == 0)
    }

    fn read(&mut self, line: Line) -> Option<()> {
        let Self { known, run, .. } = self;
        match line {
            Line::Of(of) => known.of = Some(of),
            Line::Done(done) => known.done = done,
            Line::Seen(seen) => known.seen.extend(decode(&seen)?),
            Line::Refused(refused) => decode(&refused)?.into_iter().for_each(|digest| known.refuse(digest, true)),
            Line::Doubted(doubted) => decode(&doubted)?.into_iter().for_each(|digest| known.refuse(digest, false)),
            Line::Lifted(lifted) => known.keep(lifted)?,
            Line::Absent(Absent { digest, lifted }) => {
                let lift = Timestamp::parse(&lifted)?;
                decode(&digest)?.into_iter().for_each(|digest| known.miss(digest, lift));
            }
            Line::Begun(begun) => {
                *run = Run::new(Timestamp::parse(&begun.at)?, begun.since.as_deref().and_then(Timestamp::parse));
                self.begun = Some(begun);
            }
            Line::Page(page) => {
                known.see(&decode(&page.seen)?);
                page.lifted.into_iter().try_for_each(|lifted| known.keep(lifted))?;
                run.is_listed = page.next.is_none();
                run.token = page.next;
                run.tally = page.tally;
            }
            Line::Put(digest) => {
                decode(&digest)?.into_iter().for_each(|digest| known.put(digest));
                run.tally.put = run.tally.put.saturating_add(1);
            }
            Line::Gone(gone) => {
                decode(&gone.digest)?.into_iter().for_each(|digest| known.lose(digest));
                run.tally.removed = run.tally.removed.saturating_add(u64::from(gone.removed));
            }
        }
        Some(())
    }

    fn begin(&mut self, is_named: bool, wish: Wish, now: Timestamp) -> Result<(), Error> {
        let since = self.since(wish);
        let begun = Begun {
            at: now.to_string(),
            since: since.map(|since| since.to_string()),
            apply: wish.apply.map(|side| side.as_str().to_owned()),
        };
        if wish.from_start {
            (self.known.refused, self.known.doubted) = Default::default();
        }
        let is_wished = |known: &Begun| (&known.since, &known.apply) == (&begun.since, &begun.apply);
        let is_complete = since.is_none_or(|since| self.known.mark().is_some_and(|mark| since <= mark));
        if self.begun.as_ref().is_some_and(is_wished) && self.run.at.plus_days(RESUMABLE_DAYS) > now {
            (self.run.is_resumed, self.run.is_complete) = (true, is_complete);
            return Ok(());
        }
        if since.is_none() {
            self.known.forget_list();
        }
        if since.is_none() || !is_named {
            self.file.set_len(0)?;
            self.known.write(&mut self.file)?;
        }
        self.run = Run { is_complete, ..Run::new(now, since) };
        self.append(&Line::Begun(begun.clone()))?;
        self.begun = Some(begun);
        Ok(())
    }

    /// From when on a run needs SES's entries; `None`: all.
    fn since(&self, wish: Wish) -> Option<Timestamp> {
        if wish.from_start {
            return None;
        }
        let known = || {
            let mark = self.known.mark()?;
            // What was only shown, or only put at SES, is still to be imported.
            let imported = if wish.apply.is_some_and(Side::is_here) { self.known.imported_to()? } else { mark };
            // SES may list an entry a little later than it dates it.
            Some(mark.min(imported).minus_days(1))
        };
        wish.since.or_else(known)
    }

    /// Reads the list of this run from its beginning again.
    pub(super) fn restart(&mut self) -> Result<(), Error> {
        (self.run.token, self.run.tally, self.run.is_listed) = (None, Tally::default(), false);
        self.leave_place()
    }

    /// Lets the next process read the list of this run from its beginning again.
    pub(super) fn leave_place(&mut self) -> Result<(), Error> {
        match self.begun.clone() {
            Some(begun) => self.append(&Line::Begun(begun)),
            None => Ok(()),
        }
    }

    /// Remembers a page that was compared and, if that was asked for, imported.
    pub(super) fn page(&mut self, next: Option<String>, seen: &[Digest], lifted: Vec<Lifted>) -> Result<(), Error> {
        self.known.see(seen);
        for lifted in &lifted {
            self.known.keep(lifted.clone()).unwrap_or_default();
        }
        (self.run.is_listed, self.run.token) = (next.is_none(), next.clone());
        self.append(&Line::Page(Page { next, seen: encode(seen), lifted, tally: self.run.tally }))
    }

    /// Remembers an address that was put on SES's list.
    pub(super) fn put(&mut self, digest: Digest) -> Result<(), Error> {
        self.known.put(digest);
        self.append(&Line::Put(encode(&[digest])))
    }

    /// Remembers an address that SES refuses; not `is_sure`, if it may have refused all.
    pub(super) fn refuse(&mut self, digest: Digest, is_sure: bool) -> Result<(), Error> {
        self.known.refuse(digest, is_sure);
        let line = if is_sure { Line::Refused } else { Line::Doubted };
        self.append(&line(encode(&[digest])))
    }

    /// Remembers that an address was not found on SES's list after a person lifted it.
    pub(super) fn miss(&mut self, address: &Address, lift: Timestamp) -> Result<(), Error> {
        let digest = Digest::of_address(address);
        self.known.miss(digest, lift);
        self.append(&Line::Absent(Absent { digest: encode(&[digest]), lifted: lift.to_string() }))
    }

    /// Remembers an address that is no longer on SES's list, `removed` by this run or by somebody else.
    pub(super) fn gone(&mut self, address: &Address, removed: bool) -> Result<(), Error> {
        let digest = Digest::of_address(address);
        self.known.lose(digest);
        self.append(&Line::Gone(Gone { digest: encode(&[digest]), removed }))
    }

    /// Ends the run: the next one reads what SES changes from its beginning on.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.advance();
        let path = self.path.with_extension("new");
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        let mut out = BufWriter::new(file);
        self.known.write(&mut out)?;
        out.into_inner().map_err(IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(path, &self.path)
    }

    /// Moves the marks, unless entries are left that a later run may be able to compare or import.
    fn advance(&mut self) {
        let Run { at, since, is_complete, tally, .. } = &self.run;
        if since.is_none() {
            self.known.done.entries = Some(tally.compared);
        }
        if tally.uncompared > 0 {
            return;
        }
        let imports = self.begun.as_ref().is_some_and(Begun::imports);
        let follows = since.is_none_or(|since| self.known.imported_to().is_some_and(|to| since <= to));
        if imports && follows && tally.unimported == 0 {
            self.known.done.imported_to = Some(at.to_string());
        }
        if *is_complete {
            self.known.done.mark = Some(at.to_string());
        }
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
