//! What concerns the disk as a whole: dead incarnations, failing writes, identity.

use super::*;

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
fn what_is_ordered_to_fail_at_one_place_fails_there_once() {
    let disk = SimDisk::new();
    let open = start(&disk);
    disk.fail_at(Site::RowsRead, 1);
    assert!(open.log.append(&[(0, Bytes::new())]).is_ok());
    let view = open.rows.view();
    assert!(open.rows.applied().is_ok());
    assert_eq!(disk.failures(), 0);
    assert!(view.get(&dedup_key(1)).is_err());
    assert_eq!(disk.failures(), 1);
    assert!(view.get(&dedup_key(1)).is_ok());
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
