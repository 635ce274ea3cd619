//! Large work.

use super::event::DeadCause;
use crate::id::{JobId, QueueId, TeamId};
use crate::text::EventType;
use crate::time::{Position, Timestamp};

/// Which dead letters or queued events a job takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only of this queue.
    pub queue: Option<QueueId>,
    /// Only dead for this cause.
    pub cause: Option<DeadCause>,
    /// Only of this event type.
    pub event_type: Option<EventType>,
}

/// What a job does to each event that it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobKind {
    /// Replays dead letters.
    ReplayDead,
    /// Purges dead letters.
    PurgeDead,
    /// Cancels everything that is ready in a queue.
    CancelQueue,
}

/// Large work: advances a bounded step with each tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Its team.
    pub team: TeamId,
    /// What it does.
    pub kind: JobKind,
    /// What it takes.
    pub filter: Filter,
    /// It takes nothing that came at or after this position: what it makes is not its own work.
    pub before: Position,
    /// Where it goes on.
    pub cursor: Position,
    /// Events taken so far.
    pub done: u64,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it ended. The last ones of a team that ended stay on record.
    pub ended: Option<Timestamp>,
}
