//! What the twin can lose: unsynced writes, unflushed rows, whole syncs. Each promise of the store
//! is tried against the loss, and each planted bug is seen to break one.

use std::io::ErrorKind;

use ackord_core::id::{EventId, NodeId, TeamId};
use ackord_core::model::{ContentHash, Dedup, DedupKey};
use ackord_core::rows::{Change, Key, Row, Rows};
use ackord_core::time::Timestamp;
use ackord_store::engine::Family;
use ackord_store::{Disk, DiskOptions, Identity, LogStore, OpenError, Planted, SimDisk};
use bytes::Bytes;

const IDENTITY: Identity = Identity {
    cluster: 7,
    node: NodeId(1),
    incarnation: 99,
};

fn start(disk: &SimDisk) -> Disk {
    start_with(disk, Planted::default())
}

fn start_with(disk: &SimDisk, planted: Planted) -> Disk {
    let options = DiskOptions {
        planted,
        ..DiskOptions::default()
    };
    let mut open = Disk::simulated(disk, &options).expect("opens");
    open.owner.adopt(IDENTITY).expect("adopts");
    open
}

fn refusal(disk: &SimDisk) -> OpenError {
    let opened = Disk::simulated(disk, &DiskOptions::default());
    opened.map(drop).expect_err("refused")
}

fn append(log: &LogStore, range: std::ops::Range<u64>) {
    let entries: Vec<_> = range.map(|index| (index, Bytes::from("entry"))).collect();
    log.append(&entries).expect("appends");
}

fn dedup(number: u128, expires: u64) -> Change {
    let row = Row::Dedup(Dedup {
        event: EventId(number),
        content: ContentHash(number),
        expires: Timestamp(expires),
    });
    Change::Put(dedup_key(number), row)
}

fn dedup_key(number: u128) -> Key {
    Key::Dedup(TeamId(1), DedupKey(number))
}

#[test]
fn unsynced_entries_survive_a_kill_but_not_a_loss_of_power() {
    let disk = SimDisk::new();
    let log = start(&disk).log;
    append(&log, 0..3);
    log.sync().expect("syncs");
    append(&log, 3..5);
    disk.kill();
    let log = start(&disk).log;
    assert_eq!(log.last(), Some(4));
    append(&log, 5..7);
    disk.power_loss(0);
    assert_eq!(
        start(&disk).log.last(),
        Some(4),
        "opening made 3 and 4 durable"
    );
}

#[test]
fn a_loss_of_power_keeps_a_prefix_of_the_unsynced_writes() {
    for survivors in 0..=3 {
        let disk = SimDisk::new();
        let log = start(&disk).log;
        append(&log, 0..1);
        log.sync().expect("syncs");
        for index in 1..4 {
            append(&log, index..index + 1);
        }
        assert_eq!(disk.unsynced_writes(), 3);
        disk.power_loss(survivors);
        let last = start(&disk).log.last();
        assert_eq!(last, Some(survivors as u64));
    }
}

#[test]
fn a_saved_vote_survives_a_loss_of_power() {
    let disk = SimDisk::new();
    start(&disk).log.save_vote(b"vote").expect("saves");
    disk.power_loss(0);
    let vote = start(&disk).log.vote().expect("reads");
    assert_eq!(vote.as_deref(), Some(b"vote".as_slice()));
}

#[test]
fn a_truncation_survives_a_loss_of_power() {
    let disk = SimDisk::new();
    let log = start(&disk).log;
    append(&log, 0..5);
    log.sync().expect("syncs");
    log.truncate_from(2).expect("truncates");
    disk.power_loss(0);
    assert_eq!(start(&disk).log.last(), Some(1));
}

#[test]
fn a_cut_anywhere_in_a_truncation_leaves_a_log_that_opens() {
    for syncs in 0..4 {
        let disk = SimDisk::new();
        let log = start(&disk).log;
        append(&log, 0..5);
        log.sync().expect("syncs");
        log.mark_end().expect("marks");
        disk.fail_sync_after(syncs);
        let outcome = log.truncate_from(2);
        assert_eq!(outcome.is_ok(), syncs >= 2, "a mark, then the log");
        disk.heal();
        disk.power_loss(0);
        let last = start(&disk).log.last();
        assert_eq!(last, Some(if syncs >= 2 { 1 } else { 4 }));
    }
}

#[test]
fn an_unsynced_purge_comes_back_whole() {
    let disk = SimDisk::new();
    let log = start(&disk).log;
    append(&log, 0..5);
    log.sync().expect("syncs");
    log.purge(2, b"two").expect("purges");
    disk.power_loss(0);
    let log = start(&disk).log;
    assert_eq!(log.first(), Some(0));
    assert_eq!(log.purged().expect("reads"), None);
}

#[test]
fn a_log_that_lost_marked_entries_does_not_open() {
    let disk = SimDisk::new();
    let planted = Planted {
        skip_log_sync: true,
        ..Planted::default()
    };
    let log = start_with(&disk, planted).log;
    append(&log, 0..3);
    log.sync().expect("says that it syncs");
    log.mark_end().expect("marks");
    disk.power_loss(0);
    let error = refusal(&disk);
    let (end, marked) = (0, 3);
    assert!(
        matches!(error, OpenError::LogShort { end: e, marked: m, .. } if (e, m) == (end, marked))
    );
}

#[test]
fn a_planted_missing_log_sync_loses_entries() {
    let disk = SimDisk::new();
    let planted = Planted {
        skip_log_sync: true,
        ..Planted::default()
    };
    let log = start_with(&disk, planted).log;
    append(&log, 0..3);
    log.sync().expect("says that it syncs");
    disk.power_loss(0);
    assert_eq!(start(&disk).log.last(), None);
}

#[test]
fn a_planted_missing_vote_sync_loses_the_vote() {
    let disk = SimDisk::new();
    let planted = Planted {
        skip_vote_sync: true,
        ..Planted::default()
    };
    let log = start_with(&disk, planted).log;
    log.save_vote(b"vote").expect("says that it saves");
    disk.power_loss(0);
    assert_eq!(start(&disk).log.vote().expect("reads"), None);
}

#[test]
fn a_killed_incarnation_changes_nothing() {
    let disk = SimDisk::new();
    let old = start(&disk);
    append(&old.log, 0..1);
    let new = start(&disk);
    assert!(old.log.append(&[(1, Bytes::new())]).is_err());
    assert!(old.log.sync().is_err());
    assert!(old.log.save_vote(b"vote").is_err());
    assert!(old.log.mark_end().is_ok(), "nothing new to note");
    assert!(old.rows.commit(&[dedup(1, 9)], Bytes::from("a")).is_err());
    assert!(old.rows.flush().is_err());
    assert_eq!(new.log.last(), Some(0));
    assert_eq!(new.log.vote().expect("reads"), None);
    assert_eq!(new.rows.applied().expect("reads"), None);
}

#[test]
fn nothing_is_written_after_a_failed_sync() {
    let disk = SimDisk::new();
    let open = start(&disk);
    append(&open.log, 0..1);
    disk.fail_sync_after(0);
    assert!(open.log.sync().is_err());
    assert!(
        open.log.sync().is_err(),
        "the disk works again, the log does not"
    );
    assert!(open.log.append(&[(1, Bytes::new())]).is_err());
    assert!(open.log.save_vote(b"vote").is_err());
    disk.power_loss(0);
    assert_eq!(start(&disk).log.last(), None);
}

#[test]
fn a_failed_write_ends_the_log_and_the_rows() {
    let disk = SimDisk::new();
    let open = start(&disk);
    disk.fail_write_after(0);
    assert!(open.log.append(&[(0, Bytes::new())]).is_err());
    assert!(open.log.sync().is_err());
    disk.fail_write_after(0);
    assert!(open.rows.commit(&[dedup(1, 9)], Bytes::from("a")).is_err());
    assert!(open.rows.flush().is_err());
}

#[test]
fn a_full_disk_is_told_and_ends_the_log() {
    let disk = SimDisk::new();
    let open = start(&disk);
    disk.set_full(true);
    let error = open.log.append(&[(0, Bytes::new())]).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    let error = open.rows.flush().expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    disk.set_full(false);
    assert!(open.log.append(&[(0, Bytes::new())]).is_err());
    assert!(open.rows.flush().is_err());
}

#[test]
fn a_flipped_bit_of_any_record_is_refused() {
    let disk = SimDisk::new();
    let Disk { log, rows, .. } = start(&disk);
    rows.commit(&[], Bytes::from("applied")).expect("commits");
    rows.flush().expect("flushes");
    log.save_vote(b"vote").expect("saves");
    append(&log, 0..5);
    log.purge(1, b"one").expect("purges");
    log.sync().expect("syncs");
    assert_eq!(disk.log_records(), 5);
    for nth in 0..5 {
        for bit in [0, 31, 32, 60] {
            assert!(disk.flip_log_bit(nth, bit));
            let error = refusal(&disk);
            assert!(
                matches!(error, OpenError::LogDamaged { .. }),
                "{nth}, {bit}: {error}"
            );
            assert!(disk.flip_log_bit(nth, bit));
        }
    }
    assert_eq!(start(&disk).log.last(), Some(4));
}

#[test]
fn an_entry_that_rots_while_the_node_runs_is_not_read() {
    let disk = SimDisk::new();
    let log = start(&disk).log;
    append(&log, 0..3);
    log.sync().expect("syncs");
    disk.flip_log_bit(1, 40);
    assert!(log.read(0..1, usize::MAX).is_ok());
    let error = log.read(0..3, usize::MAX).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::InvalidData);
}

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

#[test]
fn an_identity_is_there_whole_or_not_at_all() {
    let disk = SimDisk::new();
    let mut open = Disk::simulated(&disk, &DiskOptions::default()).expect("opens");
    disk.fail_sync_after(0);
    assert!(open.owner.adopt(IDENTITY).is_err());
    assert_eq!(open.owner.identity(), None);
    disk.power_loss(0);
    let open = Disk::simulated(&disk, &DiskOptions::default()).expect("opens");
    assert_eq!(open.owner.identity(), None);
}

#[test]
fn a_damaged_identity_or_log_end_is_refused() {
    let disk = SimDisk::new();
    drop(start(&disk));
    let identity = disk.fork();
    identity.rot_cell("identity");
    assert!(matches!(refusal(&identity), OpenError::IdentityDamaged));
    disk.rot_cell("log-end.0");
    assert!(matches!(refusal(&disk), OpenError::LogEndDamaged { .. }));
}

#[test]
fn a_forked_disk_is_what_a_kill_would_leave_and_disturbs_nobody() {
    let disk = SimDisk::new();
    let open = start(&disk);
    append(&open.log, 0..2);
    open.rows
        .commit(&[dedup(1, 9)], Bytes::from("a"))
        .expect("commits");
    let fork = start(&disk.fork());
    assert_eq!(fork.log.last(), Some(1));
    assert_eq!(fork.rows.applied().expect("reads"), None);
    append(&open.log, 2..3);
    assert_eq!(fork.log.last(), Some(1));
    assert!(open.rows.applied().expect("reads").is_some());
}
