//! Large work in progress.

use ackord_core::id::{JobId, QueueId, TeamId};
use ackord_core::model::{Filter, Job};
use ackord_core::time::Timestamp;

use crate::decode_error::DecodeError;
use crate::form::{
    Coded, Stored, code_or_zero, constant, constant_or_none, required, text_or_none,
};
use crate::stored;
use crate::text::owned_or_empty;

impl Stored for Job {
    type Form = stored::Job;

    fn store(&self) -> stored::Job {
        stored::Job {
            id: self.id.0,
            team: self.team.0,
            kind: self.kind.code(),
            queue: self.filter.queue.map(|it| it.0),
            cause: code_or_zero(self.filter.cause.as_ref()),
            event_type: owned_or_empty(self.filter.event_type.as_ref()),
            before: Some(self.before.store()),
            cursor: Some(self.cursor.store()),
            done: self.done,
            created_ms: self.created.0,
            ended_ms: self.ended.map(|it| it.0),
        }
    }

    fn load(form: stored::Job) -> Result<Self, DecodeError> {
        Ok(Self {
            id: JobId(form.id),
            team: TeamId(form.team),
            kind: constant(form.kind, "kind")?,
            filter: Filter {
                queue: form.queue.map(QueueId),
                cause: constant_or_none(form.cause, "cause")?,
                event_type: text_or_none(form.event_type, "event_type")?,
            },
            before: required(form.before, "before")?,
            cursor: required(form.cursor, "cursor")?,
            done: form.done,
            created: Timestamp(form.created_ms),
            ended: form.ended_ms.map(Timestamp),
        })
    }
}
