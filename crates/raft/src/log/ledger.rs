//! How many bytes of log there are, and behind which index: what decides when rows are flushed
//! and how much of the log is kept.

use std::collections::VecDeque;

use ackord_store::{MILESTONE_EVERY, Milestones};

/// Counts on from the log that the process found. How much of it may go depends on all there is;
/// only what was appended since is a reason to flush.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Bytes that were there before the process began.
    found: u64,
    /// Those, and the ones appended since.
    total: u64,
    /// An index, and the bytes before it; ascending. There is one every [`MILESTONE_EVERY`] bytes:
    /// so exactly is an index found for a number of bytes.
    marks: VecDeque<(u64, u64)>,
}

impl Ledger {
    /// The ledger of a log that was found like this.
    pub(crate) fn of(found: &Milestones) -> Self {
        let marks = found.all.iter().map(|it| (it.index, it.before));
        Self {
            found: found.bytes,
            total: found.bytes,
            marks: marks.collect(),
        }
    }

    /// An entry of so many bytes was appended.
    pub(crate) fn append(&mut self, index: u64, bytes: usize) {
        let full = |(_, before): &(u64, u64)| self.total - before >= MILESTONE_EVERY;
        // What was found before the first one may go without any that comes after it.
        let first = self.total == self.found;
        if first || self.marks.back().is_none_or(full) {
            self.marks.push_back((index, self.total));
        }
        self.total += bytes as u64;
    }

    /// Bytes appended since the process began. Truncated ones count too: they were written.
    pub(crate) fn appended(&self) -> u64 {
        self.total - self.found
    }

    /// The first index to keep, so that at least the newest `bytes` stay; none if that is all.
    pub(crate) fn keep_from(&self, bytes: u64) -> Option<u64> {
        let old = self.total.checked_sub(bytes)?;
        let after = self.marks.partition_point(|(_, before)| *before <= old);
        after.checked_sub(1).map(|place| self.marks[place].0)
    }

    /// Indices from `next` on are gone.
    pub(crate) fn truncate(&mut self, next: u64) {
        while self.marks.back().is_some_and(|(index, _)| *index >= next) {
            self.marks.pop_back();
        }
    }

    /// Indices up to and with `upto` are gone.
    pub(crate) fn purge(&mut self, upto: u64) {
        while self.marks.get(1).is_some_and(|(index, _)| *index <= upto) {
            self.marks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use ackord_store::Milestone;

    use super::*;

    const MIB: u64 = 1 << 20;

    fn ledger(entries: u64) -> Ledger {
        let mut ledger = Ledger::default();
        for index in 0..entries {
            ledger.append(index, 1 << 20);
        }
        ledger
    }

    #[test]
    fn at_least_the_bytes_asked_for_are_kept() {
        let ledger = ledger(10);
        assert_eq!(ledger.keep_from(3 * MIB), Some(7));
        assert_eq!(ledger.keep_from(3 * MIB + 1), Some(6));
        assert_eq!(ledger.keep_from(10 * MIB), Some(0));
        assert_eq!(ledger.keep_from(11 * MIB), None);
    }

    #[test]
    fn small_entries_share_a_mark() {
        let mut ledger = Ledger::default();
        for index in 0..4096 {
            ledger.append(index, 1024);
        }
        assert_eq!(ledger.marks.len(), 4);
        assert_eq!(ledger.keep_from(MIB), Some(3072));
        assert_eq!(ledger.keep_from(MIB + 1), Some(2048));
    }

    #[test]
    fn what_was_found_may_go_but_was_not_appended() {
        let milestone = |index: u64| Milestone {
            index,
            before: (index - 3) * MIB,
        };
        let found = Milestones {
            all: (3..8).map(milestone).collect(),
            bytes: 5 * MIB,
        };
        let mut ledger = Ledger::of(&found);
        assert_eq!(ledger.appended(), 0);
        assert_eq!(ledger.keep_from(2 * MIB), Some(6));
        assert_eq!(ledger.keep_from(6 * MIB), None);
        ledger.append(8, 1 << 20);
        ledger.append(9, 1 << 20);
        assert_eq!(ledger.appended(), 2 * MIB);
        assert_eq!(ledger.keep_from(3 * MIB), Some(7));
        ledger.truncate(7);
        ledger.purge(4);
        assert_eq!(ledger.marks, [(4, MIB), (5, 2 * MIB), (6, 3 * MIB)]);
    }

    #[test]
    fn purged_and_truncated_marks_are_forgotten() {
        let mut ledger = ledger(10);
        ledger.purge(4);
        ledger.truncate(8);
        assert_eq!(ledger.marks.front(), Some(&(4, 4 * MIB)));
        assert_eq!(ledger.marks.back(), Some(&(7, 7 * MIB)));
        assert_eq!(ledger.appended(), 10 * MIB);
    }
}
