//! The files of the log.

use std::fs;
use std::path::Path;

use ackord_store::{Disk, LogStore, OpenError};
use bytes::Bytes;
use tempfile::TempDir;

use crate::{copy, cut, file, find, flip, open, start};

const ENTRIES: u64 = 5;

fn payload(index: u64) -> String {
    format!("payload of entry {index}")
}

fn append(log: &LogStore, index: u64) {
    log.append(&[(index, Bytes::from(payload(index)))])
        .expect("appends");
}

/// A node with five synced entries in the write-ahead log, their end marked, stopped by a kill.
fn stopped() -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let log = start(dir.path()).log;
    log.save_vote(b"vote").expect("saves");
    for index in 0..ENTRIES {
        append(&log, index);
    }
    log.sync().expect("syncs");
    log.mark_end().expect("marks");
    dir
}

fn assert_whole(disk: &Disk) {
    assert_eq!(
        disk.log.vote().expect("reads").as_deref(),
        Some(b"vote".as_slice())
    );
    let entries = disk.log.read(0..u64::MAX, usize::MAX).expect("reads");
    let payloads: Vec<_> = entries.into_iter().map(|(_, payload)| payload).collect();
    let expected: Vec<_> = (0..ENTRIES).map(|it| Bytes::from(payload(it))).collect();
    assert_eq!(payloads, expected);
}

fn refusal(path: &Path) -> OpenError {
    open(path).map(drop).expect_err("refused")
}

#[test]
fn a_kill_loses_nothing() {
    assert_whole(&open(stopped().path()).expect("opens"));
}

#[test]
fn a_flipped_byte_of_any_entry_is_refused_the_last_one_too() {
    let node = stopped();
    for index in 0..ENTRIES {
        let copy = copy(node.path());
        let wal = file(&copy.path().join("log"), ".log");
        flip(&wal, find(&wal, payload(index).as_bytes()));
        let error = refusal(copy.path());
        assert!(
            matches!(
                error,
                OpenError::Damaged {
                    what: "the log",
                    ..
                }
            ),
            "{index}: {error}"
        );
    }
}

#[test]
fn a_flipped_byte_anywhere_in_the_write_ahead_log_loses_nothing_unseen() {
    let node = stopped();
    let wal = file(&node.path().join("log"), ".log");
    let len = fs::metadata(&wal).expect("has a length").len();
    let mut refused = 0;
    // A step that is prime to the layout of records, and no test of half a minute.
    for at in (0..usize::try_from(len).expect("is small")).step_by(7) {
        let copy = copy(node.path());
        flip(&file(&copy.path().join("log"), ".log"), at);
        match open(copy.path()) {
            Ok(disk) => assert_whole(&disk),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 40, "only {refused} were refused");
}

#[test]
fn a_log_cut_short_anywhere_is_refused() {
    let node = stopped();
    let wal = file(&node.path().join("log"), ".log");
    let len = fs::metadata(&wal).expect("has a length").len();
    for bytes in (0..len).step_by(11).chain([len - 1]) {
        let copy = copy(node.path());
        cut(&file(&copy.path().join("log"), ".log"), bytes);
        refusal(copy.path());
    }
}

#[test]
fn a_log_cut_at_the_border_of_a_record_is_short() {
    let node = stopped();
    let wal = file(&node.path().join("log"), ".log");
    let last = find(&wal, payload(ENTRIES - 1).as_bytes());
    let before = find(&wal, payload(ENTRIES - 2).as_bytes());
    // Records are of one length, so the one before the last ends as far behind its payload.
    let len = fs::metadata(&wal).expect("has a length").len();
    cut(&wal, len - (last - before) as u64);
    let error = refusal(node.path());
    let short = matches!(
        error,
        OpenError::LogShort {
            end: 4,
            marked: 5,
            ..
        }
    );
    assert!(short, "{error}");
}

#[test]
fn an_entry_torn_off_above_the_mark_was_never_synced_and_may_go() {
    let node = stopped();
    let log = start(node.path()).log;
    append(&log, ENTRIES);
    drop(log);
    let wal = file(&node.path().join("log"), ".log");
    let len = fs::metadata(&wal).expect("has a length").len();
    cut(&wal, len - 3);
    assert_whole(&open(node.path()).expect("opens"));
}

#[test]
fn a_lost_write_ahead_log_is_refused() {
    let node = stopped();
    fs::remove_file(file(&node.path().join("log"), ".log")).expect("removes");
    refusal(node.path());
}

#[test]
fn a_lost_log_directory_is_refused() {
    let node = stopped();
    fs::remove_dir_all(node.path().join("log")).expect("removes");
    let error = refusal(node.path());
    assert!(
        matches!(
            error,
            OpenError::LogShort {
                end: 0,
                marked: 5,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_lost_or_damaged_log_end_file_is_refused() {
    let node = stopped();
    let lost = copy(node.path());
    fs::remove_file(lost.path().join("log-end.0")).expect("removes");
    assert!(matches!(
        refusal(lost.path()),
        OpenError::LogEndMissing { .. }
    ));
    fs::write(node.path().join("log-end.0"), [0; 8192]).expect("writes");
    assert!(matches!(
        refusal(node.path()),
        OpenError::LogEndDamaged { .. }
    ));
}

#[test]
fn a_flipped_byte_in_a_table_of_the_log_loses_nothing_unseen() {
    let node = stopped();
    // Recovery writes what it found into a table.
    drop(open(node.path()).expect("opens"));
    let table = file(&node.path().join("log"), ".sst");
    let len = fs::metadata(&table).expect("has a length").len();
    let mut refused = 0;
    for at in (0..usize::try_from(len).expect("is small")).step_by(31) {
        let copy = copy(node.path());
        flip(&file(&copy.path().join("log"), ".sst"), at);
        match open(copy.path()) {
            Ok(disk) => assert_whole(&disk),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 3, "only {refused} were refused");
}
