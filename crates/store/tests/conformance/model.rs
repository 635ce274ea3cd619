//! Any run of calls, with kills and losses of power in between, against a model of a few lines.

use std::collections::BTreeMap;

use ackord_store::{LogStore, SimDisk};
use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::{Bed, Real, Twin};

#[derive(Debug, Clone)]
enum Step {
    Append(u64),
    TruncateBack(u64),
    Purge(u64),
    Vote(u8),
    Sync,
    MarkEnd,
    Kill,
    /// Keeps so many of the unsynced writes, if there are.
    PowerLoss(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1..4u64).prop_map(Step::Append),
        2 => (0..4u64).prop_map(Step::TruncateBack),
        2 => (0..6u64).prop_map(Step::Purge),
        1 => any::<u8>().prop_map(Step::Vote),
        3 => Just(Step::Sync),
        2 => Just(Step::MarkEnd),
        1 => Just(Step::Kill),
        2 => (0..6usize).prop_map(Step::PowerLoss),
    ];
    prop::collection::vec(step, 1..40)
}

/// What the log should hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Model {
    entries: BTreeMap<u64, Bytes>,
    end: u64,
    purged: Option<u64>,
    vote: Option<u8>,
}

impl Model {
    fn of(log: &LogStore) -> Self {
        let entries = log.read(0..u64::MAX, usize::MAX).expect("reads");
        let marker = log.purged().expect("reads").map(|it| u64::from(it[0]));
        let after_purge = marker.map_or(0, |it| it + 1);
        Self {
            end: log.last().map_or(after_purge, |it| it + 1),
            entries: entries.into_iter().collect(),
            purged: marker,
            vote: log.vote().expect("reads").map(|it| it[0]),
        }
    }
}

/// The log under test, and what each loss of power may leave of it.
struct Run<'a> {
    bed: &'a dyn Bed,
    power: Option<SimDisk>,
    log: Option<LogStore>,
    /// Tells entries at one index apart.
    serial: u64,
    now: Model,
    durable: Model,
    /// After each write since the last sync.
    unsynced: Vec<Model>,
}

impl<'a> Run<'a> {
    fn new(bed: &'a dyn Bed, power: Option<SimDisk>) -> Self {
        let disk = bed.start();
        // Without flushed rows a purged log does not open.
        disk.rows
            .commit(&[], Bytes::from("applied"))
            .expect("commits");
        disk.rows.flush().expect("flushes");
        Self {
            bed,
            power,
            log: Some(disk.log),
            serial: 0,
            now: Model::default(),
            durable: Model::default(),
            unsynced: Vec::new(),
        }
    }

    fn log(&self) -> &LogStore {
        self.log.as_ref().expect("open between steps")
    }

    fn wrote(&mut self) {
        self.unsynced.push(self.now.clone());
    }

    fn synced(&mut self) {
        self.durable = self.now.clone();
        self.unsynced.clear();
    }

    fn reopen_as(&mut self, expected: Model) {
        self.log = None;
        self.log = Some(self.bed.start().log);
        self.now = expected;
        self.synced();
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Append(count) => self.append(*count),
            Step::TruncateBack(back) => self.truncate_back(*back),
            Step::Purge(ahead) => self.purge(*ahead),
            Step::Vote(vote) => {
                self.log().save_vote(&[*vote]).expect("saves");
                self.now.vote = Some(*vote);
                self.synced();
            }
            Step::Sync => {
                self.log().sync().expect("syncs");
                self.synced();
            }
            Step::MarkEnd => self.log().mark_end().expect("marks"),
            Step::Kill => self.reopen_as(self.now.clone()),
            Step::PowerLoss(survivors) => self.power_loss(*survivors),
        }
        assert_eq!(Model::of(self.log()), self.now);
    }

    fn append(&mut self, count: u64) {
        let mut entries = Vec::new();
        for index in self.now.end..self.now.end + count {
            self.serial += 1;
            entries.push((index, Bytes::from(format!("{index} {}", self.serial))));
        }
        self.log().append(&entries).expect("appends");
        self.now.entries.extend(entries);
        self.now.end += count;
        self.wrote();
    }

    fn truncate_back(&mut self, back: u64) {
        let start = self.now.purged.map_or(0, |it| it + 1);
        let from = self.now.end.saturating_sub(back).max(start);
        self.log().truncate_from(from).expect("truncates");
        if from < self.now.end {
            self.now.entries.split_off(&from);
            self.now.end = from;
            self.synced();
        }
    }

    /// Purges up to so many entries after the start; that can be beyond the end.
    fn purge(&mut self, ahead: u64) {
        let upto = self.now.purged.map_or(0, |it| it + 1) + ahead;
        let marker = u8::try_from(upto).expect("runs are short");
        self.log().purge(upto, &[marker]).expect("purges");
        self.now.entries = self.now.entries.split_off(&(upto + 1));
        self.now.end = self.now.end.max(upto + 1);
        self.now.purged = Some(upto);
        self.wrote();
    }

    fn power_loss(&mut self, survivors: usize) {
        let Some(disk) = self.power.clone() else {
            return;
        };
        assert_eq!(disk.unsynced_writes(), self.unsynced.len());
        disk.power_loss(survivors);
        let kept = survivors.min(self.unsynced.len());
        let left = kept.checked_sub(1).map(|last| self.unsynced[last].clone());
        self.reopen_as(left.unwrap_or_else(|| self.durable.clone()));
    }
}

fn check(cases: u32, bed: impl Fn() -> (Box<dyn Bed>, Option<SimDisk>)) {
    let mut runner = TestRunner::new(Config::with_cases(cases));
    let outcome = runner.run(&steps(), |steps| {
        let (bed, power) = bed();
        let mut run = Run::new(&*bed, power);
        steps.iter().for_each(|step| run.step(step));
        Ok(())
    });
    outcome.expect("the log is as the model");
}

#[test]
fn the_twin_is_as_the_model() {
    check(1000, || {
        let disk = SimDisk::new();
        (Box::new(Twin(disk.clone())), Some(disk))
    });
}

#[test]
fn the_disk_is_as_the_model() {
    check(8, || {
        let dir = tempfile::tempdir().expect("a directory");
        (Box::new(Real(dir)), None)
    });
}
