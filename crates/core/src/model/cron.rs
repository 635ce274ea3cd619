//! Crons: what fires by itself, and what was decided of its ticks.

use alloc::vec::Vec;

use crate::id::{CronId, EventId, TeamId};
use crate::model::Class;
use crate::text::{Label, OrderingKey, ScheduleText, Tag, ZoneName};
use crate::time::{Millis, Timestamp};

/// What becomes of a tick while the cron's latest event is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Overlap {
    /// It fires beside it.
    Allow,
    /// It is skipped.
    #[default]
    Skip,
    /// It fires, and the event before is cancelled if no session was ever given it.
    Replace,
}

/// What becomes of a tick that is decided late, after an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum CatchUp {
    /// It is skipped.
    Skip,
    /// It fires if it is the last one that was missed.
    #[default]
    One,
    /// It fires if it is not older than this.
    All {
        /// From its nominal instant.
        max_age: Millis,
    },
}

/// What people say of a cron, but for its instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronTerms {
    /// Its name for people, unique in its team.
    pub label: Label,
    /// When it fires. Only whoever proposes reads it.
    pub schedule: ScheduleText,
    /// In which zone. Only whoever proposes reads it.
    pub zone: ZoneName,
    /// The queue of its events; none: the untagged one.
    pub tag: Option<Tag>,
    /// Their class.
    pub class: Class,
    /// Their ordering key; none on an interrupt.
    pub ordering_key: Option<OrderingKey>,
    /// They are dead if no session has them so long after they were queued.
    pub ttl: Option<Millis>,
    /// Attempts, instead of the queue's.
    pub attempts: Option<u32>,
    /// Lease, instead of the queue's.
    pub lease: Option<Millis>,
    /// While the event before is not done.
    pub overlap: Overlap,
    /// After an outage.
    pub catch_up: CatchUp,
    /// No tick lies before.
    pub starts: Option<Timestamp>,
    /// Every tick lies before.
    pub ends: Option<Timestamp>,
}

impl CronTerms {
    /// Whether both fire at the same instants, but for where they end.
    #[must_use]
    pub fn fires_as(&self, other: &Self) -> bool {
        self.schedule == other.schedule && self.zone == other.zone && self.starts == other.starts
    }
}

/// Why a tick was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipCause {
    /// It was decided too late, and catching up leaves it out.
    Missed,
    /// The cron's latest event was not done.
    Overlap,
    /// Its queue is draining.
    Draining,
    /// The team has as many queues as it may, and its own is none of them.
    NoQueue,
    /// The schedule was changed before it was decided.
    Edited,
    /// The cron was paused before it was decided.
    Paused,
}

/// What was decided of a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It became this event.
    Fired(EventId),
    /// It became nothing.
    Skipped(SkipCause),
    /// It became an event in the place of the one before, which was cancelled.
    Replaced {
        /// The new one.
        event: EventId,
        /// The one before.
        before: EventId,
    },
}

/// A tick that was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// The instant that it is named by: when it was due.
    pub nominal: Timestamp,
    /// When it was decided.
    pub at: Timestamp,
    /// What of it.
    pub fate: Fate,
}

/// How many ticks ended how, since the cron was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CronCounts {
    /// Fired, in the place of an event before or not.
    pub fired: u64,
    /// Those of them that replaced an event before.
    pub replaced: u64,
    /// Skipped.
    pub skipped: u64,
    /// Fired by hand: no ticks.
    pub by_hand: u64,
}

/// A cron, but for its instruction, which is read only when it fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    /// Its id.
    pub id: CronId,
    /// Its team.
    pub team: TeamId,
    /// Counts changes of terms and instruction, pauses and resumptions, from 1; a tick names the one
    /// that it was computed from.
    pub revision: u64,
    /// What people say of it.
    pub terms: CronTerms,
    /// Where the steps of an interval begin. Only whoever proposes reads it.
    pub anchor: Timestamp,
    /// Since when it is paused.
    pub paused: Option<Timestamp>,
    /// The nominal instant of the first tick that is not decided; none: it is paused, or was the
    /// last.
    pub next: Option<Timestamp>,
    /// The latest tick that was decided.
    pub last: Option<Decided>,
    /// The latest event that it became, by a tick or by hand.
    pub live: Option<EventId>,
    /// Earlier ones that were not done when the latest was made, the latest of them first. None are
    /// remembered where overlap is allowed: nobody asks.
    pub others: Vec<EventId>,
    /// What became of its ticks.
    pub counts: CronCounts,
    /// When it was made.
    pub created: Timestamp,
    /// When its revision rose last.
    pub changed: Timestamp,
}
