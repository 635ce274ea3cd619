//! Watches: crons and sources whose silence somebody wants to hear of.

use crate::id::{CronId, EventId, SourceId, TeamId};
use crate::model::Class;
use crate::text::Tag;
use crate::time::{Millis, Timestamp};

/// Whose events are to be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Watched {
    /// Those of a cron.
    Cron(CronId),
    /// Those of a source.
    Source(SourceId),
}

/// Which silence, and who hears of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// No ack for so long.
    pub after: Millis,
    /// The queue of the alarm.
    pub tag: Tag,
    /// The alarm's class.
    pub class: Class,
}

/// An alarm that was given: one for each silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarm {
    /// When.
    pub at: Timestamp,
    /// Its event; none: the team may have no more queues.
    pub event: Option<EventId>,
}

/// The watch over a cron or a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// What is watched.
    pub of: Watched,
    /// Its team.
    pub team: TeamId,
    /// What was asked for.
    pub silence: Silence,
    /// The latest ack of one of its events since the watch began.
    pub last_ack: Option<Timestamp>,
    /// When the alarm is given; none: it was, or no event is expected at present.
    pub deadline: Option<Timestamp>,
    /// The latest alarm, until an ack ends the silence.
    pub alarm: Option<Alarm>,
}
