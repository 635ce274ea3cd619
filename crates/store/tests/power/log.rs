//! Entries, votes and truncations, and the planted bugs that lose them.

use super::*;

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
