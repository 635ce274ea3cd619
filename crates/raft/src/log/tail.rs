//! The newest entries of the log, in memory: all that are not written yet, and some that are.
//! Applying and replicating read here, and touch the disk only for what is older.

use std::collections::VecDeque;
use std::ops::Range;

use openraft::entry::RaftEntry;

use crate::types::{Entry, LogId, Payload};

/// Encoded bytes of written entries that stay in memory.
const BYTES_KEPT: usize = 8 << 20;
/// What an entry counts for besides its payload.
const ENTRY_OVERHEAD: usize = 64;
/// What each of its origins counts for.
const ORIGIN_OVERHEAD: usize = 48;

/// See the module. Also knows where the log begins and ends.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    /// Consecutive; the last one is the end of the log.
    entries: VecDeque<Entry>,
    bytes: usize,
    /// The first index that is not written: entries from there on must stay.
    unwritten: u64,
    last: Option<LogId>,
    purged: Option<LogId>,
}

impl Tail {
    /// The tail of a log that was found on the disk.
    pub(crate) fn found(purged: Option<LogId>, last: Option<LogId>) -> Self {
        let unwritten = last.map_or(0, |it| it.index + 1);
        Self {
            unwritten,
            last,
            purged,
            ..Self::default()
        }
    }

    /// The last entry of the log, or the last one purged.
    pub(crate) fn last(&self) -> Option<LogId> {
        self.last
    }

    /// The last entry that was purged.
    pub(crate) fn purged(&self) -> Option<LogId> {
        self.purged
    }

    /// Adds an entry behind the last one; an empty log begins anywhere.
    pub(crate) fn push(&mut self, entry: Entry) {
        let gap = self.last.is_some_and(|it| it.index + 1 != entry.index());
        assert!(!gap, "the log has no holes");
        self.last = Some(entry.log_id());
        self.bytes += size(&entry);
        self.entries.push_back(entry);
    }

    /// Entries below `next` are in the store: they may leave the memory.
    pub(crate) fn written(&mut self, next: u64) {
        self.unwritten = self.unwritten.max(next);
        while self.bytes > BYTES_KEPT
            && self
                .entries
                .front()
                .is_some_and(|it| it.index() < self.unwritten)
        {
            self.drop_front();
        }
    }

    /// Drops everything behind `last`.
    pub(crate) fn truncate_after(&mut self, last: Option<LogId>) {
        let next = last.map_or(0, |it| it.index + 1);
        while self.entries.back().is_some_and(|it| it.index() >= next) {
            let dropped = self.entries.pop_back().expect("there is a last entry");
            self.bytes -= size(&dropped);
        }
        self.unwritten = self.unwritten.min(next);
        if last < self.last {
            self.last = last.max(self.purged);
        }
    }

    /// Drops everything up to and with `upto`.
    pub(crate) fn purge(&mut self, upto: LogId) {
        while self
            .entries
            .front()
            .is_some_and(|it| it.index() <= upto.index)
        {
            self.drop_front();
        }
        self.purged = Some(upto);
        self.last = self.last.max(self.purged);
        self.unwritten = self.unwritten.max(upto.index + 1);
    }

    /// The part of `range` that is in memory, which is its end, and what is left for the store.
    pub(crate) fn read(&self, range: Range<u64>) -> (Range<u64>, Vec<Entry>) {
        let end = range.end.min(self.last.map_or(0, |it| it.index + 1));
        let begin = self.entries.front().map_or(end, RaftEntry::index);
        let split = begin.clamp(range.start, end.max(range.start));
        let held = self.entries.iter().skip_while(|it| it.index() < split);
        let held = held.take_while(|it| it.index() < end).cloned().collect();
        (range.start..split, held)
    }

    fn drop_front(&mut self) {
        if let Some(dropped) = self.entries.pop_front() {
            self.bytes -= size(&dropped);
        }
    }
}

/// What an entry counts for where bytes of the log are bounded.
pub(crate) fn size(entry: &Entry) -> usize {
    ENTRY_OVERHEAD
        + match &entry.payload {
            Payload::Normal(proposal) => {
                proposal.bytes.len() + proposal.origins.len() * ORIGIN_OVERHEAD
            }
            Payload::Blank | Payload::Membership(_) => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{LeaderId, Proposal};
    use bytes::Bytes;
    use std::sync::Arc;

    use openraft::vote::RaftLeaderId;

    fn id(index: u64) -> LogId {
        LogId::new(LeaderId::new(1, 1), index)
    }

    fn entry(index: u64, bytes: usize) -> Entry {
        let proposal = Proposal {
            bytes: Bytes::from(vec![0; bytes]),
            entry: None,
            origins: Arc::default(),
        };
        Entry::new_normal(id(index), proposal)
    }

    fn tail(entries: u64, bytes: usize) -> Tail {
        let mut tail = Tail::default();
        for index in 0..entries {
            tail.push(entry(index, bytes));
        }
        tail
    }

    fn indices(entries: &[Entry]) -> Vec<u64> {
        entries.iter().map(RaftEntry::index).collect()
    }

    #[test]
    fn unwritten_entries_stay_whatever_their_size() {
        let mut tail = tail(4, BYTES_KEPT);
        let (missing, held) = tail.read(0..4);
        assert_eq!((missing, indices(&held)), (0..0, vec![0, 1, 2, 3]));
        tail.written(3);
        let (missing, held) = tail.read(0..4);
        assert_eq!((missing, indices(&held)), (0..3, vec![3]));
    }

    #[test]
    fn a_read_ends_where_the_log_ends() {
        let tail = tail(3, 1);
        let (missing, held) = tail.read(2..9);
        assert_eq!((missing, indices(&held)), (2..2, vec![2]));
        let (missing, held) = tail.read(5..9);
        assert!(missing.is_empty() && held.is_empty());
    }

    #[test]
    fn what_was_found_on_disk_is_left_to_the_store() {
        let mut tail = Tail::found(Some(id(3)), Some(id(9)));
        tail.push(entry(10, 1));
        let (missing, held) = tail.read(4..20);
        assert_eq!((missing, indices(&held)), (4..10, vec![10]));
    }

    #[test]
    fn truncating_takes_the_end_and_purging_the_beginning() {
        let mut tail = tail(10, 1);
        tail.truncate_after(Some(id(6)));
        tail.purge(id(2));
        let (_, held) = tail.read(0..10);
        assert_eq!(indices(&held), [3, 4, 5, 6]);
        assert_eq!((tail.purged(), tail.last()), (Some(id(2)), Some(id(6))));
    }

    #[test]
    fn purging_beyond_the_end_moves_the_end() {
        let mut tail = tail(3, 1);
        tail.purge(id(20));
        assert_eq!(tail.last(), Some(id(20)));
        tail.push(entry(21, 1));
        assert_eq!(indices(&tail.read(0..30).1), [21]);
    }
}
