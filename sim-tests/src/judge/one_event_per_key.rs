//! A dedup key stands for one event, whoever submits it how often, and across all crashes.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::id::EventId;
use ackord_core::rows::{Key, Row};

use super::content::named_by;
use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Op, Operation, Sight, Submission, Taken};

pub(super) const PROPERTY: Property = Property {
    name: "one_event_per_key",
    proves: "submits under one dedup key answer one event and deliver one event; at most one of \
             them is told `accepted`; who is told so, or `duplicate`, submitted what the event \
             is, and who is told `conflict` something else",
    check,
};

/// What is known of a key.
#[derive(Default)]
struct Known<'a> {
    submits: Vec<(&'a Operation<'a>, &'a Submission)>,
    events: BTreeSet<EventId>,
}

/// The key that a submission is known by: its own, or its content, which is submitted once then.
fn key_of(submission: &Submission) -> String {
    let own = || format!("of c{}", submission.content);
    submission.dedup_key.clone().unwrap_or_else(own)
}

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let contents = contents(evidence);
    let mut keys: BTreeMap<String, Known<'_>> = BTreeMap::new();
    let mut key_of_content = BTreeMap::new();
    for asked in &operations {
        let Op::Submit(submission) = asked.op else {
            continue;
        };
        key_of_content.insert(submission.content, key_of(submission));
        let known = keys.entry(key_of(submission)).or_default();
        known.submits.push((asked, submission));
        if let Some(Answer::Submitted { event, .. }) = asked.ok() {
            known.events.insert(event);
        }
    }
    for (event, content) in &contents {
        if let Some(known) = key_of_content.get(content).and_then(|it| keys.get_mut(it)) {
            known.events.insert(*event);
        }
    }
    for (key, known) in &keys {
        judge_key(key, known, &contents, verdict);
    }
}

/// What each event is: as sessions saw it, and as it is kept.
fn contents(evidence: &Evidence) -> BTreeMap<EventId, u64> {
    let seen = evidence
        .history
        .sights()
        .filter_map(|(_, _, sight)| match sight {
            Sight::Delivered { fence, content, .. } => Some((fence.event, (*content)?)),
            _ => None,
        });
    let kept = evidence
        .rows
        .iter()
        .filter_map(|(key, row)| match (key, row) {
            (Key::Content(_, event), Row::Content(it)) => Some((*event, named_by(&it.body)?)),
            _ => None,
        });
    kept.chain(seen).collect()
}

fn judge_key(
    key: &str,
    known: &Known<'_>,
    contents: &BTreeMap<EventId, u64>,
    verdict: &mut Verdict,
) {
    let events = &known.events;
    verdict.hold(events.len() <= 1, || {
        format!("key {key} stands for {events:?}")
    });
    let mut accepted = 0;
    for (asked, submission) in &known.submits {
        let Some(Answer::Submitted { taken, event, .. }) = asked.ok() else {
            continue;
        };
        accepted += usize::from(taken == Taken::Accepted);
        let Some(content) = contents.get(&event) else {
            continue;
        };
        let same = *content == submission.content;
        verdict.hold(same == (taken != Taken::Conflict), || {
            let mine = submission.content;
            format!("key {key}: c{mine} is told {taken:?}, and the event is c{content}")
        });
    }
    verdict.hold(accepted <= 1, || {
        format!("key {key} was accepted {accepted} times")
    });
}

#[cfg(test)]
mod tests {
    use super::super::stage::{ANN, Stage, fence, submission};
    use super::*;

    fn keyed(content: u64) -> Submission {
        Submission {
            dedup_key: Some("k".to_owned()),
            ..submission(content)
        }
    }

    #[test]
    fn duplicates_and_conflicts_of_one_event_are_fine() {
        let mut stage = Stage::default();
        stage.accepted(keyed(1), 1);
        stage.submitted(keyed(1), 1, Taken::Duplicate);
        stage.submitted(keyed(2), 1, Taken::Conflict);
        stage.sees(ANN, fence(1, 1), 1);
        stage.holds(PROPERTY);
    }

    #[test]
    fn two_events_of_one_key_are_seen_in_answers_and_in_deliveries() {
        let mut stage = Stage::default();
        stage.accepted(keyed(1), 1);
        stage.submitted(keyed(1), 2, Taken::Duplicate);
        stage.breaks(PROPERTY, "stands for");

        let mut stage = Stage::default();
        stage.accepted(keyed(1), 1);
        stage.sees(ANN, fence(2, 1), 1);
        stage.breaks(PROPERTY, "stands for");
    }

    #[test]
    fn a_key_is_accepted_once() {
        let mut stage = Stage::default();
        stage.accepted(keyed(1), 1);
        stage.accepted(keyed(1), 1);
        stage.breaks(PROPERTY, "accepted 2 times");
    }

    #[test]
    fn a_duplicate_has_equal_content_and_a_conflict_has_not() {
        for (content, taken) in [(2, Taken::Duplicate), (1, Taken::Conflict)] {
            let mut stage = Stage::default();
            stage.accepted(keyed(1), 1);
            stage.submitted(keyed(content), 1, taken);
            stage.sees(ANN, fence(1, 1), 1);
            stage.breaks(PROPERTY, "and the event is c1");
        }
    }
}
