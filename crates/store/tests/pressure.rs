//! What RocksDB does by itself when its memory is full: it flushes, all families as one, and what
//! it cannot flush is told.

use std::fs;
use std::path::Path;

use ackord_core::id::{EventId, NodeId, TeamId};
use ackord_core::model::{Content, ContentHash, Dedup, DedupKey};
use ackord_core::rows::{Change, Key, Row, Rows};
use ackord_core::time::Timestamp;
use ackord_store::{Disk, DiskOptions, Identity, RowStore};
use bytes::Bytes;

/// More commits of a mebibyte than memory takes.
const COMMITS: u64 = 400;

fn start(path: &Path) -> Disk {
    let mut disk = Disk::open(path, &DiskOptions::default()).expect("opens");
    let identity = Identity {
        cluster: 7,
        node: NodeId(1),
        incarnation: 99,
    };
    disk.owner.adopt(identity).expect("adopts");
    disk
}

fn content(number: u64) -> Key {
    Key::Content(TeamId(1), EventId(number.into()))
}

fn dedup(number: u64) -> Key {
    Key::Dedup(TeamId(1), DedupKey(number.into()))
}

/// A row in each of two families, and the number of the commit.
fn commit(rows: &RowStore, number: u64, body: &Bytes) -> std::io::Result<()> {
    let body = Row::Content(Content {
        content_type: None,
        meta: Vec::new(),
        instruction: None,
        shown_bytes: None,
        body: body.clone(),
    });
    let small = Row::Dedup(Dedup {
        event: EventId(1),
        content: ContentHash(2),
        expires: Timestamp(3),
    });
    let changes = [
        Change::Put(content(number), body),
        Change::Put(dedup(number), small),
    ];
    rows.commit(&changes, Bytes::copy_from_slice(&number.to_le_bytes()))
}

/// A mebibyte that does not compress.
fn body() -> Bytes {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    (0..1 << 20).map(|_| next()).collect()
}

fn number(applied: Option<Bytes>) -> u64 {
    let bytes = applied.map(|it| it.as_ref().try_into().expect("8 bytes"));
    bytes.map_or(0, u64::from_le_bytes)
}

#[test]
fn what_is_flushed_by_itself_is_flushed_in_all_families_alike() {
    let dir = tempfile::tempdir().expect("a directory");
    let rows = start(dir.path()).rows;
    let body = body();
    let mut last = 0;
    while number(rows.applied_flushed().expect("reads")) < 40 {
        last += 1;
        assert!(last < COMMITS, "nothing was flushed");
        commit(&rows, last, &body).expect("commits");
    }
    let flushed = number(rows.applied_flushed().expect("reads"));
    assert!(flushed < last);
    drop(rows);
    let rows = start(dir.path()).rows;
    let found = number(rows.applied().expect("reads"));
    assert!(found >= flushed, "what was said to be durable is");
    for number in 1..=last {
        let there = number <= found;
        assert_eq!(rows.get(&content(number)).expect("reads").is_some(), there);
        assert_eq!(rows.get(&dedup(number)).expect("reads").is_some(), there);
    }
}

#[test]
fn a_flush_that_fails_behind_the_back_is_told_to_the_next_commit() {
    let dir = tempfile::tempdir().expect("a directory");
    let rows = start(dir.path()).rows;
    fs::remove_dir_all(dir.path().join("rows")).expect("removes");
    let body = body();
    let failed = (1..COMMITS).find(|number| commit(&rows, *number, &body).is_err());
    assert!(failed.is_some(), "memory cannot hold them all");
    commit(&rows, COMMITS, &body).expect_err("not tried again");
    rows.flush().expect_err("not tried again");
}
