//! An event: all that changes during its life.

use ackord_core::history::History;
use ackord_core::id::{QueueId, TeamId, TokenId};
use ackord_core::model::Event;
use ackord_core::time::{Millis, Timestamp};

use super::state::{load_state, store_state};
use crate::decode_error::DecodeError;
use crate::form::{
    Coded, Stored, constant, load_all, optional, required, store_all, text, text_or_none,
};
use crate::stored;
use crate::text::{owned, owned_or_empty};

impl Stored for Event {
    type Form = stored::Event;

    fn store(&self) -> stored::Event {
        stored::Event {
            id: Some(self.id.store()),
            team: self.team.0,
            queue: self.queue.0,
            class: self.class.code(),
            ordering_key: owned_or_empty(self.key.as_ref()),
            event_type: owned(&self.event_type),
            token: self.token.0,
            accepted_ms: self.accepted.0,
            accepted_at: Some(self.accepted_at.store()),
            position: Some(self.position.store()),
            state: Some(store_state(&self.state)),
            delivery: self.delivery,
            deliveries: self.deliveries,
            attempts: self.attempts,
            attempts_max: self.attempts_max,
            lease_ms: self.lease.map(|it| it.0),
            expires_ms: self.expires.map(|it| it.0),
            body_bytes: self.body_bytes,
            replayed_from: self.replayed_from.as_ref().map(Stored::store),
            note: owned_or_empty(self.note.as_ref()),
            ack: self.ack.as_deref().map(Stored::store),
            steps: store_all(&self.history.steps),
            steps_dropped: self.history.dropped,
        }
    }

    fn load(form: stored::Event) -> Result<Self, DecodeError> {
        Ok(Self {
            id: required(form.id, "id")?,
            team: TeamId(form.team),
            queue: QueueId(form.queue),
            class: constant(form.class, "class")?,
            key: text_or_none(form.ordering_key, "ordering_key")?,
            event_type: text(form.event_type, "event_type")?,
            token: TokenId(form.token),
            accepted: Timestamp(form.accepted_ms),
            accepted_at: required(form.accepted_at, "accepted_at")?,
            position: required(form.position, "position")?,
            state: load_state(form.state)?,
            delivery: form.delivery,
            deliveries: form.deliveries,
            attempts: form.attempts,
            attempts_max: form.attempts_max,
            lease: form.lease_ms.map(Millis),
            expires: form.expires_ms.map(Timestamp),
            body_bytes: form.body_bytes,
            replayed_from: optional(form.replayed_from, "replayed_from")?,
            note: text_or_none(form.note, "note")?,
            ack: optional(form.ack, "ack")?.map(Box::new),
            history: History {
                steps: load_all(form.steps, "steps")?,
                dropped: form.steps_dropped,
            },
        })
    }
}
