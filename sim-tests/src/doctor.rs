//! Doctors: falsify the evidence of a run that went well, each in one way, so that the judge is seen
//! to find it in the noise of a whole run.

use ackord_core::history::{DeliveryCause, StepKind};
use ackord_core::model::EventState;
use ackord_core::rows::{Change, Key, Row};
use ackord_core::time::Timestamp;
use ackord_proto::v1::RefusalReason;

use crate::draw::Draw;
use crate::history::{Answer, Op, Outcome, Sight, Taken, What};
use crate::journal::Line;
use crate::judge::Evidence;
use crate::story::is_over;

/// One way to falsify.
#[derive(Clone, Copy)]
pub struct Doctor {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// Does it, if it finds something to falsify.
    pub falsify: fn(&mut Evidence, &mut Draw),
}

/// All of them.
pub const DOCTORS: &[Doctor] = &[
    Doctor {
        name: "lost_event",
        what: "an accepted event is gone",
        falsify: lose_event,
    },
    Doctor {
        name: "unasked_end",
        what: "the asked acks were never asked",
        falsify: forget_acks,
    },
    Doctor {
        name: "second_event",
        what: "a duplicate is another event",
        falsify: second_event,
    },
    Doctor {
        name: "foreign_body",
        what: "a body is none of ours",
        falsify: foreign_body,
    },
    Doctor {
        name: "stale_ack_counts",
        what: "a stale ack counts",
        falsify: count_stale_ack,
    },
    Doctor {
        name: "late_delivery",
        what: "an acked event is delivered",
        falsify: deliver_acked,
    },
    Doctor {
        name: "wrong_session",
        what: "a session sees another's",
        falsify: swap_sessions,
    },
    Doctor {
        name: "line_jumped",
        what: "two first leases swapped",
        falsify: swap_leases,
    },
    Doctor {
        name: "causeless",
        what: "a delivery's cause is another",
        falsify: change_cause,
    },
    Doctor {
        name: "answer_elsewhere",
        what: "an answer names another place",
        falsify: misplace,
    },
    Doctor {
        name: "entry_changed",
        what: "an entry is another one later",
        falsify: change_entry,
    },
    Doctor {
        name: "time_goes_back",
        what: "a stamp is earlier",
        falsify: turn_back,
    },
    Doctor {
        name: "row_changed",
        what: "a row is not what the log makes",
        falsify: change_row,
    },
    Doctor {
        name: "event_stuck",
        what: "an event never ends",
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

/// Swaps the first leases of two neighbours in one class of one queue, neither of which had ever
/// been anything but ready.
fn swap_leases(evidence: &mut Evidence, _: &mut Draw) {
    let story = &mut evidence.story;
    let first = |it: &crate::story::Scene| match it.leases.as_slice() {
        [lease] if lease.fence.delivery == 1 => Some(lease.fence.event),
        _ => None,
    };
    for at in 0..story.scenes.len() {
        let Some(one) = first(&story.scenes[at]) else {
            continue;
        };
        let alike = story.events.get(&one).map(|it| (it.queue, it.class));
        let next = story
            .scenes
            .iter()
            .enumerate()
            .skip(at + 1)
            .find_map(|(at, scene)| {
                let other = first(scene)?;
                (story.events.get(&other).map(|it| (it.queue, it.class)) == alike)
                    .then_some((at, other))
            });
        let Some((then, other)) = next else { continue };
        let was_ready = |scene: usize, event| {
            let moved = story.scenes[scene]
                .moves
                .iter()
                .find(|it| it.event == event);
            moved.is_some_and(|it| it.before == Some(EventState::Ready))
        };
        if was_ready(at, one) && was_ready(then, other) {
            story.scenes[at].leases[0].fence.event = other;
            story.scenes[then].leases[0].fence.event = one;
            return;
        }
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
