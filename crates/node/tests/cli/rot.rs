//! Files that were changed behind a stopped node's back: the program does not start, says what is
//! wrong and what to do, and changes nothing.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use crate::program::{Dev, LONG};

/// Events that each node holds.
const EVENTS: usize = 3;

/// A killed node that has accepted some events, and has marked its log's end behind them.
fn stopped() -> Dev {
    let mut dev = Dev::start();
    for n in 0..EVENTS {
        dev.one(&["submit", "--type", "x", "--data", &body(n)]);
    }
    let accepted = SystemTime::now();
    let mark = dev.dir().join("ackord-data/log-end.0");
    let begun = Instant::now();
    while modified(&mark) <= accepted {
        assert!(begun.elapsed() < LONG, "the end of the log is never marked");
        // Something to mark.
        dev.one(&["submit", "--type", "x", "--data", "and then"]);
    }
    dev.kill();
    dev
}

fn body(n: usize) -> String {
    format!("the body of event {n}")
}

fn modified(file: &Path) -> SystemTime {
    let meta = fs::metadata(file).expect("it is there");
    meta.modified().expect("files have times")
}

/// The log as the last start has written it, and where an event's body is in it.
fn log_of(dev: &Dev, n: usize) -> (PathBuf, u64) {
    let needle = body(n).into_bytes();
    let logs = fs::read_dir(dev.dir().join("ackord-data/log")).expect("there is a log");
    let paths = logs.map(|it| it.expect("an entry of it").path());
    let mut found = paths.filter_map(|path| {
        let bytes = fs::read(&path).ok()?;
        let at = bytes.windows(needle.len()).position(|it| it == needle)?;
        Some((path, u64::try_from(at).expect("a small file")))
    });
    found.next().expect("what was accepted is in the log")
}

fn flip(file: &Path, at: u64) {
    let file = File::options()
        .read(true)
        .write(true)
        .open(file)
        .expect("opens");
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).expect("reads");
    file.write_all_at(&[byte[0] ^ 0x10], at).expect("writes");
}

/// The start says no, in these words, and what to do; and says so again.
#[track_caller]
fn refuses(dev: &Dev, word: &str) {
    for _ in 0..2 {
        let said = dev.run(&["dev", "--listen", "127.0.0.1:0"]);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains(word), "no {word:?}: {}", said.err);
        assert!(
            said.err.contains("next: the disk lost or changed"),
            "{}",
            said.err
        );
        assert!(!said.err.contains("panicked"), "{}", said.err);
    }
}

#[test]
fn a_flipped_bit_in_the_middle_of_the_log_is_refused() {
    let dev = stopped();
    let (log, at) = log_of(&dev, 1);
    flip(&log, at);
    refuses(&dev, "the log is damaged");
}

#[test]
fn a_flipped_bit_in_the_last_record_of_the_log_is_refused() {
    let dev = stopped();
    let (log, _) = log_of(&dev, EVENTS - 1);
    let len = fs::metadata(&log).expect("it is there").len();
    flip(&log, len - 1);
    refuses(&dev, "the log is damaged");
}

#[test]
fn a_log_that_is_cut_short_is_refused() {
    let dev = stopped();
    let (log, at) = log_of(&dev, 1);
    let file = File::options().write(true).open(log).expect("opens");
    file.set_len(at).expect("cuts");
    refuses(&dev, "the log");
}

#[test]
fn a_log_that_is_gone_is_refused() {
    let dev = stopped();
    fs::remove_dir_all(dev.dir().join("ackord-data/log")).expect("removes");
    refuses(&dev, "was durable up to");
}

#[test]
fn a_lost_end_of_the_log_is_refused() {
    let dev = stopped();
    fs::remove_file(dev.dir().join("ackord-data/log-end.0")).expect("removes");
    refuses(&dev, "log end file is missing");
}

#[test]
fn a_damaged_identity_is_refused() {
    let dev = stopped();
    flip(&dev.dir().join("ackord-data/identity"), 8);
    refuses(&dev, "identity file is damaged");
}

#[test]
fn what_was_torn_off_behind_the_marked_end_was_promised_to_nobody() {
    let mut dev = stopped();
    let (log, _) = log_of(&dev, 0);
    let file = File::options().append(true).open(log).expect("opens");
    // The beginning of a record, as a power loss leaves it.
    file.set_len(file.metadata().expect("open").len() + 5)
        .expect("grows");
    drop(file);
    dev.start_again();
    let events = dev.json(&["event", "list"]);
    assert!(events.len() >= EVENTS, "{events:?}");
}
