//! The log of one Raft group: entries, the vote, and where the entries begin after a purge.
//!
//! Every record has its own checksum and is verified whenever it is read. There are no holes: the
//! end moves by appending the next index or by truncating, the start by purging. All writes of a
//! group go through one write-ahead log in the order in which they were made, so a later one is
//! never durable before an earlier one.

mod key;
mod mark;
mod milestone;
mod open;
mod record;
#[cfg(not(madsim))]
pub(crate) mod survey;
#[cfg(test)]
mod tests;

use std::io;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;

use crate::engine::{Batch, Engine, Family, Figures, Order};
use crate::group::Group;
use crate::planted::Planted;
use key::Fixed;
use mark::Mark;
pub use milestone::{MILESTONE_EVERY, Milestone, Milestones};

/// The log of one group. Calls block; the caller picks the thread. One caller appends, truncates
/// and votes; another may sync, and any may read meanwhile.
///
/// Any error means that the process must end: what reached the disk is unknown.
pub struct LogStore {
    engine: Arc<dyn Engine>,
    group: Group,
    planted: Planted,
    milestones: Milestones,
    /// Taken before `durable` by whoever takes both. No sync does: it need not wait for the mark.
    mark: Mutex<Mark>,
    /// Held while something must become durable in order: sync, truncation.
    durable: Mutex<Durable>,
    /// Held while entries come or go.
    bounds: Mutex<Bounds>,
}

/// Which indexes there are: `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    start: u64,
    end: u64,
    /// Whether `start` comes from a purge: then the next entry of an empty log must be that one.
    purged: bool,
}

impl Bounds {
    fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// What would be found after a loss of power.
struct Durable {
    /// One past the last index that is durable (or purged).
    end: u64,
}

impl LogStore {
    /// The group whose log this is.
    #[must_use]
    pub fn group(&self) -> Group {
        self.group
    }

    /// The first index that there is.
    #[must_use]
    pub fn first(&self) -> Option<u64> {
        let bounds = *self.bounds();
        (!bounds.is_empty()).then_some(bounds.start)
    }

    /// The last index that there is, durable or not.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        let bounds = *self.bounds();
        (!bounds.is_empty()).then(|| bounds.end - 1)
    }

    /// What the log held when it was opened.
    #[must_use]
    pub fn milestones(&self) -> &Milestones {
        &self.milestones
    }

    /// Appends `entries` (index, payload), which must go on where the log ends. Readable on return;
    /// durable after the next [`Self::sync`].
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] if they would leave a hole, before anything is written.
    pub fn append(&self, entries: &[(u64, Bytes)]) -> io::Result<()> {
        let Some((first, _)) = entries.first() else {
            return Ok(());
        };
        let mut bounds = self.bounds();
        if bounds.is_empty() && !bounds.purged {
            bounds.start = *first;
            bounds.end = *first;
        }
        let mut batch = Batch::with_capacity(entries.len());
        let mut next = bounds.end;
        for (index, payload) in entries {
            if *index != next {
                return Err(refused(format!("append {index} where {next} is next")));
            }
            let key = key::entry(self.group, *index);
            let value = record::seal(&key, &[payload]);
            batch.put(Family::Log, key, value);
            next += 1;
        }
        self.engine.write(batch)?;
        bounds.end = next;
        Ok(())
    }

    /// Makes all earlier writes durable: entries, purges, votes.
    ///
    /// # Errors
    /// What is durable is unknown.
    pub fn sync(&self) -> io::Result<()> {
        self.sync_holding(&mut self.durable(), self.planted.skip_log_sync)
    }

    /// Notes outside the log how far it is durable, so that a log which later opens short of this
    /// is refused. Costs an fsync if there is anything to note: call it within a second of a sync,
    /// and when the node stops.
    ///
    /// # Errors
    /// The disk fails.
    pub fn mark_end(&self) -> io::Result<()> {
        let mut mark = self.mark();
        // Still durable once it is saved: only a truncation makes it less, and that waits for the
        // mark, lowers it first, and does not let go of it before it is done.
        let end = self.durable().end;
        mark.save(end)
    }

    /// The entries of `range` that are there, ascending without holes, with at most `bytes_max`
    /// bytes of payload, but at least one entry if there is any. Each is verified.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] if an entry is damaged or missing.
    pub fn read(&self, range: Range<u64>, bytes_max: usize) -> io::Result<Vec<(u64, Bytes)>> {
        loop {
            let bounds = *self.bounds();
            let wanted = range.start.max(bounds.start)..range.end.min(bounds.end);
            let entries = self.read_present(&wanted, bytes_max)?;
            if entries.complete {
                return Ok(entries.found);
            }
            // Entries may have gone between the two looks; otherwise they are lost.
            if *self.bounds() == bounds {
                let message = format!("log entry {} is missing", entries.next);
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
        }
    }

    /// Removes `index` and all after it. Durable on return.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] if `index` was purged, before anything is written.
    pub fn truncate_from(&self, index: u64) -> io::Result<()> {
        let mut mark = self.mark();
        let mut durable = self.durable();
        let mut bounds = self.bounds();
        if index >= bounds.end {
            return Ok(());
        }
        if index < bounds.start && bounds.purged {
            return Err(refused(format!("truncate from {index}, which is purged")));
        }
        // A log that was never purged and is empty again starts anywhere, as a new one does.
        let emptied = !bounds.purged && index <= bounds.start;
        let end = if emptied { 0 } else { index };
        if mark.saved() > end {
            mark.save(end)?;
        }
        let mut batch = Batch::with_capacity(1);
        let from = key::entry(self.group, end);
        batch.delete_range(Family::Log, from, key::entry(self.group, bounds.end));
        self.engine.write(batch)?;
        bounds.start = bounds.start.min(end);
        bounds.end = end;
        if !self.planted.skip_log_sync {
            self.engine.sync()?;
        }
        durable.end = end;
        Ok(())
    }

    /// Removes everything up to and with `upto`, and remembers `marker` (the caller's name of that
    /// entry) in the same write; the log may end before `upto`. Durable after the next
    /// [`Self::sync`]; until then a crash brings entries and old marker back. A purge of what is
    /// purged changes nothing.
    ///
    /// # Errors
    /// The disk fails.
    pub fn purge(&self, upto: u64, marker: &[u8]) -> io::Result<()> {
        let mut bounds = self.bounds();
        let start = upto + 1;
        if bounds.purged && start <= bounds.start {
            return Ok(());
        }
        let mut batch = Batch::with_capacity(2);
        let key = key::fixed(self.group, Fixed::Purged);
        let value = record::seal(&key, &[&upto.to_le_bytes(), marker]);
        batch.put(Family::Log, key, value);
        let from = key::entry(self.group, bounds.start.min(start));
        batch.delete_range(Family::Log, from, key::entry(self.group, start));
        self.engine.write(batch)?;
        *bounds = Bounds {
            start,
            end: bounds.end.max(start),
            purged: true,
        };
        Ok(())
    }

    /// The marker of the last purge.
    ///
    /// # Errors
    /// The disk fails, or the record is damaged.
    pub fn purged(&self) -> io::Result<Option<Bytes>> {
        Ok(open::read_purged(&*self.engine, self.group)?.map(|it| it.marker))
    }

    /// Replaces the vote. Durable on return, with all earlier writes.
    ///
    /// # Errors
    /// Which vote is there is unknown.
    pub fn save_vote(&self, vote: &[u8]) -> io::Result<()> {
        self.save_fixed(Fixed::Vote, vote, self.planted.skip_vote_sync)
    }

    /// The vote saved last.
    ///
    /// # Errors
    /// The disk fails, or the record is damaged.
    pub fn vote(&self) -> io::Result<Option<Bytes>> {
        open::read_fixed(&*self.engine, self.group, Fixed::Vote)
    }

    /// Announces that other rows are about to take the place of this group's, and names how far
    /// those are: from then on the rows may be ahead of the log, but only if they are these.
    /// Durable on return, with all earlier writes.
    ///
    /// # Errors
    /// Which announcement is there is unknown.
    pub fn save_installing(&self, applied: &[u8]) -> io::Result<()> {
        self.save_fixed(Fixed::Installing, applied, false)
    }

    /// The rows announced last. They may have come long ago, or never.
    ///
    /// # Errors
    /// The disk fails, or the record is damaged.
    pub fn installing(&self) -> io::Result<Option<Bytes>> {
        open::read_fixed(&*self.engine, self.group, Fixed::Installing)
    }

    /// What the engine of the log uses now: that of all groups, which share one.
    ///
    /// # Errors
    /// The disk fails.
    pub fn figures(&self) -> io::Result<Figures> {
        self.engine.figures()
    }

    fn save_fixed(&self, which: Fixed, payload: &[u8], skip_sync: bool) -> io::Result<()> {
        let mut durable = self.durable();
        let key = key::fixed(self.group, which);
        let value = record::seal(&key, &[payload]);
        let mut batch = Batch::with_capacity(1);
        batch.put(Family::Log, key, value);
        self.engine.write(batch)?;
        self.sync_holding(&mut durable, skip_sync)
    }

    fn sync_holding(&self, durable: &mut Durable, skip: bool) -> io::Result<()> {
        let end = self.bounds().end;
        if !skip {
            self.engine.sync()?;
        }
        durable.end = end;
        Ok(())
    }

    fn read_present(&self, wanted: &Range<u64>, bytes_max: usize) -> io::Result<Entries> {
        let mut entries = Entries {
            found: Vec::new(),
            next: wanted.start,
            complete: wanted.is_empty(),
        };
        if entries.complete {
            return Ok(entries);
        }
        let (from, to) = (
            key::entry(self.group, wanted.start),
            key::entry(self.group, wanted.end),
        );
        let mut bytes = 0;
        let mut visit = |key: &[u8], value: &[u8]| {
            if key::index_of(key) != Some(entries.next) {
                return Ok(ControlFlow::Break(()));
            }
            let payload = record::unseal(key, value)?;
            bytes += payload.len();
            if bytes > bytes_max && !entries.found.is_empty() {
                entries.complete = true;
                return Ok(ControlFlow::Break(()));
            }
            entries
                .found
                .push((entries.next, Bytes::copy_from_slice(payload)));
            entries.next += 1;
            Ok(ControlFlow::Continue(()))
        };
        self.engine
            .scan(Family::Log, &from..&to, Order::Forward, &mut visit)?;
        entries.complete |= entries.next == wanted.end;
        Ok(entries)
    }

    fn bounds(&self) -> MutexGuard<'_, Bounds> {
        self.bounds
            .lock()
            .expect("nothing panics while it holds the bounds")
    }

    fn mark(&self) -> MutexGuard<'_, Mark> {
        self.mark
            .lock()
            .expect("nothing panics while it saves the mark")
    }

    fn durable(&self) -> MutexGuard<'_, Durable> {
        self.durable
            .lock()
            .expect("nothing panics while it makes durable")
    }
}

/// What one scan found of the entries wanted.
struct Entries {
    found: Vec<(u64, Bytes)>,
    /// The index after the last one found.
    next: u64,
    /// Whether all wanted were there, or as many as were to be read.
    complete: bool,
}

fn refused(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
