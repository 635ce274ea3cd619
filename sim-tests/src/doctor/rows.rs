//! The log and the rows, falsified.

use ackord_core::model::{DueKind, EventState};
use ackord_core::rows::{Change, Key, Row};
use ackord_core::time::Timestamp;

use crate::draw::Draw;
use crate::journal::{Journal, Line, Spot, What};
use crate::judge::Evidence;
use crate::story::is_over;

pub(super) fn lose_event(evidence: &mut Evidence, draw: &mut Draw) {
    let rows = evidence.rows.iter();
    let events: Vec<Key> = rows
        .filter(|it| matches!(it.1, Row::Event(_)))
        .map(|it| it.0.clone())
        .collect();
    if !events.is_empty() {
        evidence
            .rows
            .commit(vec![Change::Delete(draw.pick(&events).clone())]);
    }
}

pub(super) fn leave_due_row(evidence: &mut Evidence, _: &mut Draw) {
    let event = evidence.rows.events().next().map(|it| (it.team, it.id));
    if let Some((team, event)) = event {
        let key = Key::Due(Timestamp(1), team, event, DueKind::Wake);
        evidence.rows.commit(vec![Change::Put(key, Row::Due)]);
    }
}

pub(super) fn change_entry(evidence: &mut Evidence, _: &mut Draw) {
    let some = evidence.journal.entries().map(|it| it.0).last();
    if let Some(index) = some {
        let spot = Spot { server: 1, index };
        let line = evidence.journal.get(index).cloned();
        let what = What::Raft;
        let changed = line.map(|it| Line { what, ..it });
        evidence.journal.copy(spot, changed.expect("it is there"));
    }
}

pub(super) fn forge_entry(evidence: &mut Evidence, _: &mut Draw) {
    let journal = &mut evidence.journal;
    let last = journal.lines().last().map(|(index, line)| (index, line.by));
    if let Some((index, by)) = last {
        // Two hashes: one of them is not the one that it has.
        for hash in [0, 1] {
            journal.name(Spot { server: 1, index }, by, hash);
        }
    }
}

pub(super) fn return_leader(evidence: &mut Evidence, _: &mut Draw) {
    let lines: Vec<(u64, Line)> = evidence
        .journal
        .lines()
        .map(|(index, line)| (index, line.clone()))
        .collect();
    let first = lines.first().map(|it| it.1.by);
    let mut journal = Journal::default();
    for (index, mut line) in lines {
        if index % 50 == 49 {
            line.by = first.unwrap_or_default();
        }
        journal.copy(Spot { server: 1, index }, line);
    }
    evidence.journal = journal;
}

pub(super) fn forget_vote(evidence: &mut Evidence, _: &mut Draw) {
    evidence.journal.found_vote(1, None);
}

pub(super) fn diverge(evidence: &mut Evidence, draw: &mut Draw) {
    let Some(other) = evidence.others.last_mut() else {
        return;
    };
    let keys: Vec<Key> = other.rows.iter().map(|it| it.0.clone()).collect();
    let key = draw.pick(&keys).clone();
    other.rows.commit(vec![Change::Delete(key)]);
}

pub(super) fn turn_back(evidence: &mut Evidence, _: &mut Draw) {
    let mut journal = Journal::default();
    for (index, line) in evidence.journal.lines() {
        let mut line = line.clone();
        if let What::Commands(entry) = &mut line.what
            && index % 50 == 49
        {
            entry.at = Timestamp(1);
        }
        journal.copy(Spot { server: 1, index }, line);
    }
    evidence.journal = journal;
}

pub(super) fn change_row(evidence: &mut Evidence, _: &mut Draw) {
    let dedup = evidence.rows.iter().find_map(|(key, row)| match row {
        Row::Dedup(dedup) => Some((key.clone(), *dedup)),
        _ => None,
    });
    if let Some((key, mut dedup)) = dedup {
        dedup.expires = Timestamp(dedup.expires.0 + 1);
        evidence
            .rows
            .commit(vec![Change::Put(key, Row::Dedup(dedup))]);
    }
}

pub(super) fn leave_ready(evidence: &mut Evidence, _: &mut Draw) {
    let over = evidence.rows.iter().find_map(|(key, row)| match row {
        Row::Event(event) if is_over(event.state) => Some((key.clone(), event.clone())),
        _ => None,
    });
    if let Some((key, mut event)) = over {
        event.state = EventState::Ready;
        evidence
            .rows
            .commit(vec![Change::Put(key, Row::Event(event))]);
    }
}
