//! Queues: one (team, tag) each, with what people set and where its events stand.

use crate::id::{EventId, QueueId, TeamId};
use crate::text::Tag;
use crate::time::{Millis, Position, Timestamp};

/// Precedence of an event in its queue; the lesser goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Goes at once: takes an idle session, or preempts.
    Interrupt,
    /// Before normal ones.
    Priority,
    /// The rest.
    Normal,
}

impl Class {
    /// All classes, most urgent first.
    pub const ALL: [Self; 3] = [Self::Interrupt, Self::Priority, Self::Normal];

    /// The place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Interrupt => 0,
            Self::Priority => 1,
            Self::Normal => 2,
        }
    }
}

/// Whether a queue takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Takes submits and delivers.
    #[default]
    Active,
    /// Takes submits, holds deliveries back. What is leased stays leased.
    Paused,
    /// Refuses submits, delivers what it has.
    Draining,
}

/// What people may set on a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueSettings {
    /// Lease after a claim; each extension adds as much.
    pub lease: Millis,
    /// Time from a written delivery to its claim.
    pub claim_limit: Millis,
    /// Time from the claim to the end of the last extension.
    pub lease_cap: Millis,
    /// Attempts before an event is dead.
    pub attempts: u32,
    /// One event at a time, whole queue, in order: the head blocks.
    pub strict: bool,
    /// Leases a minute, spread evenly; none: no bound.
    pub leases_per_minute: Option<u32>,
}

impl QueueSettings {
    /// Time between two leases, where leases a minute are bounded.
    pub(crate) fn lease_interval(&self) -> Option<Millis> {
        let rate = self.leases_per_minute?;
        Some(Millis(60_000 / u64::from(rate.max(1))))
    }
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            lease: crate::limits::LEASE_DEFAULT,
            claim_limit: crate::limits::CLAIM_LIMIT_DEFAULT,
            lease_cap: crate::limits::LEASE_CAP_DEFAULT,
            attempts: crate::limits::ATTEMPTS_DEFAULT,
            strict: false,
            leases_per_minute: None,
        }
    }
}

/// A run of index rows: where its first row is at the earliest, and how many rows it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Run {
    /// No row of the run lies before this.
    pub head: Position,
    /// Rows of the run.
    pub len: u64,
}

/// The ready events of one class of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Runs {
    /// In the order in which they became deliverable; rows are added at the end only.
    pub fresh: Run,
    /// What came back, or waited in a lane, at the place that it always had.
    pub returned: Run,
}

/// The event that blocks a strict queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrictHold {
    /// The event.
    pub event: EventId,
    /// Its class.
    pub class: Class,
    /// Its place.
    pub position: Position,
    /// It came back and may be leased again; else it is leased, parked or in backoff.
    pub ready: bool,
}

/// A queue: one (team, tag). Everything here is one row, read whole at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its id.
    pub id: QueueId,
    /// Its team.
    pub team: TeamId,
    /// Its tag; none for the team's untagged queue.
    pub tag: Option<Tag>,
    /// Whether it takes and gives.
    pub mode: Mode,
    /// What people set.
    pub settings: QueueSettings,
    /// Counts changes of mode and settings; a change names the one it was made from.
    pub revision: u64,
    /// Ready events, by [`Class::index`].
    pub runs: [Runs; 3],
    /// Leases in a row from a higher class while a lower one was eligible.
    pub streak: u32,
    /// On a strict queue: the event that must complete before the next one goes.
    pub strict_hold: Option<StrictHold>,
    /// Earliest instant of the next lease, where leases a minute are bounded.
    pub rate_next: Timestamp,
    /// Events that wait for their `not_before`.
    pub delayed: u64,
    /// Events that their source holds.
    pub held: u64,
    /// Events that wait for their backoff.
    pub backoff: u64,
    /// Events that wait behind another one of their ordering key.
    pub waiting: u64,
    /// Dead letters.
    pub dead: u64,
}
