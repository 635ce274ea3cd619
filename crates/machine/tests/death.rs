//! Processes that die: at named points, or because their disk fails. A child of this test runs the
//! node and says what was answered; the test starts a node on what the child left.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use ackord_store::{Disk, DiskOptions, SimDisk};
use common::{Medium, adopt, create_team, options, start, start_born, start_on, team_name};

const DIR: &str = "ACKORD_TEST_DIR";
const FAULTS: &str = "ACKORD_TEST_FAULTS";
const SYNCS: &str = "ACKORD_TEST_SYNCS";

/// How a process ends at a point, or because its disk fails; a test that fails ends otherwise.
const SIGABRT: i32 = 6;

/// Not a test: what the children do. Does nothing in the parent.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let mut options = options();
    if let Ok(faults) = std::env::var(FAULTS) {
        options.raft.faults = faults.parse().expect("known faults");
    }
    let machine = if let Ok(dir) = std::env::var(DIR) {
        let disk = Disk::open(Path::new(&dir), &DiskOptions::default()).expect("the disk opens");
        start_on(adopt(disk), &options).await
    } else if let Ok(syncs) = std::env::var(SYNCS) {
        let disk = SimDisk::new();
        let machine = start_born(&Medium::Twin(disk.clone()), &options).await;
        disk.fail_sync_after(syncs.parse().expect("a number"));
        machine
    } else {
        return;
    };
    for number in 0.. {
        let name = format!("team-{}", machine.view().directory.teams().count());
        let Ok(committed) = machine.propose(create_team(&name)).await else {
            continue;
        };
        committed.answer.expect("a new name");
        let mut out = std::io::stdout().lock();
        writeln!(out, "answered {name}").expect("the parent listens");
        assert!(number < 10_000, "the process should have died");
    }
}

/// Runs a child until it dies; the names that were answered.
fn run(variables: &[(&str, &str)]) -> (Vec<String>, ExitStatus) {
    let mut child = Command::new(std::env::current_exe().expect("this test has a path"))
        .args(["--exact", "child", "--nocapture"])
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the test runs again");
    let out = BufReader::new(child.stdout.take().expect("piped"));
    let lines = out.lines().map_while(Result::ok);
    let answered = lines.filter_map(|it| it.strip_prefix("answered ").map(str::to_owned));
    let answered = answered.collect();
    (answered, child.wait().expect("the child ends"))
}

/// Dies at `point` at several of its passages; what was answered is there afterwards.
async fn dies_at(point: &str) {
    let dir = tempfile::tempdir().expect("a directory for tests");
    let path = dir.path().to_str().expect("a plain path").to_owned();
    let mut all = Vec::new();
    for passage in [1, 2, 7, 30] {
        let faults = format!("{point}:{passage}");
        let (answered, status) = run(&[(DIR, &path), (FAULTS, &faults)]);
        assert_eq!(status.signal(), Some(SIGABRT), "{faults}: {status}");
        all.extend(answered);
    }
    assert!(!all.is_empty());
    let left = Medium::Rocks(dir);
    let machine = start(&left, &options()).await;
    let view = machine.view();
    for name in all {
        assert!(
            view.directory.team_named(&team_name(&name)).is_some(),
            "{name} is lost"
        );
    }
    machine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_answered_is_lost_before_propose() {
    dies_at("before_propose").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_answered_is_lost_after_append() {
    dies_at("after_append").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_answered_is_lost_after_commit() {
    dies_at("after_commit_before_reply").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_answered_is_lost_between_rows_and_reply() {
    dies_at("between_row_commit_and_reply").await;
}

#[test]
fn a_failed_sync_ends_the_process() {
    let (answered, status) = run(&[(SYNCS, "20")]);
    assert_eq!(status.signal(), Some(SIGABRT), "{status}");
    assert!(
        answered.len() < 25,
        "{} answers after the disk failed",
        answered.len()
    );
}
