//! Samples of events: one for each state, and one with every step of a history.

use ackord_core::history::{DeliveryCause, History, ReturnCause, Step, StepKind};
use ackord_core::id::{EventId, QueueId, SessionId, TeamId, TokenId};
use ackord_core::model::{AckRecord, Class, DeadCause, Event, EventState, Origin, Outcome};
use ackord_core::text::{EventType, Note, OrderingKey, Reason, SessionKey, Summary};
use ackord_core::time::{Millis, Position, Timestamp};

use super::text;

pub(super) const EVENT: EventId = EventId(0x0192_a3b4_c5d6_e7f8_0918_2736_4554_6372);
const AT: Timestamp = Timestamp(1_790_000_000_123);
const PLACE: Position = Position {
    index: 70_001,
    offset: 2,
};

/// Events, with the ending of each sample's name.
pub(super) fn all() -> Vec<(&'static str, Event)> {
    let session = SessionId(12);
    let dead = EventState::Dead {
        cause: DeadCause::Expired,
        at: AT,
        position: PLACE,
    };
    let ended = EventState::Ended {
        outcome: Outcome::Cancelled,
        at: AT,
        position: PLACE,
    };
    vec![
        ("", full()),
        ("_delayed", bare(EventState::Delayed { until: AT })),
        ("_ready", bare(EventState::Ready)),
        ("_waiting", bare(EventState::Waiting)),
        ("_leased", bare(EventState::Leased { session })),
        ("_parked", bare(EventState::Parked { session })),
        ("_backoff", bare(EventState::Backoff { until: AT })),
        ("_dead", bare(dead)),
        ("_cancelled", bare(ended)),
        ("_acked_again", acked_again()),
    ]
}

/// Acknowledged, sent round again, and acknowledged by another delivery.
fn acked_again() -> Event {
    let first = AckRecord {
        delivery: 1,
        session: None,
        at: Timestamp(1_790_000_000_000),
        position: Position {
            index: 70_000,
            offset: 0,
        },
        summary: Some(text(Summary::new("merged"))),
        emitted: vec![vec![EventId(1)].into()],
    };
    Event {
        earlier_acks: vec![first],
        ..full()
    }
}

pub(super) fn bare(state: EventState) -> Event {
    Event {
        id: EVENT,
        team: TeamId(2),
        queue: QueueId(3),
        class: Class::Normal,
        key: None,
        event_type: text(EventType::new("push")),
        origin: Origin::Token(TokenId(5)),
        accepted: AT,
        accepted_at: PLACE,
        position: PLACE,
        state,
        delivery: 0,
        deliveries: 0,
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
        earlier_acks: vec![],
        history: History {
            steps: vec![step(0, StepKind::Accepted)],
            dropped: 0,
        },
    }
}

pub(super) fn full() -> Event {
    let ended = EventState::Ended {
        outcome: Outcome::Done,
        at: AT,
        position: PLACE,
    };
    Event {
        class: Class::Priority,
        key: Some(text(OrderingKey::new("pull 17"))),
        delivery: 7,
        deliveries: 6,
        attempts: 2,
        attempts_max: Some(3),
        lease: Some(Millis(120_000)),
        expires: Some(Timestamp(1_790_003_600_000)),
        body_bytes: 1024,
        replayed_from: Some(EventId(1)),
        note: Some(text(Note::new("tests pass,\nreview is left"))),
        ack: Some(Box::new(AckRecord {
            delivery: 7,
            session: Some(text(SessionKey::new("agent-7"))),
            at: AT,
            position: PLACE,
            summary: Some(text(Summary::new("merged, and deployed"))),
            emitted: vec![],
        })),
        earlier_acks: vec![],
        history: History {
            steps: steps(),
            dropped: 40,
        },
        ..bare(ended)
    }
}

fn steps() -> Vec<Step> {
    let reason = Some(text(Reason::new("the branch is gone")));
    let leased = |cause| StepKind::Leased {
        session: SessionId(12),
        delivery: 1,
        cause,
    };
    let returned = |cause| StepKind::Returned {
        delivery: 1,
        cause,
        reason: reason.clone(),
    };
    let kinds = [
        StepKind::Accepted,
        StepKind::Due,
        leased(DeliveryCause::First),
        returned(ReturnCause::Unconfirmed),
        leased(DeliveryCause::Again),
        returned(ReturnCause::Unclaimed),
        leased(DeliveryCause::Takeover),
        returned(ReturnCause::SessionLost),
        leased(DeliveryCause::Resume),
        returned(ReturnCause::LeaseExpired),
        returned(ReturnCause::Nack),
        StepKind::Parked { delivery: 6 },
        StepKind::Dead {
            cause: DeadCause::Rejected,
            reason: reason.clone(),
        },
        StepKind::Acked { delivery: 7 },
        StepKind::Cancelled {
            reason: reason.clone(),
        },
        StepKind::Replayed,
        StepKind::Purged,
    ];
    kinds
        .into_iter()
        .zip(0..)
        .map(|(kind, after)| step(after, kind))
        .collect()
}

pub(super) fn step(after_ms: u64, kind: StepKind) -> Step {
    Step {
        at: Timestamp(AT.0 + after_ms),
        kind,
    }
}
