//! How many bytes of log there are, and behind which index: what decides when rows are flushed
//! and how much of the log is kept.

use std::collections::VecDeque;

/// Bytes between two marks: how exactly an index is found for a number of bytes. A simulated log is
/// small.
const MARK_EVERY: u64 = if cfg!(madsim) { 1 << 10 } else { 1 << 20 };

/// Counts what was appended since the process began; what was there before counts as nothing.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    appended: u64,
    /// An index, and the bytes appended before it; ascending.
    marks: VecDeque<(u64, u64)>,
}

impl Ledger {
    /// An entry of so many bytes was appended.
    pub(crate) fn append(&mut self, index: u64, bytes: usize) {
        let due = self
            .marks
            .back()
            .is_none_or(|(_, before)| self.appended - before >= MARK_EVERY);
        if due {
            self.marks.push_back((index, self.appended));
        }
        self.appended += bytes as u64;
    }

    /// Bytes appended since the process began. Truncated ones count too: they were written.
    pub(crate) fn appended(&self) -> u64 {
        self.appended
    }

    /// The first index to keep, so that at least the newest `bytes` stay; none if that is all.
    pub(crate) fn keep_from(&self, bytes: u64) -> Option<u64> {
        let old = self.appended.checked_sub(bytes)?;
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
    fn purged_and_truncated_marks_are_forgotten() {
        let mut ledger = ledger(10);
        ledger.purge(4);
        ledger.truncate(8);
        assert_eq!(ledger.marks.front(), Some(&(4, 4 * MIB)));
        assert_eq!(ledger.marks.back(), Some(&(7, 7 * MIB)));
        assert_eq!(ledger.appended(), 10 * MIB);
    }
}
