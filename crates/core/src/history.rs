//! What happened to an event, inside its own row: the first steps and the latest ones.

use alloc::vec::Vec;

use crate::id::SessionId;
use crate::limits::{HISTORY_STEPS_FIRST, HISTORY_STEPS_MAX};
use crate::model::DeadCause;
use crate::text::Reason;
use crate::time::Timestamp;

/// Why a session was given an event: every delivery has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryCause {
    /// The first one since it was accepted or replayed.
    First,
    /// It came back to the queue before: the step before this one says why.
    Again,
    /// Another process took the session over.
    Takeover,
    /// The interrupt that pushed it aside is gone.
    Resume,
}

/// Why an event came back to its place without its work done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReturnCause {
    /// Nobody confirmed that the offer was written.
    Unconfirmed,
    /// The session did not claim it in time.
    Unclaimed,
    /// The session was gone for longer than its grace.
    SessionLost,
    /// The lease ended after a claim. Spends an attempt.
    LeaseExpired,
    /// The session handed it back to be tried again. Spends an attempt.
    Nack,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// A quorum has it.
    Accepted,
    /// Its delay ended: it has its place.
    Due,
    /// A session was given it.
    Leased {
        /// The session.
        session: SessionId,
        /// The delivery's number.
        delivery: u32,
        /// Why.
        cause: DeliveryCause,
    },
    /// It came back.
    Returned {
        /// The delivery that ended.
        delivery: u32,
        /// Why.
        cause: ReturnCause,
        /// What the session said.
        reason: Option<Reason>,
    },
    /// An interrupt pushed it aside.
    Parked {
        /// The delivery that is waiting.
        delivery: u32,
    },
    /// It became a dead letter.
    Dead {
        /// Why.
        cause: DeadCause,
        /// What the session said.
        reason: Option<Reason>,
    },
    /// Its work is done.
    Acked {
        /// The delivery that was answered.
        delivery: u32,
    },
    /// Somebody cancelled it.
    Cancelled {
        /// Why.
        reason: Option<Reason>,
    },
    /// Somebody sent it round again.
    Replayed,
    /// Somebody purged it from the dead letters.
    Purged,
}

/// One step of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When, in log time.
    pub at: Timestamp,
    /// What.
    pub kind: StepKind,
}

/// At most [`HISTORY_STEPS_MAX`] steps: the first [`HISTORY_STEPS_FIRST`] and the latest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// The steps, oldest first.
    pub steps: Vec<Step>,
    /// Steps dropped between the first ones and the rest.
    pub dropped: u32,
}

impl History {
    /// Adds a step; drops the oldest one that may go.
    pub fn push(&mut self, at: Timestamp, kind: StepKind) {
        if self.steps.len() >= HISTORY_STEPS_MAX {
            self.steps.remove(HISTORY_STEPS_FIRST);
            self.dropped = self.dropped.saturating_add(1);
        }
        self.steps.push(Step { at, kind });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_steps_and_the_latest_are_kept() {
        let mut history = History::default();
        for at in 0..100 {
            history.push(Timestamp(at), StepKind::Replayed);
        }
        let kept: Vec<u64> = history.steps.iter().map(|it| it.at.0).collect();
        assert_eq!(kept.len(), HISTORY_STEPS_MAX);
        let (first, latest) = kept.split_at(HISTORY_STEPS_FIRST);
        assert!(first.iter().copied().eq(0..8));
        assert!(latest.iter().copied().eq(76..100));
        assert_eq!(history.dropped, 68);
    }

    #[test]
    fn nothing_is_dropped_before_there_is_need() {
        let mut history = History::default();
        for at in 0..32 {
            history.push(Timestamp(at), StepKind::Accepted);
        }
        assert_eq!((history.steps.len(), history.dropped), (32, 0));
    }
}
