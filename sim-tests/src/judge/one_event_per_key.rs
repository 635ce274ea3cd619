//! A dedup key stands for one event, whoever submits it how often, and across all crashes.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::id::EventId;

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Op, Operation, Sight, Submission, Taken};

pub(super) const PROPERTY: Property = Property {
    name: "one_event_per_key",
    proves: "submits under one dedup key answer one event and deliver one event; at most one of \
             them is told `accepted`, a duplicate had the same content, a conflict another one",
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
    for (_, _, sight) in evidence.history.sights() {
        if let Sight::Delivered {
            fence,
            content: Some(content),
            ..
        } = sight
            && let Some(known) = key_of_content.get(content).and_then(|it| keys.get_mut(it))
        {
            known.events.insert(fence.event);
        }
    }
    for (key, known) in &keys {
        judge_key(key, known, verdict);
    }
}

fn judge_key(key: &str, known: &Known<'_>, verdict: &mut Verdict) {
    let events = &known.events;
    verdict.hold(events.len() <= 1, || {
        format!("key {key} stands for {events:?}")
    });
    let mut accepted = 0;
    for (asked, submission) in &known.submits {
        let Some(Answer::Submitted { taken, .. }) = asked.ok() else {
            continue;
        };
        let ended = asked.ok_at().expect("it has an answer");
        let with_content = |same: bool| {
            known.submits.iter().any(|(other, it)| {
                other.id != asked.id
                    && other.invoked < ended
                    && other.may_count()
                    && (it.content == submission.content) == same
            })
        };
        match taken {
            Taken::Accepted => accepted += 1,
            Taken::Duplicate => verdict.hold(with_content(true), || {
                format!(
                    "key {key}: c{} is called a duplicate of nothing",
                    submission.content
                )
            }),
            Taken::Conflict => verdict.hold(with_content(false), || {
                format!(
                    "key {key}: c{} is called a conflict with nothing",
                    submission.content
                )
            }),
        }
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
    fn a_duplicate_needs_equal_content_and_a_conflict_other_content() {
        let mut stage = Stage::default();
        stage.accepted(keyed(1), 1);
        stage.submitted(keyed(2), 1, Taken::Duplicate);
        stage.submitted(keyed(1), 1, Taken::Duplicate);
        stage.breaks(PROPERTY, "c2 is called a duplicate of nothing");

        let mut stage = Stage::default();
        stage.accepted(keyed(1), 1);
        stage.submitted(keyed(1), 1, Taken::Conflict);
        stage.breaks(PROPERTY, "c1 is called a conflict with nothing");
    }
}
