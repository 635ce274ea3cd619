//! An event: all that changes during its life.

use ackord_core::history::History;
use ackord_core::id::{CronId, QueueId, SourceId, TeamId, TokenId};
use ackord_core::model::{Event, Origin, Sender};
use ackord_core::time::{Millis, Timestamp};

use super::state::{load_state, store_state};
use crate::decode_error::{DecodeError, Fault, Within};
use crate::form::{
    Coded, Stored, constant, load_all, optional, required, store_all, text, text_or_none,
};
use crate::stored;
use crate::stored::event::Origin as OriginForm;
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
            origin: Some(store_origin(&self.origin)),
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
            earlier_acks: store_all(&self.earlier_acks),
            steps: store_all(&self.history.steps),
            steps_dropped: self.history.dropped,
            effects: self.effects,
            handed_off: self.handed_off,
            handed_off_from: self.handed_off_from.map(|it| it.0),
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
            origin: load_origin(form.origin)?,
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
            earlier_acks: load_all(form.earlier_acks, "earlier_acks")?,
            effects: form.effects,
            handed_off: form.handed_off,
            handed_off_from: form.handed_off_from.map(QueueId),
            history: History {
                steps: load_all(form.steps, "steps")?,
                dropped: form.steps_dropped,
            },
        })
    }
}

fn store_origin(origin: &Origin) -> OriginForm {
    match origin {
        Origin::Token(token) => OriginForm::Token(token.0),
        Origin::Source(source) => OriginForm::Source(source.0),
        Origin::Cron(cron) => OriginForm::Cron(cron.0),
        Origin::Session(sender) => OriginForm::Session(stored::Sender {
            token: sender.token.0,
            key: owned(&sender.key),
            tag: owned_or_empty(sender.tag.as_ref()),
        }),
    }
}

fn load_origin(form: Option<OriginForm>) -> Result<Origin, DecodeError> {
    match form {
        Some(OriginForm::Token(token)) => Ok(Origin::Token(TokenId(token))),
        Some(OriginForm::Source(source)) => Ok(Origin::Source(SourceId(source))),
        Some(OriginForm::Cron(cron)) => Ok(Origin::Cron(CronId(cron))),
        Some(OriginForm::Session(sender)) => load_sender(sender).within("session"),
        None => Err(DecodeError::new("origin", Fault::Missing)),
    }
}

fn load_sender(form: stored::Sender) -> Result<Origin, DecodeError> {
    Ok(Origin::Session(Box::new(Sender {
        token: TokenId(form.token),
        key: text(form.key, "key")?,
        tag: text_or_none(form.tag, "tag")?,
    })))
}
