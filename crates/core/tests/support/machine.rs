//! The machine with its rows, as a node runs them.

use ackord_core::action::Action;
use ackord_core::answer::Answer;
use ackord_core::command::{Command, Entry};
use ackord_core::rows::Change;
use ackord_core::time::Timestamp;
use ackord_core::{FORMAT, State, invariants};

use super::rows::MemoryRows;

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
