//! Jobs.

use ackord_core::model::{Job, JobKind};
use ackord_core::text::Tag;

use super::constant::dead_cause;
use crate::text::owned_or_empty;
use crate::v1;

/// A job. `tag` is that of the queue which its filter names, if it names one; inner none: that
/// queue is the untagged one.
#[must_use]
pub fn job(job: &Job, tag: Option<Option<&Tag>>) -> v1::Job {
    v1::Job {
        id: job.id.to_string(),
        kind: kind(&job.kind).into(),
        tag: tag.map(owned_or_empty),
        cause: job
            .filter
            .cause
            .map_or(v1::DeadCause::Unspecified, dead_cause)
            .into(),
        event_type: owned_or_empty(job.filter.event_type.as_ref()),
        done: job.done,
        created_at_ms: job.created.0,
        ended_at_ms: job.ended.unwrap_or_default().0,
    }
}

const fn kind(kind: &JobKind) -> v1::JobKind {
    match kind {
        JobKind::ReplayDead => v1::JobKind::ReplayDead,
        JobKind::PurgeDead => v1::JobKind::PurgeDead,
        JobKind::CancelQueue => v1::JobKind::CancelQueue,
    }
}
