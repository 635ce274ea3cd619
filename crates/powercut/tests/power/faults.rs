//! Calls that fail, a disk that is full, and what is counted.

use std::fs;
use std::io::{ErrorKind, Write};

use ackord_powercut::{Counters, CutMode, Errno, FailWhat, Options};
use nix::libc::{EIO, ENOSPC};

use super::Disk;

#[test]
fn a_write_fails_when_it_is_told_to_and_leaves_nothing() {
    let disk = Disk::new();
    let mut file = disk.put("file", b"");
    disk.fail_after(FailWhat::Write, 1, Errno::ENOSPC);
    file.write_all(b"one").expect("the first");
    let error = file.write_all(b"two").expect_err("the second");
    assert_eq!(error.raw_os_error(), Some(ENOSPC));
    file.write_all(b"three").expect("the third");
    file.sync_all().expect("sync");
    disk.lose_power(CutMode::Drop);
    assert_eq!(disk.read("file"), b"onethree");
}

#[test]
fn a_failed_sync_that_is_tried_again_says_yes_and_lies() {
    let disk = Disk::new();
    let mut file = disk.put("file", b"synced");
    disk.fail_after(FailWhat::Fsync, 0, Errno::EIO);
    file.write_all(b", lost").expect("write");
    assert_eq!(
        file.sync_all().expect_err("told to").raw_os_error(),
        Some(EIO)
    );
    file.sync_all().expect("nothing left to write");
    assert_eq!(disk.read("file"), b"synced, lost");
    disk.lose_power(CutMode::Drop);
    assert_eq!(disk.read("file"), b"synced");
}

#[test]
fn a_fault_can_be_meant_for_some_files_and_be_taken_back() {
    let disk = Disk::new();
    fs::create_dir(disk.at("log")).expect("mkdir");
    disk.fail_after_in("/log/", FailWhat::Fsync, 0, Errno::EIO);
    let rows = disk.put("rows", b"");
    let log = fs::File::create(disk.at("log/1")).expect("create");
    log.sync_all().expect_err("meant");
    disk.fail_after_in("/log/", FailWhat::Fsync, 0, Errno::EIO);
    disk.heal();
    log.sync_all().expect("healed");
    rows.sync_all().expect("never meant");
    assert_eq!(disk.counters().faults, 1);
}

#[test]
fn a_full_disk_refuses_growth_until_there_is_room() {
    let disk = Disk::with(&Options {
        quota: Some(10_000),
        ..Options::default()
    });
    let mut file = disk.put("file", &[1; 9000]);
    let error = file.write_all(&[2; 2000]).expect_err("full");
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    assert!(file.set_len(10_001).is_err());
    fs::write(disk.at("small"), [3; 1000]).expect("it fits");
    fs::write(disk.at("small"), [4; 1000]).expect("in place of what was there");
    fs::remove_file(disk.at("small")).expect("unlink");
    fs::write(disk.at("other"), [5; 1000]).expect("there is room again");
    disk.set_quota(None);
    file.write_all(&[2; 2000]).expect("unlimited");
    assert_eq!(disk.read("file").len(), 11_000);
}

#[test]
fn calls_are_counted() {
    let disk = Disk::new();
    let mut file = disk.put("file", b"12345");
    file.write_all(b"678").expect("write");
    file.sync_data().expect("sync");
    disk.sync_directory(".");
    let expected = Counters {
        writes: 2,
        bytes: 8,
        fsyncs: 2,
        directory_fsyncs: 1,
        faults: 0,
    };
    assert_eq!(disk.counters(), expected);
}
