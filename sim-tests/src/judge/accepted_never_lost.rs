//! An event that was accepted is there at the end, and if it is over, then for a reason that
//! somebody in the world gave.

use ackord_core::id::EventId;
use ackord_core::limits::DELIVERIES_MAX;
use ackord_core::model::{DeadCause, Event, EventState, Outcome as End};

use super::{Evidence, Property, Verdict};
use crate::history::{Op, Operation, Submission};

pub(super) const PROPERTY: Property = Property {
    name: "accepted_never_lost",
    proves: "every event that a submitter was told of is there at the end, and over only by an \
             ack, a cancel, a rejection, a purge, spent attempts or a TTL that the world knows of",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    for asked in &operations {
        let (Op::Submit(submission) | Op::Broadcast(submission), Some(answer)) =
            (asked.op, asked.ok())
        else {
            continue;
        };
        for event in answer.events() {
            verdict.look(is_there(evidence, event, submission, &operations));
        }
    }
}

fn is_there(
    evidence: &Evidence,
    event: EventId,
    submission: &Submission,
    operations: &[Operation<'_>],
) -> Result<(), String> {
    let Some(row) = evidence.rows.event(event) else {
        return Err(format!("{event} (c{}) is gone", submission.content));
    };
    match is_explained(row, has_ttl(submission, operations), operations) {
        true => Ok(()),
        false => Err(format!("{event} is {:?}, and nobody did that", row.state)),
    }
}

/// Whether the event that stands for this submission may have a TTL: its own, or that of another
/// one under its key.
fn has_ttl(submission: &Submission, operations: &[Operation<'_>]) -> bool {
    let key = &submission.dedup_key;
    operations.iter().any(|it| match it.op {
        Op::Submit(other) => {
            let same = other.content == submission.content;
            other.ttl.is_some() && (same || (key.is_some() && other.dedup_key == *key))
        }
        _ => false,
    })
}

/// Whether the state of an event follows from what the world did.
fn is_explained(row: &Event, has_ttl: bool, operations: &[Operation<'_>]) -> bool {
    let somebody = |did: fn(&Op, EventId) -> bool| {
        operations
            .iter()
            .any(|it| it.may_count() && did(it.op, row.id))
    };
    match row.state {
        EventState::Ended {
            outcome: End::Done, ..
        } => somebody(acks),
        EventState::Ended {
            outcome: End::Cancelled,
            ..
        } => somebody(cancels),
        EventState::Ended {
            outcome: End::Purged,
            ..
        } => somebody(purges),
        EventState::Dead {
            cause: DeadCause::Rejected,
            ..
        } => somebody(rejects),
        EventState::Dead {
            cause: DeadCause::Attempts,
            ..
        } => somebody(tries),
        EventState::Dead {
            cause: DeadCause::Expired,
            ..
        } => has_ttl,
        EventState::Dead {
            cause: DeadCause::Undeliverable,
            ..
        } => row.delivery >= DELIVERIES_MAX,
        // What was submitted never came to a source.
        EventState::Dead {
            cause: DeadCause::Unmatched,
            ..
        }
        | EventState::Held { .. } => false,
        EventState::Delayed { .. }
        | EventState::Ready
        | EventState::Waiting
        | EventState::Leased { .. }
        | EventState::Parked { .. }
        | EventState::Backoff { .. } => true,
    }
}

fn acks(op: &Op, event: EventId) -> bool {
    matches!(op, Op::Ack(fence) if fence.event == event)
}

fn cancels(op: &Op, event: EventId) -> bool {
    *op == Op::Cancel(event)
}

fn purges(op: &Op, event: EventId) -> bool {
    *op == Op::Purge(event)
}

fn rejects(op: &Op, event: EventId) -> bool {
    matches!(op, Op::Nack { fence, reject: true } if fence.event == event)
}

/// An attempt is spent by a nack, or after a claim.
fn tries(op: &Op, event: EventId) -> bool {
    let speaks_of = op.fence().or(op.claims());
    speaks_of.is_some_and(|it| it.event == event)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ackord_core::history::History;
    use ackord_core::id::{QueueId, TeamId, TokenId};
    use ackord_core::model::{Class, Origin};
    use ackord_core::rows::{Key, Row};
    use ackord_core::text::EventType;
    use ackord_core::time::{Position, Timestamp};

    use super::super::asked::made::request;
    use super::super::stage::{SUBMITTER, Stage, done, ended, event, fence, submission};
    use super::*;
    use crate::history::{Answer, Copied, Taken};
    use crate::table::Table;

    fn row(id: EventId, state: EventState) -> (Key, Row) {
        let team = TeamId(1);
        let event = Event {
            id,
            team,
            queue: QueueId(1),
            class: Class::Normal,
            key: None,
            event_type: EventType::new("test").expect("a valid type"),
            origin: Origin::Token(TokenId(1)),
            accepted: Timestamp(0),
            accepted_at: Position::default(),
            position: Position::default(),
            state,
            delivery: 1,
            deliveries: 1,
            attempts: 0,
            attempts_max: None,
            lease: None,
            expires: None,
            body_bytes: 0,
            replayed_from: None,
            note: None,
            effects: 0,
            handed_off: 0,
            handed_off_from: None,
            ack: None,
            earlier_acks: Vec::new(),
            history: History::default(),
        };
        (Key::Event(team, id), Row::Event(Box::new(event)))
    }

    fn with_rows(rows: &[(u128, EventState)]) -> Stage {
        let mut stage = Stage::default();
        stage.accepted(submission(7), 1);
        stage.evidence.rows = rows
            .iter()
            .map(|(id, state)| row(event(*id), *state))
            .collect::<Table>();
        stage
    }

    #[test]
    fn an_acked_event_is_not_lost() {
        let mut stage = with_rows(&[(1, done())]);
        stage.acked(fence(1, 1), 2);
        stage.holds(PROPERTY);
    }

    #[test]
    fn an_event_that_is_nowhere_is_lost() {
        with_rows(&[]).breaks(PROPERTY, "is gone");
        with_rows(&[(2, EventState::Ready)]).breaks(PROPERTY, "is gone");
    }

    #[test]
    fn each_copy_of_what_was_said_to_everybody_is_there() {
        let copy = |number| Copied {
            tag: None,
            event: event(number),
            taken: Taken::Accepted,
        };
        let copies = vec![copy(1), copy(2)];
        let mut stage = Stage::default();
        let op = Op::Broadcast(Arc::new(submission(7)));
        stage.ok(SUBMITTER, op, Answer::Broadcast { copies, index: 1 });
        stage.evidence.rows = [1, 2]
            .map(|it| row(event(it), EventState::Ready))
            .into_iter()
            .collect();
        stage.holds(PROPERTY);
        stage.evidence.rows = [row(event(1), EventState::Ready)].into_iter().collect();
        stage.breaks(PROPERTY, "is gone");
    }

    #[test]
    fn whoever_asked_for_an_event_has_spent_an_attempt() {
        let dead = EventState::Dead {
            cause: DeadCause::Attempts,
            at: Timestamp(0),
            position: Position::default(),
        };
        let mut stage = with_rows(&[(1, dead)]);
        stage.breaks(PROPERTY, "nobody did that");
        stage.asks(request("w", Some(fence(1, 1))));
        stage.holds(PROPERTY);
    }

    #[test]
    fn an_event_that_ended_without_anybody_is_lost() {
        with_rows(&[(1, done())]).breaks(PROPERTY, "nobody did that");
        with_rows(&[(1, ended(End::Cancelled))]).breaks(PROPERTY, "nobody did that");
        let expired = EventState::Dead {
            cause: DeadCause::Expired,
            at: Timestamp(0),
            position: Position::default(),
        };
        with_rows(&[(1, expired)]).breaks(PROPERTY, "nobody did that");
    }
}
