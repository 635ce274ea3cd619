//! The files of the rows, the identity and the lock.

use std::fs;

use ackord_core::id::{EventId, TeamId};
use ackord_core::model::{ContentHash, Dedup, DedupKey};
use ackord_core::rows::{Change, Key, Row, Rows};
use ackord_core::time::Timestamp;
use ackord_store::{OpenError, ReceiveError};
use bytes::Bytes;

use crate::{copy, file, flip, open, start};

fn key(number: u128) -> Key {
    Key::Dedup(TeamId(1), DedupKey(number))
}

fn put(number: u128, expires: u64) -> Change {
    let row = Dedup {
        event: EventId(number),
        content: ContentHash(number),
        expires: Timestamp(expires),
    };
    Change::Put(key(number), Row::Dedup(row))
}

#[test]
fn an_open_directory_does_not_open_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = start(dir.path());
    assert!(matches!(
        open(dir.path()).map(drop),
        Err(OpenError::Locked { .. })
    ));
    let view = disk.rows.view();
    drop(disk);
    assert!(
        matches!(open(dir.path()).map(drop), Err(OpenError::Locked { .. })),
        "a view is left"
    );
    drop(view);
    open(dir.path()).map(drop).expect("opens");
}

#[test]
fn a_flipped_byte_in_a_table_of_rows_is_never_read_as_good() {
    let dir = tempfile::tempdir().expect("a directory");
    let rows = start(dir.path()).rows;
    let changes: Vec<_> = (0..200).map(|it| put(it, 9)).collect();
    rows.commit(&changes, Bytes::from("a")).expect("commits");
    rows.flush().expect("flushes");
    let all = rows.scan(&key(0), &key(u128::MAX), 999).expect("scans");
    drop(rows);
    let table = file(&dir.path().join("rows/0/1"), ".sst");
    let len = fs::metadata(&table).expect("has a length").len();
    let mut refused = 0;
    for at in (0..usize::try_from(len).expect("is small")).step_by(211) {
        let copy = copy(dir.path());
        flip(&file(&copy.path().join("rows/0/1"), ".sst"), at);
        let read = open(copy.path()).map(|it| it.rows.scan(&key(0), &key(u128::MAX), 999));
        match read {
            Ok(Ok(found)) => assert_eq!(found, all, "byte {at}"),
            Ok(Err(_)) | Err(_) => refused += 1,
        }
    }
    assert!(refused > 10, "only {refused} were refused");
}

#[test]
fn a_damaged_identity_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    drop(start(dir.path()));
    for at in 0..40 {
        let copy = copy(dir.path());
        flip(&copy.path().join("identity"), at);
        let error = open(copy.path()).map(drop).expect_err("refused");
        assert!(
            matches!(error, OpenError::IdentityDamaged),
            "byte {at}: {error}"
        );
    }
}

#[test]
fn a_damaged_pointer_to_the_rows_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    drop(start(dir.path()));
    flip(&dir.path().join("rows/0/current"), 4);
    let error = open(dir.path()).map(drop).expect_err("refused");
    assert!(
        matches!(
            error,
            OpenError::Damaged {
                what: "the rows",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn rows_that_nothing_points_to_are_kept() {
    let dir = tempfile::tempdir().expect("a directory");
    drop(start(dir.path()));
    let rows = dir.path().join("rows/0");
    for (lost, kept) in [("current", "1"), ("1", "2")] {
        let copy = copy(dir.path());
        let rows = copy.path().join("rows/0");
        if kept != "1" {
            fs::rename(rows.join("1"), rows.join(kept)).expect("moved");
        } else {
            fs::remove_file(rows.join(lost)).expect("removed");
        }
        let error = open(copy.path()).map(drop).expect_err("refused");
        assert!(matches!(error, OpenError::RowsLost { .. }), "{error}");
        assert!(error.to_string().ends_with(lost), "{error}");
        assert!(rows.join(kept).is_dir(), "nothing was removed");
    }
    assert!(rows.join("current").is_file());
    drop(open(dir.path()).expect("it opens"));
}

#[test]
fn what_a_crash_left_of_a_snapshot_is_removed_at_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = start(dir.path());
    disk.rows
        .commit(&[put(1, 9)], Bytes::from("a"))
        .expect("commits");
    let snapshot = disk.rows.snapshot().expect("freezes");
    let incoming = disk
        .rows
        .receive(snapshot.manifest().clone())
        .expect("begins");
    let crashed = copy(dir.path());
    let count = |path: &std::path::Path| fs::read_dir(path.join("rows/0")).expect("lists").count();
    assert_eq!(count(crashed.path()), 4, "pointer, rows, frozen, incoming");
    drop(open(crashed.path()).expect("opens"));
    assert_eq!(count(crashed.path()), 2);
    drop((snapshot, incoming));
    assert_eq!(count(dir.path()), 2, "nor does a drop leave any");
}

#[test]
fn a_disk_that_stops_working_is_told_and_not_tried_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let rows = start(dir.path()).rows;
    rows.commit(&[put(1, 9)], Bytes::from("a"))
        .expect("commits");
    fs::remove_dir_all(dir.path().join("rows")).expect("removes");
    rows.flush().expect_err("no place to flush to");
    rows.flush().expect_err("not tried again");
    rows.commit(&[put(2, 9)], Bytes::from("b"))
        .expect_err("nor written to");
}

#[test]
fn a_snapshot_that_lacks_a_file_is_not_a_disk_that_fails() {
    let dir = tempfile::tempdir().expect("a directory");
    let rows = start(dir.path()).rows;
    rows.commit(&[put(1, 9)], Bytes::from("a"))
        .expect("commits");
    let snapshot = rows.snapshot().expect("freezes");
    let mut refused = 0;
    for place in 0..snapshot.manifest().files.len() {
        let mut manifest = snapshot.manifest().clone();
        // Nobody looks for it there.
        let lacking = std::mem::replace(&mut manifest.files[place].name, "elsewhere".to_owned());
        let mut incoming = rows.receive(manifest).expect("begins");
        for chunk in snapshot.chunks(usize::MAX) {
            incoming.write(&chunk.expect("reads")).expect("takes");
        }
        match incoming.finish().map(drop) {
            // Not every file is needed.
            Ok(()) => {}
            Err(ReceiveError::Rows(_)) => refused += 1,
            Err(error) => panic!("without {lacking}: {error:?}"),
        }
    }
    assert!(refused > 2, "only {refused} were refused");
}
