//! The log keeps what it was given, in order, without holes.

use std::io::ErrorKind;

use ackord_store::{Disk, DiskOptions, LogStore, MILESTONE_EVERY, Milestones, OpenError};
use bytes::Bytes;

use crate::Bed;

crate::on_both! {
    an_entry_reads_back_as_it_was_appended,
    a_log_without_entries_has_no_ends,
    an_entry_that_leaves_a_hole_is_refused,
    a_read_stops_at_its_bytes_but_not_before_one_entry,
    a_read_beyond_the_ends_answers_what_is_there,
    truncated_entries_are_gone_and_others_take_their_place,
    purged_entries_are_gone_and_their_marker_stays,
    an_older_purge_changes_nothing,
    a_purge_beyond_the_end_moves_the_log_there,
    what_is_purged_cannot_be_truncated,
    the_last_vote_counts,
    the_last_announcement_of_rows_survives_a_restart,
    synced_writes_survive_a_restart,
    a_truncation_survives_a_restart,
    a_marked_log_may_be_truncated_and_opened_again,
    a_marked_log_may_be_purged_beyond_its_end_and_opened_again,
    entries_go_without_vote_and_marker,
    a_purged_log_without_rows_does_not_open,
    a_start_finds_how_much_of_the_log_stands_before_an_entry,
}

fn payload(index: u64) -> Bytes {
    Bytes::from(format!("entry {index}"))
}

fn append(log: &LogStore, range: std::ops::Range<u64>) {
    let entries: Vec<_> = range.map(|index| (index, payload(index))).collect();
    log.append(&entries).expect("appends");
}

fn indexes(log: &LogStore) -> Vec<u64> {
    let entries = log.read(0..u64::MAX, usize::MAX).expect("reads");
    for (index, found) in &entries {
        assert_eq!(*found, payload(*index));
    }
    entries.into_iter().map(|(index, _)| index).collect()
}

/// A log beside flushed rows, without which it must not be purged.
fn with_rows(bed: &dyn Bed) -> LogStore {
    let disk = bed.start();
    disk.rows
        .commit(&[], Bytes::from("applied"))
        .expect("commits");
    disk.rows.flush().expect("flushes");
    disk.log
}

fn an_entry_reads_back_as_it_was_appended(bed: &dyn Bed) {
    let log = bed.start().log;
    let large = Bytes::from(vec![7; 3 << 20]);
    let entries = [(0, Bytes::new()), (1, large)];
    log.append(&entries).expect("appends");
    assert_eq!(log.read(0..2, usize::MAX).expect("reads"), entries);
    assert_eq!(log.read(1..2, usize::MAX).expect("reads"), entries[1..]);
}

fn a_log_without_entries_has_no_ends(bed: &dyn Bed) {
    let log = bed.start().log;
    assert_eq!((log.first(), log.last()), (None, None));
    assert_eq!(log.purged().expect("reads"), None);
    assert_eq!(log.vote().expect("reads"), None);
    log.append(&[]).expect("appends nothing");
    assert_eq!(log.read(0..9, usize::MAX).expect("reads"), []);
}

fn an_entry_that_leaves_a_hole_is_refused(bed: &dyn Bed) {
    let log = bed.start().log;
    append(&log, 1..3);
    let gap = log.append(&[(4, payload(4))]);
    assert_eq!(gap.expect_err("refused").kind(), ErrorKind::InvalidInput);
    let again = log.append(&[(2, payload(2))]);
    assert_eq!(again.expect_err("refused").kind(), ErrorKind::InvalidInput);
    let inside = log.append(&[(3, payload(3)), (5, payload(5))]);
    assert_eq!(inside.expect_err("refused").kind(), ErrorKind::InvalidInput);
    assert_eq!(indexes(&log), [1, 2]);
    append(&log, 3..4);
    assert_eq!((log.first(), log.last()), (Some(1), Some(3)));
}

fn a_read_stops_at_its_bytes_but_not_before_one_entry(bed: &dyn Bed) {
    let log = bed.start().log;
    append(&log, 0..5);
    let bytes = payload(0).len();
    let count = |bytes_max| log.read(1..5, bytes_max).expect("reads").len();
    assert_eq!(count(0), 1);
    assert_eq!(count(2 * bytes - 1), 1);
    assert_eq!(count(2 * bytes), 2);
    assert_eq!(count(9 * bytes), 4);
}

fn a_read_beyond_the_ends_answers_what_is_there(bed: &dyn Bed) {
    let log = bed.start().log;
    append(&log, 0..5);
    log.purge(1, b"one").expect("purges");
    assert_eq!(log.read(0..9, usize::MAX).expect("reads").len(), 3);
    assert_eq!(log.read(0..2, usize::MAX).expect("reads"), []);
    assert_eq!(log.read(5..9, usize::MAX).expect("reads"), []);
    let (from, to) = (4, 3);
    assert_eq!(log.read(from..to, usize::MAX).expect("reads"), []);
}

fn truncated_entries_are_gone_and_others_take_their_place(bed: &dyn Bed) {
    let log = bed.start().log;
    append(&log, 0..5);
    log.truncate_from(9).expect("truncates nothing");
    log.truncate_from(3).expect("truncates");
    assert_eq!(indexes(&log), [0, 1, 2]);
    append(&log, 3..5);
    assert_eq!(indexes(&log), [0, 1, 2, 3, 4]);
    log.truncate_from(0).expect("truncates all");
    assert_eq!((log.first(), log.last()), (None, None));
    append(&log, 1..2);
    assert_eq!(indexes(&log), [1]);
}

fn purged_entries_are_gone_and_their_marker_stays(bed: &dyn Bed) {
    let log = bed.start().log;
    append(&log, 0..5);
    log.purge(2, b"two").expect("purges");
    assert_eq!(indexes(&log), [3, 4]);
    assert_eq!((log.first(), log.last()), (Some(3), Some(4)));
    assert_eq!(
        log.purged().expect("reads").as_deref(),
        Some(b"two".as_slice())
    );
    log.purge(4, b"four").expect("purges");
    assert_eq!((log.first(), log.last()), (None, None));
    append(&log, 5..6);
    assert_eq!(indexes(&log), [5]);
}

fn an_older_purge_changes_nothing(bed: &dyn Bed) {
    let log = bed.start().log;
    append(&log, 0..5);
    log.purge(3, b"three").expect("purges");
    log.purge(2, b"two").expect("purges nothing");
    assert_eq!(
        log.purged().expect("reads").as_deref(),
        Some(b"three".as_slice())
    );
    assert_eq!(indexes(&log), [4]);
}

fn a_purge_beyond_the_end_moves_the_log_there(bed: &dyn Bed) {
    let log = bed.start().log;
    append(&log, 0..5);
    log.purge(9, b"nine").expect("purges");
    assert_eq!((log.first(), log.last()), (None, None));
    let stale = log.append(&[(5, payload(5))]);
    assert_eq!(stale.expect_err("refused").kind(), ErrorKind::InvalidInput);
    append(&log, 10..12);
    assert_eq!(indexes(&log), [10, 11]);
}

fn what_is_purged_cannot_be_truncated(bed: &dyn Bed) {
    let log = bed.start().log;
    append(&log, 0..5);
    log.purge(2, b"two").expect("purges");
    let error = log.truncate_from(2).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(indexes(&log), [3, 4]);
}

fn the_last_announcement_of_rows_survives_a_restart(bed: &dyn Bed) {
    let log = bed.start().log;
    assert_eq!(log.installing().expect("reads"), None);
    log.save_vote(b"vote").expect("saves");
    log.save_installing(b"one").expect("saves");
    log.save_installing(b"two").expect("saves");
    drop(log);
    let log = bed.start().log;
    assert_eq!(log.installing().expect("reads"), Some(Bytes::from("two")));
    assert_eq!(log.vote().expect("reads"), Some(Bytes::from("vote")));
}

fn the_last_vote_counts(bed: &dyn Bed) {
    let log = bed.start().log;
    log.save_vote(b"first").expect("saves");
    log.save_vote(b"second").expect("saves");
    assert_eq!(
        log.vote().expect("reads").as_deref(),
        Some(b"second".as_slice())
    );
    drop(log);
    let log = bed.start().log;
    assert_eq!(
        log.vote().expect("reads").as_deref(),
        Some(b"second".as_slice())
    );
}

fn synced_writes_survive_a_restart(bed: &dyn Bed) {
    let log = with_rows(bed);
    append(&log, 0..9);
    log.purge(3, b"three").expect("purges");
    log.sync().expect("syncs");
    log.mark_end().expect("marks");
    drop(log);
    let log = bed.start().log;
    assert_eq!((log.first(), log.last()), (Some(4), Some(8)));
    assert_eq!(indexes(&log), [4, 5, 6, 7, 8]);
    assert_eq!(
        log.purged().expect("reads").as_deref(),
        Some(b"three".as_slice())
    );
    append(&log, 9..10);
    assert_eq!(log.last(), Some(9));
}

fn a_truncation_survives_a_restart(bed: &dyn Bed) {
    let log = bed.start().log;
    append(&log, 0..5);
    log.sync().expect("syncs");
    log.truncate_from(2).expect("truncates");
    drop(log);
    assert_eq!(indexes(&bed.start().log), [0, 1]);
}

fn a_marked_log_may_be_truncated_and_opened_again(bed: &dyn Bed) {
    let log = bed.start().log;
    append(&log, 0..5);
    log.sync().expect("syncs");
    log.mark_end().expect("marks");
    log.truncate_from(2).expect("truncates");
    drop(log);
    let log = bed.start().log;
    assert_eq!(indexes(&log), [0, 1]);
    log.truncate_from(0).expect("truncates all");
    drop(log);
    assert_eq!(bed.start().log.last(), None);
}

fn a_marked_log_may_be_purged_beyond_its_end_and_opened_again(bed: &dyn Bed) {
    let log = with_rows(bed);
    append(&log, 0..5);
    log.purge(7, b"seven").expect("purges");
    log.sync().expect("syncs");
    log.mark_end().expect("marks");
    drop(log);
    let log = bed.start().log;
    append(&log, 8..9);
    assert_eq!(indexes(&log), [8]);
}

fn entries_go_without_vote_and_marker(bed: &dyn Bed) {
    let Disk { log, .. } = bed.start();
    log.save_vote(b"vote").expect("saves");
    append(&log, 0..3);
    log.truncate_from(0).expect("truncates");
    assert_eq!(
        log.vote().expect("reads").as_deref(),
        Some(b"vote".as_slice())
    );
    append(&log, 0..3);
    log.purge(2, b"two").expect("purges");
    assert_eq!(
        log.vote().expect("reads").as_deref(),
        Some(b"vote".as_slice())
    );
}

fn a_purged_log_without_rows_does_not_open(bed: &dyn Bed) {
    let log = bed.start().log;
    append(&log, 0..5);
    log.purge(2, b"two").expect("purges");
    log.sync().expect("syncs");
    drop(log);
    let error = bed.open(&DiskOptions::default()).map(drop);
    assert!(matches!(error, Err(OpenError::RowsMissing { .. })));
}

fn a_start_finds_how_much_of_the_log_stands_before_an_entry(bed: &dyn Bed) {
    let log = with_rows(bed);
    let half = usize::try_from(MILESTONE_EVERY / 2).expect("it is small");
    let entry = |index: u64| (index, Bytes::from(vec![7; half]));
    let entries: Vec<_> = (3..8).map(entry).collect();
    log.append(&entries).expect("appends");
    log.sync().expect("syncs");
    assert_eq!(*log.milestones(), Milestones::default(), "none was found");
    drop(log);

    let log = bed.start().log;
    let found = log.milestones().clone();
    let indexes: Vec<_> = found.all.iter().map(|it| it.index).collect();
    assert_eq!(indexes, [3, 5, 7]);
    assert_eq!(found.all[0].before, 0);
    assert_eq!(found.all[2].before, 2 * found.all[1].before);
    assert!(found.bytes > 5 * half as u64, "{found:?}");
    log.purge(4, b"four").expect("purges");
    log.sync().expect("syncs");
    drop(log);

    let log = bed.start().log;
    let later = log.milestones().clone();
    assert_eq!((later.all[0].index, later.all[0].before), (5, 0));
    assert_eq!(later.bytes, found.bytes - found.all[1].before);
}
