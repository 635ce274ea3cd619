//! What one run tells its parent: a line of JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A run, told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Report {
    /// The seed.
    pub(super) seed: u64,
    /// The trace, if it was asked for; else the history alone.
    pub(super) trace: u64,
    /// Lines of the trace.
    pub(super) lines: u64,
    /// Simulated seconds.
    pub(super) seconds: u64,
    /// How much was done and seen.
    pub(super) work: Work,
    /// How often each mark was met.
    pub(super) marks: BTreeMap<String, usize>,
    /// How much each property looked at.
    pub(super) checks: BTreeMap<String, usize>,
    /// What is wrong.
    pub(super) failures: Vec<Failure>,
}

/// How much was done and seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Work {
    /// Operations asked.
    pub(super) operations: usize,
    /// Events accepted.
    pub(super) events: usize,
    /// Deliveries seen.
    pub(super) deliveries: usize,
    /// Entries of the log.
    pub(super) entries: usize,
    /// Things broken.
    pub(super) faults: usize,
}

/// Something is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    /// The property that is broken.
    pub(super) property: String,
    /// What is wrong, in words.
    pub(super) wrong: Vec<String>,
}

impl Work {
    pub(super) fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.events += other.events;
        self.deliveries += other.deliveries;
        self.entries += other.entries;
        self.faults += other.faults;
    }
}
