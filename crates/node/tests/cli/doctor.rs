//! `ackord doctor`: a healthy disk, and each fault by its name. Planted on real files of a real node.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Dev, Said, run_in};

/// The data directory of a node that has stopped, and the node, which holds the directory above.
fn stopped() -> (Dev, PathBuf) {
    let mut dev = Dev::start();
    for data in ["first", "second", "third"] {
        dev.one(&["submit", "--type", "x", "--tag", "t", "--data", data]);
    }
    dev.signal(Signal::SIGTERM);
    assert!(dev.ended().success());
    let data = dev.dir().join("ackord-data");
    (dev, data)
}

fn doctor(data: &Path) -> Said {
    let data = data.to_str().expect("text");
    run_in(Path::new("/"), &["doctor", data, "--output", "json"], "")
}

/// The checks that came out bad, with what they say.
fn bad(data: &Path) -> Vec<(String, String)> {
    let said = doctor(data);
    let bad = said
        .objects()
        .into_iter()
        .filter(|it| it["verdict"] == "bad");
    let bad: Vec<_> = bad
        .map(|it| (text(&it["check"]), it["faults"].to_string()))
        .collect();
    assert_eq!(said.code, i32::from(!bad.is_empty()), "{said:?}");
    bad
}

fn text(it: &Value) -> String {
    it.as_str().expect("text").to_owned()
}

/// A copy that may be spoilt.
fn copy(from: &Path) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a directory");
    let to = dir.path().join("data");
    copy_dir(from, &to);
    (dir, to)
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir(to).expect("makes a directory");
    for entry in fs::read_dir(from).expect("lists") {
        let entry = entry.expect("lists");
        let target = to.join(entry.file_name());
        match entry.file_type().expect("has a type").is_dir() {
            true => copy_dir(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).expect("copies")),
        }
    }
}

/// All files below a directory, with what is in them.
fn contents(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).expect("lists") {
        let path = entry.expect("lists").path();
        match path.is_dir() {
            true => all.extend(contents(&path)),
            false => all.push((path.clone(), fs::read(&path).expect("reads"))),
        }
    }
    all.sort();
    all
}

/// The longest file with that ending.
fn file(dir: &Path, ending: &str) -> PathBuf {
    let paths = fs::read_dir(dir).expect("lists");
    let paths = paths.map(|it| it.expect("lists").path());
    let matching = paths.filter(|it| it.to_string_lossy().ends_with(ending));
    let longest = matching.max_by_key(|it| it.metadata().expect("has a length").len());
    longest.expect("there is one")
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("reads");
    bytes[at] ^= 0x10;
    fs::write(path, bytes).expect("writes");
}

fn find(path: &Path, needle: &[u8]) -> usize {
    let bytes = fs::read(path).expect("reads");
    let at = bytes.windows(needle.len()).position(|it| it == needle);
    at.expect("it is there")
}

#[test]
fn a_healthy_disk_is_found_so_and_left_as_it_is() {
    let (_dev, data) = stopped();
    let before = contents(&data);
    assert_eq!(bad(&data), []);
    let checks = doctor(&data).objects();
    let names: Vec<_> = checks.iter().map(|it| text(&it["check"])).collect();
    let expected = [
        "identity",
        "log",
        "log records",
        "log end",
        "rows",
        "applied",
        "state",
        "leftovers",
        "size",
    ];
    assert_eq!(names, expected);
    assert!(checks[8]["disk_bytes"].as_u64() > checks[8]["log_bytes"].as_u64());
    assert!(text(&checks[4]["found"]).contains("3 events"), "{checks:?}");
    assert_eq!(checks[6]["found"], "restores, and keeps all rules");
    assert!(contents(&data) == before, "the disk was changed");
}

#[test]
fn people_are_shown_a_table_and_what_to_do() {
    let (_dev, data) = stopped();
    flip(&data.join("identity"), 6);
    let said = run_in(&data, &["doctor", "."], "");
    assert_eq!(said.code, 1, "{said:?}");
    let mut lines = said.out.lines();
    let line = lines.find(|it| it.starts_with("identity")).expect("a row");
    assert!(
        line.contains("bad") && line.contains("the identity file is damaged"),
        "{line}"
    );
    assert!(said.err.contains("next: "), "{said:?}");
    // Whose disk it is nobody can read any more.
    for advice in ["remove it from the cluster", "it is the only copy"] {
        assert!(said.err.contains(advice), "{said:?}");
    }
}

#[test]
fn a_node_that_is_alone_is_told_to_keep_the_only_copy() {
    let (_dev, data) = stopped();
    fs::remove_dir_all(data.join("log")).expect("it is there");
    let checks = doctor(&data).objects().into_iter();
    let advised: Vec<_> = checks.filter(|it| it["verdict"] == "bad").collect();
    assert!(!advised.is_empty());
    for check in advised {
        let advice = text(&check["advice"]);
        assert!(advice.contains("it is the only copy"), "{check}");
        assert!(!advice.contains("join"), "{check}");
    }
}

#[test]
fn the_disk_of_a_running_node_is_not_looked_at() {
    let dev = Dev::start();
    let said = doctor(&dev.dir().join("ackord-data"));
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("in use") && said.err.contains("stop the node"),
        "{said:?}"
    );
}

#[test]
fn what_is_no_data_directory_is_not_made_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let said = doctor(dir.path());
    assert_eq!(said.code, 2, "{said:?}");
    assert!(contents(dir.path()).is_empty());
}

#[test]
fn a_damaged_or_missing_identity_is_named() {
    let (_dev, data) = stopped();
    let (_dir, flipped) = copy(&data);
    flip(&flipped.join("identity"), 6);
    assert_eq!(bad(&flipped)[0].0, "identity");
    let (_dir, gone) = copy(&data);
    fs::remove_file(gone.join("identity")).expect("it is there");
    let bad = bad(&gone);
    assert_eq!(bad[0].0, "identity");
    assert!(bad[0].1.contains("nobody knows whose"), "{bad:?}");
}

#[test]
fn a_flipped_byte_of_a_log_entry_is_named() {
    let (_dev, data) = stopped();
    let log = file(&data.join("log"), ".log");
    let at = find(&log, b"second");
    flip(&log, at);
    let bad = bad(&data);
    let names: Vec<_> = bad.iter().map(|it| it.0.as_str()).collect();
    assert!(names.contains(&"log"), "{bad:?}");
}

#[test]
fn a_log_that_lost_its_end_is_named() {
    let (_dev, data) = stopped();
    let log = file(&data.join("log"), ".log");
    let at = find(&log, b"third");
    let cut = fs::OpenOptions::new().write(true).open(&log);
    cut.expect("opens").set_len(at as u64).expect("cuts");
    let bad = bad(&data);
    assert_eq!(bad[0].0, "log end", "{bad:?}");
    assert!(bad[0].1.contains("the log ends before"), "{bad:?}");
}

#[test]
fn a_damaged_or_missing_log_end_is_named() {
    let (_dev, data) = stopped();
    let (_dir, gone) = copy(&data);
    fs::remove_file(gone.join("log-end.0")).expect("it is there");
    assert_eq!(bad(&gone)[0].0, "log end");
    let (_dir, flipped) = copy(&data);
    for slot in [0, 4096] {
        flip(&flipped.join("log-end.0"), slot + 13);
    }
    let bad = bad(&flipped);
    assert_eq!(bad[0].0, "log end");
    assert!(bad[0].1.contains("damaged"), "{bad:?}");
}

#[test]
fn one_torn_slot_of_the_log_end_is_what_a_crash_leaves() {
    let (_dev, data) = stopped();
    let path = data.join("log-end.0");
    let bytes = fs::read(&path).expect("reads");
    let sequence = |slot: usize| u64::from_le_bytes(bytes[slot..slot + 8].try_into().expect("8"));
    // The older one: the newer may be needed.
    let older = if sequence(0) < sequence(4096) {
        0
    } else {
        4096
    };
    flip(&path, older + 13);
    assert_eq!(bad(&data), []);
    let found = doctor(&data).objects()[3]["found"].clone();
    assert!(text(&found).contains("1 of 2 slots sound"), "{found}");
}

#[test]
fn damaged_rows_are_named() {
    let (_dev, data) = stopped();
    let rows = data.join("rows/0/1");
    let table = file(&rows, ".sst");
    flip(&table, 8);
    let bad = bad(&data);
    assert!(bad.iter().any(|it| it.0 == "rows"), "{bad:?}");
}

#[test]
fn rows_that_are_gone_are_missed_by_the_log() {
    let (_dev, data) = stopped();
    flip(&data.join("rows/0/current"), 5);
    let bad = bad(&data);
    assert_eq!(bad[0].0, "rows", "{bad:?}");
}

#[test]
fn a_log_that_the_rows_are_ahead_of_is_named() {
    let (_dev, data) = stopped();
    fs::remove_dir_all(data.join("log")).expect("it is there");
    let bad = bad(&data);
    let names: Vec<_> = bad.iter().map(|it| it.0.as_str()).collect();
    assert!(names.contains(&"log end"), "{bad:?}");
}

#[test]
fn what_a_snapshot_has_left_is_told_and_no_fault() {
    let (_dev, data) = stopped();
    fs::create_dir(data.join("rows/0/frozen-7")).expect("made");
    fs::write(data.join("identity.new"), "").expect("written");
    assert_eq!(bad(&data), []);
    let checks = doctor(&data).objects();
    let found = text(&checks[7]["found"]);
    assert!(
        found.contains("rows/0/frozen-7") && found.contains("identity.new"),
        "{found}"
    );
}
