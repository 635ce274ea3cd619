use crate::model::{DeadCause, JobKind};
use crate::text::{EventType, Tag};

/// Begins work on many events; ticks advance it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartJob {
    /// What to do.
    pub kind: JobKind,
    /// Only this queue's events (inner none: the untagged one); none: all of the team.
    pub tag: Option<Option<Tag>>,
    /// Only what died for this cause.
    pub cause: Option<DeadCause>,
    /// Only this event type.
    pub event_type: Option<EventType>,
}
