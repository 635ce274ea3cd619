//! A snapshot carries the flushed rows to another disk, whole or not at all.

use ackord_core::id::{EventId, TeamId};
use ackord_core::model::Content;
use ackord_core::rows::{Change, Key, Row, Rows};
use ackord_store::{Chunk, Manifest, ReceiveError, RowStore, Snapshot, SnapshotFile};
use bytes::Bytes;

use crate::{Bed, dedup, put, row};

crate::on_both! {
    a_snapshot_replaces_all_rows_of_another_disk,
    a_snapshot_shows_its_moment,
    an_installed_snapshot_survives_a_restart,
    a_view_from_before_an_install_shows_what_it_showed,
    rows_go_on_after_an_install,
    a_snapshot_that_is_dropped_leaves_the_rows_alone,
    a_damaged_chunk_is_refused_and_may_be_sent_again,
    a_chunk_out_of_order_is_refused,
    an_incomplete_snapshot_is_refused,
    a_snapshot_of_other_rows_is_refused,
    a_file_name_that_leads_elsewhere_is_refused,
    rows_without_a_commit_have_no_snapshot,
}

const CHUNK: usize = 1000;

fn commit(rows: &RowStore, changes: &[Change], applied: &'static str) {
    rows.commit(changes, Bytes::from(applied)).expect("commits");
}

fn body(number: u128) -> Change {
    let content = Content {
        content_type: None,
        meta: Vec::new(),
        instruction: None,
        shown_bytes: None,
        body: Bytes::from(vec![0xa5; 5000]),
    };
    let key = Key::Content(TeamId(1), EventId(number));
    Change::Put(key, Row::Content(content))
}

/// Rows 1 and 2 and a body, taken on another disk of the same kind.
fn sent(rows: &RowStore) -> (Manifest, Vec<Chunk>) {
    commit(rows, &[put(1), put(2), body(1)], "sent");
    let snapshot = rows.snapshot().expect("freezes");
    let chunks = chunks(&snapshot);
    assert!(chunks.len() > 3, "a snapshot of several chunks");
    commit(rows, &[Change::Delete(dedup(2)), put(3)], "later");
    rows.flush().expect("flushes");
    (snapshot.manifest().clone(), chunks)
}

fn chunks(snapshot: &Snapshot) -> Vec<Chunk> {
    let chunks = snapshot.chunks(CHUNK);
    chunks.map(|chunk| chunk.expect("reads")).collect()
}

fn install(rows: &RowStore, (manifest, chunks): &(Manifest, Vec<Chunk>)) {
    let mut incoming = rows.receive(manifest.clone()).expect("begins");
    for chunk in chunks {
        incoming.write(chunk).expect("takes");
    }
    let received = incoming.finish().expect("is sound");
    rows.install(received).expect("installs");
}

fn applied(rows: &RowStore) -> Option<Bytes> {
    rows.applied().expect("reads")
}

fn a_snapshot_replaces_all_rows_of_another_disk(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let sent = sent(&rows);
    commit(&rows, &[put(9)], "mine");
    install(&rows, &sent);
    assert_eq!(rows.get(&dedup(1)), Ok(Some(row(1))));
    assert_eq!(rows.get(&dedup(2)), Ok(Some(row(2))));
    assert_eq!(rows.get(&dedup(3)), Ok(None));
    assert_eq!(rows.get(&dedup(9)), Ok(None));
    let key = Key::Content(TeamId(1), EventId(1));
    assert!(rows.get(&key).expect("reads").is_some());
    assert_eq!(applied(&rows).as_deref(), Some(b"sent".as_slice()));
    let flushed = rows.applied_flushed().expect("reads");
    assert_eq!(flushed.as_deref(), Some(b"sent".as_slice()));
}

fn a_snapshot_shows_its_moment(bed: &dyn Bed) {
    let rows = bed.start().rows;
    commit(&rows, &[put(1)], "a");
    let snapshot = rows.snapshot().expect("freezes");
    commit(&rows, &[put(2)], "b");
    rows.flush().expect("flushes");
    assert_eq!(snapshot.manifest().applied, Bytes::from("a"));
    let sent = (snapshot.manifest().clone(), chunks(&snapshot));
    install(&rows, &sent);
    assert_eq!(rows.get(&dedup(2)), Ok(None));
}

fn an_installed_snapshot_survives_a_restart(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let sent = sent(&rows);
    install(&rows, &sent);
    drop(rows);
    let rows = bed.start().rows;
    assert_eq!(applied(&rows).as_deref(), Some(b"sent".as_slice()));
    assert_eq!(rows.get(&dedup(2)), Ok(Some(row(2))));
    assert_eq!(rows.get(&dedup(3)), Ok(None));
}

fn a_view_from_before_an_install_shows_what_it_showed(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let sent = sent(&rows);
    let before = rows.view();
    install(&rows, &sent);
    commit(&rows, &[Change::Delete(dedup(1))], "after");
    assert_eq!(before.get(&dedup(3)), Ok(Some(row(3))));
    let key = Key::Content(TeamId(1), EventId(1));
    assert!(before.get(&key).expect("reads").is_some());
    assert_eq!(rows.view().get(&dedup(1)), Ok(None));
}

fn rows_go_on_after_an_install(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let sent = sent(&rows);
    for applied in ["b", "c"] {
        install(&rows, &sent);
        commit(&rows, &[put(7)], applied);
        rows.flush().expect("flushes");
    }
    drop(rows);
    let rows = bed.start().rows;
    assert_eq!(applied(&rows).as_deref(), Some(b"c".as_slice()));
    assert_eq!(rows.get(&dedup(7)), Ok(Some(row(7))));
}

fn a_snapshot_that_is_dropped_leaves_the_rows_alone(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let (manifest, chunks) = sent(&rows);
    let mut incoming = rows.receive(manifest.clone()).expect("begins");
    incoming.write(&chunks[0]).expect("takes");
    drop(incoming);
    let mut incoming = rows.receive(manifest).expect("begins");
    for chunk in &chunks {
        incoming.write(chunk).expect("takes");
    }
    drop(incoming.finish().expect("is sound"));
    assert_eq!(applied(&rows).as_deref(), Some(b"later".as_slice()));
    drop(rows);
    let rows = bed.start().rows;
    assert_eq!(rows.get(&dedup(3)), Ok(Some(row(3))));
}

fn a_damaged_chunk_is_refused_and_may_be_sent_again(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let (manifest, chunks) = sent(&rows);
    let mut incoming = rows.receive(manifest).expect("begins");
    for chunk in &chunks {
        let mut bytes = chunk.bytes.to_vec();
        bytes[0] ^= 1;
        let damaged = Chunk {
            bytes: bytes.into(),
            ..chunk.clone()
        };
        let error = incoming.write(&damaged).expect_err("refused");
        assert!(matches!(error, ReceiveError::Damaged));
        incoming.write(chunk).expect("takes");
    }
    rows.install(incoming.finish().expect("is sound"))
        .expect("installs");
    assert_eq!(applied(&rows).as_deref(), Some(b"sent".as_slice()));
}

fn a_chunk_out_of_order_is_refused(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let (manifest, chunks) = sent(&rows);
    let mut incoming = rows.receive(manifest).expect("begins");
    let ahead = incoming.write(&chunks[1]).expect_err("refused");
    assert!(matches!(ahead, ReceiveError::OutOfOrder));
    incoming.write(&chunks[0]).expect("takes");
    let again = incoming.write(&chunks[0]).expect_err("refused");
    assert!(matches!(again, ReceiveError::OutOfOrder));
}

fn an_incomplete_snapshot_is_refused(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let (manifest, chunks) = sent(&rows);
    let mut incoming = rows.receive(manifest).expect("begins");
    for chunk in &chunks[..chunks.len() - 1] {
        incoming.write(chunk).expect("takes");
    }
    let error = incoming.finish().map(drop).expect_err("refused");
    assert!(matches!(error, ReceiveError::Incomplete));
}

fn a_snapshot_of_other_rows_is_refused(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let (mut manifest, chunks) = sent(&rows);
    manifest.applied = Bytes::from("other");
    let mut incoming = rows.receive(manifest).expect("begins");
    for chunk in &chunks {
        incoming.write(chunk).expect("takes");
    }
    let error = incoming.finish().map(drop).expect_err("refused");
    assert!(matches!(error, ReceiveError::Rows(_)));
    assert_eq!(applied(&rows).as_deref(), Some(b"later".as_slice()));
}

fn a_file_name_that_leads_elsewhere_is_refused(bed: &dyn Bed) {
    let rows = bed.start().rows;
    for name in ["", "..", "../current", "/etc/passwd", ".hidden", "a b"] {
        let manifest = Manifest {
            applied: Bytes::from("a"),
            files: vec![SnapshotFile {
                name: name.to_owned(),
                bytes: 1,
            }],
        };
        let error = rows.receive(manifest).map(drop).expect_err("refused");
        assert!(matches!(error, ReceiveError::Name(_)), "{name:?}");
    }
}

fn rows_without_a_commit_have_no_snapshot(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let error = rows.snapshot().map(drop).expect_err("nothing there");
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}
