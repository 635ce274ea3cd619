//! Rows: flushed late, dropped when expired, damaged.

use super::*;

#[test]
fn a_row_that_rots_is_not_read() {
    let disk = SimDisk::new();
    let rows = start(&disk).rows;
    rows.commit(&[dedup(1, 9), dedup(2, 9)], Bytes::from("a"))
        .expect("commits");
    assert!(disk.rot_row(Family::Dedup, 1));
    assert!(rows.get(&dedup_key(1)).is_ok());
    assert!(rows.get(&dedup_key(2)).is_err());
    assert!(rows.scan(&dedup_key(0), &dedup_key(9), 9).is_err());
}

#[test]
fn rows_flushed_behind_the_back_survive() {
    let disk = SimDisk::new();
    let rows = start(&disk).rows;
    rows.commit(&[dedup(1, 9)], Bytes::from("a"))
        .expect("commits");
    disk.flush_rows();
    rows.commit(&[dedup(2, 9)], Bytes::from("b"))
        .expect("commits");
    assert_eq!(
        rows.applied_flushed().expect("reads").as_deref(),
        Some(b"a".as_slice())
    );
    disk.power_loss(0);
    let rows = start(&disk).rows;
    assert_eq!(
        rows.applied().expect("reads").as_deref(),
        Some(b"a".as_slice())
    );
    assert!(rows.get(&dedup_key(1)).expect("reads").is_some());
    assert!(rows.get(&dedup_key(2)).expect("reads").is_none());
}

#[test]
fn compaction_drops_expired_rows_up_to_the_horizon_only() {
    let disk = SimDisk::new();
    let rows = start(&disk).rows;
    let changes = [dedup(1, 10), dedup(2, 20), dedup(3, 30)];
    rows.commit(&changes, Bytes::from("a")).expect("commits");
    rows.flush().expect("flushes");
    let left = |rows: &dyn Rows| -> Vec<Key> {
        let found = rows.scan(&dedup_key(0), &dedup_key(9), 9).expect("scans");
        found.into_iter().map(|(key, _)| key).collect()
    };
    disk.compact_rows();
    assert_eq!(left(&rows).len(), 3, "no horizon yet");
    rows.expire_until(Timestamp(20));
    rows.expire_until(Timestamp(5));
    disk.compact_rows();
    assert_eq!(left(&rows), [dedup_key(3)]);
    let rows = start(&disk).rows;
    disk.compact_rows();
    assert_eq!(
        left(&rows),
        [dedup_key(3)],
        "a new process knows no horizon yet"
    );
}
