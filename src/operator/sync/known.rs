//! What earlier runs and this one know of SES's list.

use std::collections::BTreeMap;
use std::io::{Error, Write};

use super::digests::{Digest, Digests, encode};
use super::line::{Absent, Done, Lifted, Line, write_line};
use super::state_key::StateKey;
use crate::address::Address;
use crate::timestamp::Timestamp;

/// How many digests a line has.
const PART: usize = 1_000;

/// What is known of SES's list.
#[derive(Default)]
pub(super) struct Known {
    /// The list and the table that all this is about; `None` if nothing is known yet.
    pub(super) of: Option<StateKey>,
    /// The runs before.
    pub(super) done: Done,
    /// The addresses on SES's list.
    pub(super) seen: Digests,
    /// Addresses that SES does not take.
    pub(super) refused: Digests,
    /// Addresses that SES refused when it took no others, either: it may have refused all.
    pub(super) doubted: Digests,
    /// The entries that a person lifted here.
    lifted: BTreeMap<Digest, Vec<Lifted>>,
    /// Addresses that were not found on SES's list, and when the person lifted them.
    absent: BTreeMap<Digest, Timestamp>,
}

impl Known {
    /// When the last run began after which all of SES's list was known.
    pub(super) fn mark(&self) -> Option<Timestamp> {
        self.done.mark.as_deref().and_then(Timestamp::parse)
    }

    /// When the last run began after which all of it was imported.
    pub(super) fn imported_to(&self) -> Option<Timestamp> {
        self.done.imported_to.as_deref().and_then(Timestamp::parse)
    }

    /// Remembers addresses that SES lists.
    pub(super) fn see(&mut self, digests: &[Digest]) {
        for digest in digests {
            self.absent.remove(&digest.whatever_the_reason());
        }
        self.seen.extend(digests.iter().copied());
    }

    /// Remembers an address that SES has taken.
    pub(super) fn put(&mut self, digest: Digest) {
        self.see(&[digest]);
        self.doubted.remove(digest);
    }

    /// Remembers an address that SES refuses; not `is_sure` while it may refuse all.
    pub(super) fn refuse(&mut self, digest: Digest, is_sure: bool) {
        if is_sure {
            self.doubted.remove(digest);
            self.refused.insert(digest);
        } else {
            self.doubted.insert(digest);
        }
    }

    /// Remembers an entry that a person lifted here; `None` if it has no address.
    pub(super) fn keep(&mut self, lifted: Lifted) -> Option<()> {
        let address = Address::parse(&lifted.spelling)?;
        let of_address = self.lifted.entry(Digest::of_address(&address)).or_default();
        // The same spelling and reason may have been listed again.
        of_address.retain(|known| (&known.spelling, &known.reason) != (&lifted.spelling, &lifted.reason));
        of_address.push(lifted);
        Some(())
    }

    /// The entries of an address that a person lifted here; `None` if SES listed it before the lift.
    pub(super) fn lifted(&self, address: &Address) -> Option<&[Lifted]> {
        self.lifted.get(&Digest::of_address(address)).map(Vec::as_slice)
    }

    /// Remembers that an address was not found after it was lifted.
    pub(super) fn miss(&mut self, address: Digest, lift: Timestamp) {
        self.absent.insert(address, lift);
    }

    /// Whether an address was not found after this lift.
    pub(super) fn is_missed(&self, address: &Address, lift: Timestamp) -> bool {
        self.absent.get(&Digest::of_address(address)).is_some_and(|known| *known >= lift)
    }

    /// Forgets an address that SES no longer lists.
    pub(super) fn lose(&mut self, address: Digest) {
        let address = address.whatever_the_reason();
        self.seen.remove(address);
        self.lifted.remove(&address);
        self.absent.remove(&address);
    }

    /// Forgets SES's list, before it is read from its beginning; what was imported, and what SES does not take, stays true.
    pub(super) fn forget_list(&mut self) {
        self.done.mark = None;
        (self.seen, self.lifted, self.absent) = Default::default();
    }

    /// Writes it all.
    pub(super) fn write(&self, out: &mut impl Write) -> Result<(), Error> {
        if let Some(of) = &self.of {
            write_line(out, &Line::Of(of.clone()))?;
        }
        write_line(out, &Line::Done(self.done.clone()))?;
        for part in self.seen.parts(PART) {
            write_line(out, &Line::Seen(encode(&part)))?;
        }
        for part in self.refused.parts(PART) {
            write_line(out, &Line::Refused(encode(&part)))?;
        }
        for part in self.doubted.parts(PART) {
            write_line(out, &Line::Doubted(encode(&part)))?;
        }
        for lifted in self.lifted.values().flatten() {
            write_line(out, &Line::Lifted(lifted.clone()))?;
        }
        for (address, lift) in &self.absent {
            write_line(out, &Line::Absent(Absent { digest: encode(&[*address]), lifted: lift.to_string() }))?;
        }
        Ok(())
    }
}
