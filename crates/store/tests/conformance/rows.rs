//! Rows are committed as a whole, and a restart finds the last flush of all of them.

use ackord_core::id::{EventId, TeamId};
use ackord_core::model::Content;
use ackord_core::rows::{Change, Key, Row, Rows};
use ackord_store::RowStore;
use bytes::Bytes;

use crate::{Bed, dedup, put, row};

crate::on_both! {
    a_committed_row_reads_back,
    a_later_write_of_a_batch_wins,
    a_large_body_reads_back,
    a_scan_walks_one_table_in_order,
    a_scan_over_two_tables_is_refused,
    a_restart_finds_the_last_flush_of_all_families,
    a_restart_without_a_flush_finds_nothing,
    the_flushed_record_follows_the_flush,
    a_flush_without_commits_is_fine,
}

fn commit(rows: &RowStore, changes: &[Change], applied: &'static str) {
    rows.commit(changes, Bytes::from(applied)).expect("commits");
}

fn a_committed_row_reads_back(bed: &dyn Bed) {
    let rows = bed.start().rows;
    assert_eq!(rows.applied().expect("reads"), None);
    commit(&rows, &[put(1), put(2)], "a");
    commit(&rows, &[Change::Delete(dedup(1)), put(3)], "b");
    assert_eq!(rows.get(&dedup(1)), Ok(None));
    assert_eq!(rows.get(&dedup(2)), Ok(Some(row(2))));
    assert_eq!(rows.get(&dedup(3)), Ok(Some(row(3))));
    assert_eq!(
        rows.applied().expect("reads").as_deref(),
        Some(b"b".as_slice())
    );
}

fn a_later_write_of_a_batch_wins(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let other = Change::Put(dedup(2), row(9));
    commit(
        &rows,
        &[put(1), Change::Delete(dedup(1)), put(2), other],
        "a",
    );
    assert_eq!(rows.get(&dedup(1)), Ok(None));
    assert_eq!(rows.get(&dedup(2)), Ok(Some(row(9))));
}

fn a_large_body_reads_back(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let key = Key::Content(TeamId(1), EventId(1));
    let body: Vec<u8> = (0..1 << 20).map(|it: u32| it.to_le_bytes()[0]).collect();
    let content = Row::Content(Content {
        content_type: None,
        meta: Vec::new(),
        instruction: None,
        shown_bytes: None,
        body: Bytes::from(body),
    });
    commit(&rows, &[Change::Put(key.clone(), content.clone())], "a");
    assert_eq!(rows.get(&key), Ok(Some(content.clone())));
    rows.flush().expect("flushes");
    assert_eq!(rows.get(&key), Ok(Some(content)));
}

fn a_scan_walks_one_table_in_order(bed: &dyn Bed) {
    let rows = bed.start().rows;
    commit(&rows, &[put(300), put(2), put(1), put(255)], "a");
    rows.flush().expect("flushes");
    commit(&rows, &[put(256), Change::Delete(dedup(2))], "b");
    let numbers = |from, to, limit| -> Vec<Row> {
        let found = rows.scan(&dedup(from), &dedup(to), limit).expect("scans");
        found.into_iter().map(|(_, row)| row).collect()
    };
    assert_eq!(
        numbers(0, u128::MAX, 9),
        [row(1), row(255), row(256), row(300)]
    );
    assert_eq!(numbers(1, 256, 9), [row(1), row(255)]);
    assert_eq!(numbers(2, u128::MAX, 2), [row(255), row(256)]);
    assert_eq!(numbers(0, u128::MAX, 0), []);
    assert_eq!(numbers(9, 2, 9), []);
}

fn a_scan_over_two_tables_is_refused(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let event = Key::Event(TeamId(1), EventId(1));
    assert!(rows.scan(&dedup(1), &event, 9).is_err());
    let node = Key::Node(ackord_core::id::NodeId(1));
    assert!(rows.scan(&Key::Meta, &node, 9).is_err());
}

fn a_restart_finds_the_last_flush_of_all_families(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let event_ref = |number| {
        let position = ackord_core::time::Position {
            index: number,
            offset: 0,
        };
        Key::LaneWaiting(
            ackord_core::id::QueueId(1),
            ackord_core::text::OrderingKey::new("key").expect("a key"),
            position,
        )
    };
    let reference = Row::EventRef(EventId(5));
    commit(
        &rows,
        &[put(1), Change::Put(event_ref(1), reference.clone())],
        "a",
    );
    rows.flush().expect("flushes");
    commit(&rows, &[Change::Delete(dedup(1)), put(2)], "b");
    commit(&rows, &[Change::Put(event_ref(2), reference.clone())], "c");
    drop(rows);
    let rows = bed.start().rows;
    assert_eq!(
        rows.applied().expect("reads").as_deref(),
        Some(b"a".as_slice())
    );
    assert_eq!(rows.get(&dedup(1)), Ok(Some(row(1))));
    assert_eq!(rows.get(&dedup(2)), Ok(None));
    assert_eq!(rows.get(&event_ref(1)), Ok(Some(reference)));
    assert_eq!(rows.get(&event_ref(2)), Ok(None));
}

fn a_restart_without_a_flush_finds_nothing(bed: &dyn Bed) {
    let rows = bed.start().rows;
    commit(&rows, &[put(1)], "a");
    assert_eq!(rows.applied_flushed().expect("reads"), None);
    drop(rows);
    let rows = bed.start().rows;
    assert_eq!(rows.applied().expect("reads"), None);
    assert_eq!(rows.get(&dedup(1)), Ok(None));
}

fn the_flushed_record_follows_the_flush(bed: &dyn Bed) {
    let rows = bed.start().rows;
    for applied in ["a", "b", "c"] {
        commit(&rows, &[put(1)], applied);
        rows.flush().expect("flushes");
        commit(&rows, &[put(2)], "later");
        let flushed = rows.applied_flushed().expect("reads");
        assert_eq!(flushed.as_deref(), Some(applied.as_bytes()));
    }
    drop(rows);
    let rows = bed.start().rows;
    assert_eq!(
        rows.applied_flushed().expect("reads").as_deref(),
        Some(b"c".as_slice())
    );
}

fn a_flush_without_commits_is_fine(bed: &dyn Bed) {
    let rows = bed.start().rows;
    rows.flush().expect("flushes nothing");
    commit(&rows, &[put(1)], "a");
    rows.flush().expect("flushes");
    rows.flush().expect("flushes nothing");
    assert_eq!(rows.get(&dedup(1)), Ok(Some(row(1))));
}
