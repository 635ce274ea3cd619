//! The cluster's counters and log time.

use ackord_core::id::TeamId;
use ackord_core::model::Meta;
use ackord_core::time::Timestamp;

use crate::decode_error::DecodeError;
use crate::form::{Stored, required};
use crate::stored;

impl Stored for Meta {
    type Form = stored::Meta;

    fn store(&self) -> stored::Meta {
        stored::Meta {
            format: self.format,
            cluster: Some(self.cluster.store()),
            now_ms: self.now.0,
            last_id: self.last_id,
            due_from_ms: self.due_from.0,
            due_len: self.due_len,
            sweep_next_ms: self.sweep_next.0,
            sweep_team: self.sweep_team.0,
            alarms_from_ms: self.alarms_from.0,
        }
    }

    fn load(form: stored::Meta) -> Result<Self, DecodeError> {
        Ok(Self {
            format: form.format,
            cluster: required(form.cluster, "cluster")?,
            now: Timestamp(form.now_ms),
            last_id: form.last_id,
            due_from: Timestamp(form.due_from_ms),
            due_len: form.due_len,
            sweep_next: Timestamp(form.sweep_next_ms),
            sweep_team: TeamId(form.sweep_team),
            alarms_from: Timestamp(form.alarms_from_ms),
        })
    }
}
