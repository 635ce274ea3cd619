//! The machine with its rows, as a node runs them.

use std::collections::BTreeSet;

use ackord_core::action::Action;
use ackord_core::answer::Answer;
use ackord_core::command::{Command, Entry};
use ackord_core::rows::{Change, Key};
use ackord_core::time::Timestamp;
use ackord_core::{FORMAT, State, invariants};

use super::rows::{MemoryRows, Reads};

/// What a batch did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// The answers, entry by entry.
    pub(crate) answers: Vec<Vec<Answer>>,
    /// The rows written.
    pub(crate) changes: Vec<Change>,
    /// What the rooms were asked to do.
    pub(crate) actions: Vec<Action>,
}

/// The rows that a batch touched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Touched {
    /// Read one by one.
    pub(crate) asked: BTreeSet<Key>,
    /// Written, but for [`Key::Meta`], which every batch writes for its log time.
    pub(crate) written: BTreeSet<Key>,
    /// Answered by scans.
    pub(crate) scanned: usize,
}

impl Touched {
    pub(crate) fn by(said: &Said, reads: Reads) -> Self {
        let written = said.changes.iter().map(|it| match it {
            Change::Put(key, _) | Change::Delete(key) => key.clone(),
        });
        Self {
            asked: reads.asked,
            written: written.filter(|it| *it != Key::Meta).collect(),
            scanned: reads.scanned,
        }
    }

    /// Rows read one by one or written.
    pub(crate) fn len(&self) -> usize {
        self.asked.union(&self.written).count()
    }
}

/// A state, the rows that it was written to, and the log's end.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    pub(crate) state: State,
    pub(crate) rows: MemoryRows,
    index: u64,
}

impl Machine {
    /// Applies entries as one batch.
    pub(crate) fn batch(&mut self, entries: &[Entry]) -> Said {
        let mut state = std::mem::take(&mut self.state);
        let said = self.try_batch(&mut state, entries);
        self.state = state;
        self.index += entries.len() as u64;
        self.rows.commit(&said.changes);
        said
    }

    /// What these entries would do to a state of these rows.
    pub(crate) fn try_batch(&self, state: &mut State, entries: &[Entry]) -> Said {
        let mut batch = state.begin(&self.rows);
        let mut answers = Vec::new();
        for (index, entry) in (self.index + 1..).zip(entries) {
            let answered = batch.entry(index, entry);
            answers.push(answered.expect("rows in memory can be read"));
        }
        let applied = batch.finish();
        Said {
            answers,
            changes: applied.changes,
            actions: applied.actions,
        }
    }

    /// Applies one entry of these commands as one batch.
    pub(crate) fn entry(&mut self, at: Timestamp, commands: Vec<Command>) -> Said {
        self.batch(&[entry(at, commands)])
    }

    /// Where the log goes on.
    pub(crate) fn next_index(&self) -> u64 {
        self.index + 1
    }

    /// The process ends and starts again.
    pub(crate) fn restart(&mut self) {
        self.state = State::restore(&self.rows).expect("rows in memory can be read");
    }

    /// # Panics
    /// An invariant is broken.
    pub(crate) fn check(&self) {
        if let Err(broken) = invariants::check(&self.state, &self.rows) {
            panic!("{broken}");
        }
    }
}

/// An entry of the log.
pub(crate) fn entry(at: Timestamp, commands: Vec<Command>) -> Entry {
    Entry {
        format: FORMAT,
        at,
        commands,
    }
}
