//! Events, without their bodies.

use ackord_core::id::SessionId;
use ackord_core::model::{AckRecord, DeadCause, Event, EventState, Ledger, Outcome};
use ackord_core::text::Tag;
use ackord_core::time::Timestamp;

use super::answer::emitted;
use super::constant::{class, dead_cause};
use super::effect;
use super::place::Log;
use super::step::step;
use crate::text::{owned, owned_or_empty};
use crate::v1;

/// An event of the queue with this tag, with its history and its ledger.
#[must_use]
pub fn event(event: &Event, tag: Option<&Tag>, ledger: &Ledger, log: Log) -> v1::Event {
    let state = Facts::of(&event.state);
    let sender = event.origin.sender();
    v1::Event {
        id: event.id.to_string(),
        tag: owned_or_empty(tag),
        class: class(event.class).into(),
        ordering_key: owned_or_empty(event.key.as_ref()),
        event_type: owned(&event.event_type),
        origin: event.origin.to_string(),
        body_bytes: event.body_bytes,
        accepted_at_ms: event.accepted.0,
        accepted: Some(log.position(event.accepted_at)),
        state: event_state(&event.state).into(),
        state_until_ms: state.until.0,
        state_since_ms: state.since.0,
        session_id: state.session.map(|it| it.to_string()).unwrap_or_default(),
        dead_cause: state
            .dead
            .map_or(v1::DeadCause::Unspecified, dead_cause)
            .into(),
        delivery: event.delivery,
        deliveries: event.deliveries,
        attempts: event.attempts,
        attempts_max: event.attempts_max.unwrap_or_default(),
        lease_ms: event.lease.unwrap_or_default().0,
        expires_at_ms: event.expires.unwrap_or_default().0,
        replayed_from: event
            .replayed_from
            .map(|it| it.to_string())
            .unwrap_or_default(),
        note: owned_or_empty(event.note.as_ref()),
        ack: event.ack.as_deref().map(|it| ack_record(it, log)),
        history: event.history.steps.iter().map(step).collect(),
        history_dropped: event.history.dropped,
        effects: effect::ledger(ledger),
        origin_session_key: sender.map(|it| owned(&it.key)).unwrap_or_default(),
        origin_tag: owned_or_empty(sender.and_then(|it| it.tag.as_ref())),
    }
}

/// Where an event is in its life.
#[must_use]
pub const fn event_state(state: &EventState) -> v1::EventState {
    match state {
        EventState::Delayed { .. } => v1::EventState::Delayed,
        EventState::Held { .. } => v1::EventState::Held,
        EventState::Ready => v1::EventState::Ready,
        EventState::Waiting => v1::EventState::Waiting,
        EventState::Leased { .. } => v1::EventState::Leased,
        EventState::Parked { .. } => v1::EventState::Parked,
        EventState::Backoff { .. } => v1::EventState::Backoff,
        EventState::Dead { .. } => v1::EventState::Dead,
        EventState::Ended {
            outcome: Outcome::Done,
            ..
        } => v1::EventState::Done,
        EventState::Ended {
            outcome: Outcome::Cancelled,
            ..
        } => v1::EventState::Cancelled,
        EventState::Ended {
            outcome: Outcome::Purged,
            ..
        } => v1::EventState::Purged,
    }
}

/// What a state says besides its name; zero and none where it says nothing.
#[derive(Default)]
struct Facts {
    until: Timestamp,
    since: Timestamp,
    session: Option<SessionId>,
    dead: Option<DeadCause>,
}

impl Facts {
    fn of(state: &EventState) -> Self {
        let none = Self::default();
        match *state {
            EventState::Delayed { until } | EventState::Backoff { until } => Self { until, ..none },
            EventState::Held { until } => Self {
                until: until.unwrap_or_default(),
                ..none
            },
            EventState::Ready | EventState::Waiting => none,
            EventState::Leased { session } | EventState::Parked { session } => Self {
                session: Some(session),
                ..none
            },
            EventState::Dead {
                cause,
                at,
                position: _,
            } => Self {
                since: at,
                dead: Some(cause),
                ..none
            },
            EventState::Ended {
                outcome: _,
                at,
                position: _,
            } => Self { since: at, ..none },
        }
    }
}

fn ack_record(ack: &AckRecord, log: Log) -> v1::AckRecord {
    v1::AckRecord {
        delivery: ack.delivery,
        session_key: owned_or_empty(ack.session.as_ref()),
        at_ms: ack.at.0,
        position: Some(log.position(ack.position)),
        summary: owned_or_empty(ack.summary.as_ref()),
        emitted: emitted(&ack.emitted),
    }
}
