//! Doctors: falsify the evidence of a run that went well, each in one way, so that the judge is seen
//! to find it in the noise of a whole run.

use std::time::Duration;

use ackord_core::history::{DeliveryCause, StepKind};
use ackord_core::id::EventId;
use ackord_core::model::{Class, DueKind, EventState};
use ackord_core::rows::{Change, Key, Row};
use ackord_core::time::Timestamp;
use ackord_proto::v1::RefusalReason;

use crate::draw::Draw;
use crate::history::{Answer, Op, Outcome, Sight, Taken, What};
use crate::journal::Line;
use crate::judge::Evidence;
use crate::story::{Move, Scene, Story, is_over};

/// One way to falsify.
#[derive(Clone, Copy)]
pub struct Doctor {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// The property that must see it; others may, too.
    pub seen_by: &'static str,
    /// Does it, if it finds something to falsify.
    pub falsify: fn(&mut Evidence, &mut Draw),
}

/// All of them.
pub const DOCTORS: &[Doctor] = &[
    Doctor {
        name: "lost_event",
        what: "an accepted event is gone",
        seen_by: "accepted_never_lost",
        falsify: lose_event,
    },
    Doctor {
        name: "unasked_end",
        what: "the asked acks were never asked",
        seen_by: "refused_changes_nothing",
        falsify: forget_acks,
    },
    Doctor {
        name: "second_event",
        what: "a duplicate is another event",
        seen_by: "one_event_per_key",
        falsify: second_event,
    },
    Doctor {
        name: "foreign_body",
        what: "a body is none of ours",
        seen_by: "no_phantom",
        falsify: foreign_body,
    },
    Doctor {
        name: "stale_ack_counts",
        what: "a stale ack counts",
        seen_by: "stale_fence_refused",
        falsify: count_stale_ack,
    },
    Doctor {
        name: "late_delivery",
        what: "an acked event is delivered",
        seen_by: "no_delivery_after_ack",
        falsify: deliver_acked,
    },
    Doctor {
        name: "wrong_session",
        what: "a session sees another's",
        seen_by: "one_in_flight_per_session",
        falsify: swap_sessions,
    },
    Doctor {
        name: "line_jumped",
        what: "two first leases swapped",
        seen_by: "first_leases_in_order",
        falsify: swap_leases,
    },
    Doctor {
        name: "lane_overtaken",
        what: "two events of a key at a time",
        seen_by: "keyed_order",
        falsify: overtake_in_lane,
    },
    Doctor {
        name: "strict_overtaken",
        what: "two events of a strict queue at a time",
        seen_by: "strict_one_at_a_time",
        falsify: overtake_in_strict,
    },
    Doctor {
        name: "acked_twice",
        what: "two acks of an event count",
        seen_by: "one_effective_ack",
        falsify: ack_twice,
    },
    Doctor {
        name: "causeless",
        what: "a delivery's cause is another",
        seen_by: "every_delivery_has_a_cause",
        falsify: change_cause,
    },
    Doctor {
        name: "answer_elsewhere",
        what: "an answer names another place",
        seen_by: "answers_match_log",
        falsify: misplace,
    },
    Doctor {
        name: "answers_swapped",
        what: "two answers name each other's places",
        seen_by: "positions_follow_time",
        falsify: swap_answers,
    },
    Doctor {
        name: "due_row_left",
        what: "an index row is left behind",
        seen_by: "invariants",
        falsify: leave_due_row,
    },
    Doctor {
        name: "entry_changed",
        what: "an entry is another one later",
        seen_by: "log_never_changes",
        falsify: change_entry,
    },
    Doctor {
        name: "time_goes_back",
        what: "a stamp is earlier",
        seen_by: "log_time_monotonic",
        falsify: turn_back,
    },
    Doctor {
        name: "row_changed",
        what: "a row is not what the log makes",
        seen_by: "rows_equal_log",
        falsify: change_row,
    },
    Doctor {
        name: "event_stuck",
        what: "an event never ends",
        seen_by: "everything_ends",
        falsify: leave_ready,
    },
];

fn lose_event(evidence: &mut Evidence, draw: &mut Draw) {
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

fn forget_acks(evidence: &mut Evidence, _: &mut Draw) {
    for record in &mut evidence.history.records {
        if let What::Invoke(_, op @ Op::Ack(_)) = &mut record.what {
            *op = Op::Bye;
        }
    }
}

fn second_event(evidence: &mut Evidence, _: &mut Draw) {
    for record in &mut evidence.history.records {
        if let What::Return(
            _,
            Outcome::Ok(Answer::Submitted {
                event,
                taken: Taken::Duplicate,
                ..
            }),
        ) = &mut record.what
        {
            event.0 ^= 1;
            return;
        }
    }
}

fn foreign_body(evidence: &mut Evidence, draw: &mut Draw) {
    if let Some(Sight::Delivered { content, .. }) = some_delivery(evidence, draw) {
        *content = None;
    }
}

/// Some delivery that a session saw.
fn some_delivery<'a>(evidence: &'a mut Evidence, draw: &mut Draw) -> Option<&'a mut Sight> {
    let sights = evidence
        .history
        .records
        .iter_mut()
        .filter_map(|it| match &mut it.what {
            What::Sight(sight @ Sight::Delivered { .. }) => Some(sight),
            _ => None,
        });
    let mut sights: Vec<&mut Sight> = sights.collect();
    if sights.is_empty() {
        return None;
    }
    Some(sights.swap_remove(draw.index(sights.len())))
}

fn count_stale_ack(evidence: &mut Evidence, _: &mut Draw) {
    for record in &mut evidence.history.records {
        if let What::Return(_, outcome) = &mut record.what
            && let Outcome::Fail {
                reason: Some(RefusalReason::Superseded),
                ..
            } = outcome
        {
            *outcome = Outcome::Ok(Answer::Acked {
                index: 1,
                again: false,
            });
            return;
        }
    }
}

fn deliver_acked(evidence: &mut Evidence, draw: &mut Draw) {
    let operations = evidence.history.operations();
    let acked = operations
        .iter()
        .rev()
        .find_map(|it| match (it.op, it.ok()) {
            (Op::Ack(fence), Some(Answer::Acked { .. })) => Some(*fence),
            _ => None,
        });
    if let Some(acked) = acked
        && let Some(Sight::Delivered { fence, .. }) = some_delivery(evidence, draw)
    {
        fence.event = acked.event;
        fence.delivery = acked.delivery + 1;
    }
}

fn swap_sessions(evidence: &mut Evidence, _: &mut Draw) {
    let keys: Vec<_> = evidence.story.sessions.values().cloned().collect();
    for (session, key) in evidence
        .story
        .sessions
        .values_mut()
        .zip(keys.into_iter().rev())
    {
        *session = key;
    }
}

/// Swaps the scenes of the first leases of two neighbours in one class of one queue, which both had
/// been ready for a while.
fn swap_leases(evidence: &mut Evidence, _: &mut Draw) {
    let story = &mut evidence.story;
    let leases: Vec<(usize, EventId)> = (story.scenes.iter().enumerate())
        .filter_map(|(number, scene)| Some((number, waited_and_leased(scene)?)))
        .collect();
    let line = |event: EventId| {
        let traits = story.traits(event);
        (traits.queue, traits.class)
    };
    let swapped = leases
        .iter()
        .enumerate()
        .find_map(|(nth, (number, event))| {
            let mut later = leases[nth + 1..].iter();
            let next = later.find(|it| line(it.1) == line(*event))?;
            (entered(story, next.1)? < *number).then_some((*number, next.0))
        });
    if let Some((one, other)) = swapped {
        story.scenes.swap(one, other);
    }
}

/// The event whose first lease is all that a scene decides, if it had been ready before.
fn waited_and_leased(scene: &Scene) -> Option<EventId> {
    let [lease] = scene.leases.as_slice() else {
        return None;
    };
    let event = lease.fence.event;
    let moved = scene.moves.iter().find(|it| it.event == event)?;
    let first = lease.fence.delivery == 1 && moved.before == Some(EventState::Ready);
    first.then_some(event)
}

/// The number of the scene in which an event became ready.
fn entered(story: &Story, event: EventId) -> Option<usize> {
    let ready =
        |it: &&(usize, &Scene, &Move)| it.2.event == event && it.2.after == Some(EventState::Ready);
    story.moves().filter(|it| ready(&it)).map(|it| it.0).next()
}

/// Leases the next event of an ordering key before the one in front of it is over.
fn overtake_in_lane(evidence: &mut Evidence, _: &mut Draw) {
    let key = |story: &Story, event| {
        let traits = story.traits(event);
        traits.key.clone().map(|key| (traits.queue, key))
    };
    overtake(&mut evidence.story, key);
}

/// The same in a strict queue.
fn overtake_in_strict(evidence: &mut Evidence, _: &mut Draw) {
    let queue = |story: &Story, event| {
        let traits = story.traits(event);
        let strict = story
            .queues
            .get(&traits.queue)
            .is_some_and(|it| it.settings.strict);
        (strict && traits.class != Class::Interrupt).then_some(traits.queue)
    };
    overtake(&mut evidence.story, queue);
}

/// Moves a lease to before the end of the event that was busy in its line until then.
fn overtake<L: PartialEq>(story: &mut Story, line: impl Fn(&Story, EventId) -> Option<L>) {
    let leases: Vec<(usize, EventId)> = story
        .leases()
        .map(|(number, _, it)| (number, it.fence.event))
        .collect();
    let over = |number: usize, event: EventId| {
        let mut later = story
            .moves()
            .filter(|it| it.0 > number && it.2.event == event);
        later
            .find(|it| it.2.after.is_some_and(is_over))
            .map(|it| it.0)
    };
    let found = leases
        .iter()
        .enumerate()
        .find_map(|(nth, (number, event))| {
            let mine = line(story, *event)?;
            let end = over(*number, *event)?;
            let mut later = leases[nth + 1..]
                .iter()
                .filter(|it| it.0 > end && it.1 != *event);
            let next = later.find(|it| line(story, it.1).as_ref() == Some(&mine))?;
            Some((*number, next.0))
        });
    if let Some((first, next)) = found {
        let moved = story.scenes.remove(next);
        story.scenes.insert(first + 1, moved);
    }
}

/// A second ack of an event counts, under another number and elsewhere.
fn ack_twice(evidence: &mut Evidence, _: &mut Draw) {
    let last = evidence
        .history
        .records
        .last()
        .map_or(Duration::ZERO, |it| it.at);
    let acked = evidence
        .history
        .operations()
        .iter()
        .rev()
        .find_map(|it| match (it.op, it.ok()) {
            (Op::Ack(fence), Some(Answer::Acked { index, .. })) => Some((it.who, *fence, index)),
            _ => None,
        });
    if let Some((who, mut fence, index)) = acked {
        fence.delivery += 1;
        let id = evidence.history.invoke(last, who, Op::Ack(fence));
        let answer = Answer::Acked {
            index: index + 1,
            again: false,
        };
        evidence.history.end(last, who, id, Outcome::Ok(answer));
    }
}

fn change_cause(evidence: &mut Evidence, _: &mut Draw) {
    let moves = evidence
        .story
        .scenes
        .iter_mut()
        .flat_map(|it| &mut it.moves);
    for step in moves.flat_map(|it| &mut it.steps) {
        if let StepKind::Leased {
            cause: cause @ DeliveryCause::First,
            ..
        } = step
        {
            *cause = DeliveryCause::Again;
            return;
        }
    }
}

fn misplace(evidence: &mut Evidence, _: &mut Draw) {
    for record in &mut evidence.history.records {
        if let What::Return(_, Outcome::Ok(Answer::Submitted { index, .. })) = &mut record.what {
            *index = 0;
            return;
        }
    }
}

fn swap_answers(evidence: &mut Evidence, _: &mut Draw) {
    let mut indexes = evidence
        .history
        .records
        .iter_mut()
        .filter_map(|it| match &mut it.what {
            What::Return(_, Outcome::Ok(Answer::Submitted { index, .. })) => Some(index),
            _ => None,
        });
    if let (Some(first), Some(last)) = (indexes.next(), indexes.last()) {
        std::mem::swap(first, last);
    }
}

fn leave_due_row(evidence: &mut Evidence, _: &mut Draw) {
    let event = evidence.rows.events().next().map(|it| (it.team, it.id));
    if let Some((team, event)) = event {
        let key = Key::Due(Timestamp(1), team, event, DueKind::Wake);
        evidence.rows.commit(vec![Change::Put(key, Row::Due)]);
    }
}

fn change_entry(evidence: &mut Evidence, _: &mut Draw) {
    let some = evidence.journal.entries().map(|it| it.0).last();
    if let Some(index) = some {
        evidence.journal.copy(index, Line::Raft);
    }
}

fn turn_back(evidence: &mut Evidence, _: &mut Draw) {
    let entries: Vec<_> = evidence
        .journal
        .entries()
        .map(|(at, it)| (at, it.clone()))
        .collect();
    let mut journal = crate::journal::Journal::default();
    for (index, mut entry) in entries {
        if index % 50 == 49 {
            entry.at = Timestamp(1);
        }
        journal.copy(index, Line::Commands(entry));
    }
    evidence.journal = journal;
}

fn change_row(evidence: &mut Evidence, _: &mut Draw) {
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

fn leave_ready(evidence: &mut Evidence, _: &mut Draw) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::PROPERTIES;

    #[test]
    fn each_doctor_is_seen_by_a_property() {
        for doctor in DOCTORS {
            let seen = PROPERTIES.iter().any(|it| it.name == doctor.seen_by);
            assert!(seen, "{} is seen by nobody", doctor.name);
        }
    }
}
