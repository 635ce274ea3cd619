//! A program with a write-ahead log, killed and robbed of power: what it holds for accepted is
//! there again exactly if it syncs. The same judge sees the loss when it does not.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use ackord_powercut::CutMode;

use super::Disk;

struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// The number that it found when it started.
    recovered: u64,
    /// The last number that it held for accepted, as far as it was read.
    accepted: u64,
}

impl Program {
    fn start(disk: &Disk, mode: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_powercut-wal"))
            .arg(disk.at("wal"))
            .arg(mode)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = lines.next().expect("a line").expect("UTF-8");
        let recovered = first.strip_prefix("recovered ").expect("the first line");
        let recovered = recovered.parse().expect("a number");
        Self {
            child,
            lines,
            recovered,
            accepted: recovered,
        }
    }

    /// Reads up to `records` more of its answers; how many there were before it ended.
    fn accept(&mut self, records: usize) -> usize {
        let lines = self.lines.by_ref().map_while(Result::ok).take(records);
        let numbers = lines.map(|line| line.parse().expect("a number"));
        numbers.inspect(|number| self.accepted = *number).count()
    }

    /// Kills it; the last number that it held for accepted.
    fn kill(mut self) -> u64 {
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
        self.accept(usize::MAX);
        self.accepted
    }
}

/// Runs the program over `cuts` power losses; how many of them took something accepted.
fn losses(mode: &str, cuts: u64) -> usize {
    let disk = Disk::new();
    let mut losses = 0;
    let mut accepted = 0;
    for seed in 0..=cuts {
        let mut program = Program::start(&disk, mode);
        losses += usize::from(program.recovered < accepted);
        let records = 1 + usize::try_from(seed * 7 % 60).expect("small");
        assert_eq!(program.accept(records), records, "it runs until the cut");
        disk.cut(if seed % 2 == 0 {
            CutMode::Drop
        } else {
            CutMode::Tear(seed)
        });
        accepted = program.kill();
        disk.power_on().expect("power on");
    }
    losses
}

#[test]
fn a_log_that_syncs_loses_nothing_over_fifty_cuts() {
    assert_eq!(losses("sync", 50), 0);
}

#[test]
fn a_log_that_does_not_sync_is_caught() {
    assert!(
        losses("nosync", 10) >= 5,
        "each cut that drops everything takes something"
    );
}

/// Why killing is not enough.
#[test]
fn a_kill_alone_never_shows_the_missing_sync() {
    let disk = Disk::new();
    let mut accepted = 0;
    for _ in 0..10 {
        let mut program = Program::start(&disk, "nosync");
        assert!(program.recovered >= accepted);
        assert_eq!(program.accept(20), 20);
        accepted = program.kill();
    }
}
