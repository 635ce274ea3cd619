//! What happened to an event, inside its own row: the first steps and the latest ones.

use alloc::vec::Vec;

use crate::id::{ApprovalId, SessionId, TokenId};
use crate::limits::{HISTORY_STEPS_FIRST, HISTORY_STEPS_MAX, HISTORY_STEPS_OF_APPROVALS};
use crate::model::{DeadCause, Verdict};
use crate::text::{EffectKey, Reason, Tag, ToolName};
use crate::time::{Position, Timestamp};

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
    /// Its source was paused.
    Held,
    /// Its source holds it no more.
    Released,
    /// It was routed again.
    Rerouted,
    /// The session handed it to another queue.
    HandedOff {
        /// The delivery that did.
        delivery: u32,
        /// The queue.
        to: Tag,
        /// Its place there.
        position: Position,
    },
    /// An effect that was unfinished is done once more.
    Forced {
        /// The delivery that does it.
        delivery: u32,
        /// Which.
        key: EffectKey,
        /// Why it is sure that the effect did not happen before.
        reason: Option<Reason>,
    },
    /// What its session asked to be allowed was decided.
    Approval {
        /// The approval.
        approval: ApprovalId,
        /// The delivery that asked.
        delivery: u32,
        /// What the agent wanted to use.
        tool: ToolName,
        /// How it was decided.
        verdict: Verdict,
        /// The token that answered.
        by: Option<TokenId>,
        /// What whoever answered says.
        reason: Option<Reason>,
    },
}

/// One step of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When, in log time.
    pub at: Timestamp,
    /// What.
    pub kind: StepKind,
}

impl Step {
    fn is_of_approval(&self) -> bool {
        matches!(self.kind, StepKind::Approval { .. })
    }
}

/// At most [`HISTORY_STEPS_MAX`] steps: the first [`HISTORY_STEPS_FIRST`] and the latest; among them
/// the latest [`HISTORY_STEPS_OF_APPROVALS`] that tell of approvals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// The steps, oldest first.
    pub steps: Vec<Step>,
    /// Steps dropped: between the first ones and the rest, and of approvals.
    pub dropped: u32,
}

impl History {
    /// Adds a step; drops the oldest one that may go.
    pub fn push(&mut self, at: Timestamp, kind: StepKind) {
        let step = Step { at, kind };
        if let Some(oldest) = self.crowded_out(&step) {
            self.steps.remove(oldest);
            self.dropped = self.dropped.saturating_add(1);
        }
        self.steps.push(step);
    }

    /// Where the step is that goes for this one, if one has to.
    fn crowded_out(&self, step: &Step) -> Option<usize> {
        let of_approvals = self.steps.iter().filter(|it| it.is_of_approval());
        if step.is_of_approval() && of_approvals.count() >= HISTORY_STEPS_OF_APPROVALS {
            return self.steps.iter().position(Step::is_of_approval);
        }
        (self.steps.len() >= HISTORY_STEPS_MAX).then_some(HISTORY_STEPS_FIRST)
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
    fn approvals_push_out_nothing_but_approvals() {
        let asked = |at| StepKind::Approval {
            approval: ApprovalId(at),
            delivery: 1,
            tool: ToolName::new("Bash").expect("a valid name"),
            verdict: Verdict::Allowed,
            by: None,
            reason: None,
        };
        let mut history = History::default();
        history.push(Timestamp(0), StepKind::Accepted);
        history.push(Timestamp(1), StepKind::Replayed);
        for at in 2..100 {
            history.push(Timestamp(at), asked(at));
        }
        let kept: Vec<u64> = history.steps.iter().map(|it| it.at.0).collect();
        assert_eq!(kept, [0, 1, 96, 97, 98, 99]);
        assert_eq!(history.dropped, 94);
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
