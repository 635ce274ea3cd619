//! The log and the rows, falsified.

use ackord_core::model::{DueKind, EventState};
use ackord_core::rows::{Change, Key, Row};
use ackord_core::time::Timestamp;

use crate::draw::Draw;
use crate::journal::{Journal, Line};
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
        evidence.journal.copy(index, Line::Raft);
    }
}

pub(super) fn turn_back(evidence: &mut Evidence, _: &mut Draw) {
    let entries: Vec<_> = evidence
        .journal
        .entries()
        .map(|(at, it)| (at, it.clone()))
        .collect();
    let mut journal = Journal::default();
    for (index, mut entry) in entries {
        if index % 50 == 49 {
            entry.at = Timestamp(1);
        }
        journal.copy(index, Line::Commands(entry));
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
