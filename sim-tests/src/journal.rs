//! The journal: the entries of the log that some node has applied, as the harness copied them from
//! its disk, again and again. What was applied was durable, so it must never be another entry later.

use std::collections::BTreeMap;

use ackord_core::command::Entry;

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// Raft's own: a new leader, a new membership.
    Raft,
    /// The machine's.
    Commands(Entry),
}

/// The entries, and where copies of one differ.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Journal {
    lines: BTreeMap<u64, Line>,
    /// Entries that were found there again, the same.
    pub seen_again: usize,
    /// Entries that were another one when they were found again.
    pub changed: Vec<u64>,
    /// Entries that were applied, and could not be found.
    pub missing: Vec<u64>,
    /// Why the log could not be read.
    pub unreadable: Vec<String>,
}

impl Journal {
    /// A copy of an entry that some node has applied.
    pub fn copy(&mut self, index: u64, line: Line) {
        match self.lines.get(&index) {
            None => drop(self.lines.insert(index, line)),
            Some(first) if *first == line => self.seen_again += 1,
            Some(_) => self.changed.push(index),
        }
    }

    /// Some node has applied all up to this, so that all of it must have been copied by now.
    pub fn applied(&mut self, last: u64) {
        self.missing
            .extend((0..=last).filter(|it| !self.lines.contains_key(it)));
    }

    /// The last entry.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.lines.last_key_value().map(|it| *it.0)
    }

    /// The entry of this index.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<&Line> {
        self.lines.get(&index)
    }

    /// The entries of the machine, in order.
    pub fn entries(&self) -> impl Iterator<Item = (u64, &Entry)> {
        self.lines.iter().filter_map(|(index, line)| match line {
            Line::Raft => None,
            Line::Commands(entry) => Some((*index, entry)),
        })
    }
}
