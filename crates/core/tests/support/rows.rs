//! Rows in memory that count what is read and written.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use ackord_core::rows::{Change, Key, Row, RowError, Rows};

/// What was read since the last [`MemoryRows::take_reads`].
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Reads {
    /// Keys asked for one by one, whether or not there was a row.
    pub(crate) asked: BTreeSet<Key>,
    /// Rows that scans answered.
    pub(crate) scanned: usize,
}

/// A disk that never fails.
#[derive(Debug, Default)]
pub(crate) struct MemoryRows {
    map: BTreeMap<Key, Row>,
    reads: RefCell<Reads>,
    writes: usize,
}

impl MemoryRows {
    /// Commits a batch.
    pub(crate) fn commit(&mut self, changes: &[Change]) {
        self.writes += changes.len();
        for change in changes {
            match change {
                Change::Put(key, row) => {
                    self.map.insert(key.clone(), row.clone());
                }
                Change::Delete(key) => {
                    self.map.remove(key);
                }
            }
        }
    }

    /// Rows put and deleted since the beginning.
    pub(crate) fn writes(&self) -> usize {
        self.writes
    }

    /// What was read since this was asked last.
    pub(crate) fn take_reads(&self) -> Reads {
        self.reads.take()
    }

    /// Every row.
    pub(crate) fn all(&self) -> &BTreeMap<Key, Row> {
        &self.map
    }
}

impl Rows for MemoryRows {
    fn get(&self, key: &Key) -> Result<Option<Row>, RowError> {
        self.reads.borrow_mut().asked.insert(key.clone());
        Ok(self.map.get(key).cloned())
    }

    fn scan(&self, from: &Key, to: &Key, limit: usize) -> Result<Vec<(Key, Row)>, RowError> {
        let found = self.map.range(from.clone()..to.clone()).take(limit);
        let found: Vec<_> = found.map(|(key, row)| (key.clone(), row.clone())).collect();
        self.reads.borrow_mut().scanned += found.len();
        Ok(found)
    }
}
