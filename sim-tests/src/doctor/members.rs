//! The members of the cluster, falsified.

use std::collections::BTreeSet;
use std::time::Duration;

use ackord_core::command::{Actor, Command, Op, RemoveNode};
use ackord_core::id::NodeId;

use crate::draw::Draw;
use crate::history::{Fault, Mount};
use crate::journal::{Journal, Line, Seats, Spot, What};
use crate::judge::Evidence;

pub(super) fn change_two(evidence: &mut Evidence, _: &mut Draw) {
    let mut lines = all_lines(evidence);
    let Some((last, line)) = lines.last().cloned() else {
        return;
    };
    let sat = evidence.journal.seats().last().map(|it| it.2.clone());
    let old = sat.and_then(|it| it.quorums.last().cloned());
    let new: BTreeSet<u64> = [101, 102].into();
    let seats = Seats {
        quorums: vec![old.unwrap_or_default(), new.clone()],
        all: new,
    };
    let what = What::Members(seats);
    lines.push((last + 1, Line { what, ..line }));
    evidence.journal = rewritten(lines);
}

pub(super) fn remove_leader(evidence: &mut Evidence, _: &mut Draw) {
    let mut lines = all_lines(evidence);
    let leader = lines.last().map(|it| it.1.by.node).unwrap_or_default();
    let mut entries = lines.iter_mut().filter_map(|it| match &mut it.1.what {
        What::Commands(entry) => Some(entry),
        What::Raft | What::Members(_) => None,
    });
    if let Some(entry) = entries.next() {
        let node = NodeId(leader);
        entry.commands.push(Command {
            by: Actor::Cluster,
            team: None,
            op: Op::RemoveNode(RemoveNode { node }),
        });
    }
    evidence.journal = rewritten(lines);
}

pub(super) fn mount_strange(evidence: &mut Evidence, _: &mut Draw) {
    let (server, drive, how) = (1, 2, Mount::Foreign);
    let last = evidence.history.records.last();
    let at = last.map_or(Duration::ZERO, |it| it.at);
    let history = &mut evidence.history;
    history.fault(at, Fault::Mount { server, drive, how });
    history.fault(at, Fault::Serve { server, node: 1 });
}

pub(super) fn forget_member(evidence: &mut Evidence, _: &mut Draw) {
    if let Some(group) = evidence.groups.last_mut() {
        group.members.pop_first();
    }
}

fn all_lines(evidence: &Evidence) -> Vec<(u64, Line)> {
    let lines = evidence.journal.lines();
    lines.map(|(index, line)| (index, line.clone())).collect()
}

fn rewritten(lines: Vec<(u64, Line)>) -> Journal {
    let mut journal = Journal::default();
    for (index, line) in lines {
        journal.copy(Spot { server: 1, index }, line);
    }
    journal
}
