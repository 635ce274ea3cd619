use std::collections::BTreeMap;

use ackord_core::command::Entry as CoreEntry;
use ackord_core::id::{NodeId, QueueId, TeamId};
use ackord_core::model::{Mode, Queue, QueueSettings};
use ackord_core::rows::{Change, Key, Row};
use ackord_core::time::Timestamp;
use ackord_store::{Disk, DiskOptions, Identity, Members};
use openraft::entry::RaftEntry;
use openraft::vote::RaftLeaderId;
use tempfile::TempDir;

use super::*;
use crate::types::{Entry, LeaderId, Proposal, Vote};

fn id(term: u64, index: u64) -> LogId {
    LogId::new(LeaderId::new(term, 1), index)
}

fn entry(term: u64, index: u64) -> Bytes {
    let entry = CoreEntry {
        format: ackord_core::FORMAT,
        at: Timestamp(1),
        commands: Vec::new(),
    };
    let proposal = Proposal {
        bytes: ackord_proto::entry::encode(&entry),
        entry: None,
        origins: Vec::new().into(),
    };
    record::encode_entry(&Entry::new_normal(id(term, index), proposal))
}

fn applied(index: u64) -> Bytes {
    record::encode_applied(&Applied {
        last: Some(id(3, index)),
        ..Applied::default()
    })
}

/// An entry after which these are the members.
fn membership(index: u64, nodes: &[u64]) -> Bytes {
    let voters: BTreeSet<u64> = nodes.iter().copied().collect();
    let members: BTreeMap<u64, String> = nodes.iter().map(|it| (*it, format!("h{it}:1"))).collect();
    let membership = Membership::new(vec![voters], members).expect("every voter is a member");
    record::encode_entry(&Entry {
        log_id: id(3, index),
        payload: Payload::Membership(membership),
    })
}

/// A node that has voted in term 3 and stopped with entries 0 to 4 in its log, all applied,
/// after `spoil`.
fn stopped(spoil: impl FnOnce(&Disk)) -> TempDir {
    stopped_of(&[], spoil)
}

/// The same of a cluster that began with these members.
fn stopped_of(first: &[u64], spoil: impl FnOnce(&Disk)) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let mut disk = Disk::open(dir.path(), &DiskOptions::default()).expect("opens");
    let identity = Identity {
        cluster: 7,
        node: NodeId(1),
        incarnation: 9,
    };
    let first = first.iter().map(|it| (NodeId(*it), format!("h{it}:1")));
    let first: Members = first.collect();
    disk.owner.bind(identity, &first).expect("bound");
    let vote = Vote {
        leader_id: LeaderId::new(3, 1),
        committed: true,
    };
    let vote = record::encode_vote(&vote);
    disk.log.save_vote(&vote).expect("saved");
    let entries: Vec<_> = (0..5).map(|it| (it, entry(3, it))).collect();
    disk.log.append(&entries).expect("appended");
    disk.rows.commit(&[], applied(4)).expect("committed");
    spoil(&disk);
    disk.log.sync().expect("synced");
    disk.log.mark_end().expect("marked");
    disk.rows.flush().expect("flushed");
    dir
}

/// The checks that came out bad, with their faults.
fn bad(dir: &TempDir) -> Vec<(&'static str, Vec<String>)> {
    let disk = Stopped::hold(dir.path()).expect("nobody runs");
    let checks = inspect(&disk, false).into_iter();
    checks
        .filter_map(|it| match it.verdict {
            Verdict::Bad { faults, .. } => Some((it.name, faults)),
            Verdict::Good | Verdict::Skipped => None,
        })
        .collect()
}

/// What is advised to node 1 whose rows are ahead of its log, where its cluster began with `first`, and
/// its log says of `members` that they are in it.
fn advised(first: &[u64], members: &[u64]) -> &'static str {
    let dir = stopped_of(first, |disk| {
        if !members.is_empty() {
            let entries = [(5, membership(5, members))];
            disk.log.append(&entries).expect("appended");
        }
        disk.rows.commit(&[], applied(9)).expect("committed");
    });
    let disk = Stopped::hold(dir.path()).expect("nobody runs");
    let mut checks = inspect(&disk, false).into_iter();
    let advice = checks.find_map(|it| match it.verdict {
        Verdict::Bad { advice, .. } => Some(advice),
        Verdict::Good | Verdict::Skipped => None,
    });
    advice.expect("the rows are ahead")
}

#[test]
fn a_node_that_is_alone_is_told_to_keep_the_only_copy() {
    assert_eq!(advised(&[], &[]), ALONE);
    assert_eq!(advised(&[], &[1]), ALONE);
    // All others were removed.
    assert_eq!(advised(&[1, 2, 3], &[1]), ALONE);
}

#[test]
fn a_member_of_a_cluster_is_told_to_join_anew() {
    assert_eq!(advised(&[1, 2, 3], &[]), OF_A_MEMBER);
    assert_eq!(advised(&[1], &[1, 2]), OF_A_MEMBER);
    // It was removed, and the other one is left.
    assert_eq!(advised(&[1, 2], &[2]), OF_A_MEMBER);
}

#[test]
fn a_node_that_may_be_alone_is_told_both() {
    let advice = advised(&[1], &[]);
    assert_eq!(advice, LOST_ADVICE);
    for part in ["remove it from the cluster", "it is the only copy"] {
        assert!(advice.contains(part), "{advice}");
    }
}

#[test]
fn a_sound_disk_has_no_faults() {
    assert_eq!(bad(&stopped(|_| {})), []);
}

#[test]
fn rows_that_are_ahead_of_the_log_are_named() {
    let dir = stopped(|disk| disk.rows.commit(&[], applied(9)).expect("committed"));
    let fault = "the rows have entry 9, the log ends before 5".to_owned();
    assert_eq!(bad(&dir), [("applied", vec![fault])]);
}

#[test]
fn rows_that_were_announced_may_be_ahead() {
    let dir = stopped(|disk| {
        disk.log.save_installing(&applied(9)).expect("announced");
        disk.rows.commit(&[], applied(9)).expect("committed");
    });
    assert_eq!(bad(&dir), []);
}

#[test]
fn a_log_that_was_purged_past_the_rows_is_named() {
    let marker = record::encode_log_id(id(3, 6));
    let dir = stopped(|disk| disk.log.purge(6, &marker).expect("purged"));
    let fault = "the log was purged up to 6, which the rows lack".to_owned();
    assert_eq!(bad(&dir), [("applied", vec![fault])]);
}

#[test]
fn what_is_no_entry_under_a_sound_checksum_is_named() {
    let dir = stopped(|disk| {
        let garbage = (5, Bytes::from_static(b"garbage"));
        disk.log.append(&[garbage]).expect("appended");
    });
    let bad = bad(&dir);
    assert_eq!((bad.len(), bad[0].0), (1, "log records"));
    assert!(bad[0].1[0].starts_with("entry 5: "), "{bad:?}");
}

#[test]
fn terms_that_do_not_fit_are_named() {
    let dir = stopped(|disk| {
        let entries = [(5, entry(4, 5)), (6, entry(3, 6)), (7, entry(4, 7))];
        disk.log.append(&entries).expect("appended");
    });
    let faults = vec![
        "entry 6 is of an earlier term than the one before".to_owned(),
        "the last entry is of a later term than the vote".to_owned(),
    ];
    assert_eq!(bad(&dir), [("log records", faults)]);
}

#[test]
fn rows_that_break_a_rule_are_named() {
    let queue = Queue {
        id: QueueId(1),
        team: TeamId(1),
        tag: None,
        mode: Mode::Active,
        settings: QueueSettings::default(),
        revision: 1,
        runs: Default::default(),
        streak: 0,
        strict_hold: None,
        rate_next: Timestamp(0),
        delayed: 3,
        backoff: 0,
        waiting: 0,
        dead: 0,
        held: 0,
    };
    let change = Change::Put(Key::Queue(QueueId(1)), Row::Queue(Box::new(queue)));
    let dir = stopped(|disk| disk.rows.commit(&[change], applied(4)).expect("committed"));
    let bad = bad(&dir);
    assert_eq!((bad.len(), bad[0].0), (1, "state"));
    let names = |it: &String| it.starts_with("a_queue_counts_its_events");
    assert!(bad[0].1.iter().any(names), "{bad:?}");
}
