//! What has happened at least once: a run in which nothing difficult happens proves nothing.

use std::collections::BTreeMap;

use ackord_core::history::{DeliveryCause, ReturnCause, StepKind};
use ackord_core::model::{DeadCause, Event, EventState};

/// Counts by name.
#[derive(Debug, Default, Clone)]
pub(crate) struct Coverage(BTreeMap<&'static str, u64>);

/// What every run of the whole test must have seen.
const WANTED: &[&str] = &[
    "ack again",
    "ack gone",
    "ack late",
    "ack superseded",
    "actions lost",
    "approval allowed",
    "approval asked",
    "approval denied",
    "approval in a history",
    "approval timed out",
    "approval withdrawn",
    "conflict",
    "cron changed with an ack",
    "dead: attempts",
    "dead: expired",
    "dead: rejected",
    "dead: unmatched",
    "duplicate",
    "effect forced",
    "effect unfinished",
    "emit",
    "emit refused",
    "fired again",
    "handed off",
    "held",
    "held behind others",
    "interrupt preempts",
    "job replays or purges",
    "lane waits",
    "lease expires",
    "limited by rate",
    "message sent",
    "message to everybody",
    "message to nobody",
    "released",
    "replay",
    "rerouted",
    "resumed",
    "session deaf",
    "session lost",
    "session unreachable",
    "silence told",
    "strict queue blocked",
    "takeover",
    "tick edited away",
    "tick fires",
    "tick missed",
    "tick overlaps",
    "tick refused",
    "tick replaces",
    "webhook again",
    "webhook of an older revision",
    "webhook to a disabled source",
];

impl Coverage {
    pub(crate) fn saw(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    /// What should have happened and did not.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let missing = WANTED.iter().filter(|it| !self.0.contains_key(*it));
        missing.copied().collect()
    }

    /// What an event's history tells.
    pub(crate) fn saw_event(&mut self, event: &Event) {
        if event.state == EventState::Waiting {
            self.saw("lane waits");
        }
        if event.ack.as_ref().is_some_and(|it| it.session.is_none()) {
            self.saw("ack late");
        }
        for step in &event.history.steps {
            match &step.kind {
                StepKind::Leased {
                    cause: DeliveryCause::Takeover,
                    ..
                } => self.saw("takeover"),
                StepKind::Leased {
                    cause: DeliveryCause::Resume,
                    ..
                } => self.saw("resumed"),
                StepKind::Returned { cause, .. } => self.saw(match cause {
                    ReturnCause::Unconfirmed => "session unreachable",
                    ReturnCause::Unclaimed => "session deaf",
                    ReturnCause::SessionLost => "session lost",
                    ReturnCause::LeaseExpired => "lease expires",
                    ReturnCause::Nack => "nack",
                }),
                StepKind::Parked { .. } => self.saw("interrupt preempts"),
                StepKind::Dead { cause, .. } => self.saw(match cause {
                    DeadCause::Attempts => "dead: attempts",
                    DeadCause::Undeliverable => "dead: undeliverable",
                    DeadCause::Expired => "dead: expired",
                    DeadCause::Rejected => "dead: rejected",
                    DeadCause::Unmatched => "dead: unmatched",
                }),
                StepKind::Replayed => self.saw("replay"),
                StepKind::Held => self.saw("held"),
                StepKind::Released => self.saw("released"),
                StepKind::Rerouted => self.saw("rerouted"),
                StepKind::HandedOff { .. } => self.saw("handed off"),
                StepKind::Forced { .. } => self.saw("effect forced"),
                StepKind::Approval { .. } => self.saw("approval in a history"),
                StepKind::Accepted
                | StepKind::Due
                | StepKind::Leased { .. }
                | StepKind::Acked { .. }
                | StepKind::Cancelled { .. }
                | StepKind::Purged => {}
            }
        }
    }
}
