//! Marks: what a run has come across. A judge that never met a takeover has proved nothing about
//! takeovers, so a long campaign in which a mark was never seen is a failure.

use ackord_core::command::Op as Command;
use ackord_core::history::{DeliveryCause, ReturnCause, StepKind};
use ackord_core::model::{DeadCause, EventState};
use ackord_proto::v1::RefusalReason;

use crate::history::{Answer, Fault, Op, Operation, Outcome, Taken};
use crate::judge::Evidence;
use crate::story::{Move, Scene};

/// Something worth coming across.
#[derive(Clone, Copy)]
pub struct Mark {
    /// Its name.
    pub name: &'static str,
    seen: Seen,
}

/// Where a mark is seen.
#[derive(Clone, Copy)]
enum Seen {
    /// In how an operation ended.
    Operation(fn(&Operation<'_>) -> bool),
    /// In what was done to the world.
    Fault(fn(&Fault) -> bool),
    /// In what a command did to an event.
    Move(fn(&Scene, &Move) -> bool),
    /// In a step of an event.
    Step(fn(&StepKind) -> bool),
}

const fn operation(name: &'static str, seen: fn(&Operation<'_>) -> bool) -> Mark {
    Mark {
        name,
        seen: Seen::Operation(seen),
    }
}

const fn fault(name: &'static str, seen: fn(&Fault) -> bool) -> Mark {
    Mark {
        name,
        seen: Seen::Fault(seen),
    }
}

const fn moved(name: &'static str, seen: fn(&Scene, &Move) -> bool) -> Mark {
    Mark {
        name,
        seen: Seen::Move(seen),
    }
}

const fn step(name: &'static str, seen: fn(&StepKind) -> bool) -> Mark {
    Mark {
        name,
        seen: Seen::Step(seen),
    }
}

/// All marks.
pub const MARKS: &[Mark] = &[
    fault("kill", |it| matches!(it, Fault::Kill { .. })),
    fault("power loss, nothing unsynced", |it| {
        matches!(it, Fault::PowerLoss { unsynced: 0, .. })
    }),
    fault("power loss, unsynced writes lost", |it| match it {
        Fault::PowerLoss {
            unsynced, survive, ..
        } => survive < unsynced,
        _ => false,
    }),
    fault("orderly stop", |it| matches!(it, Fault::Stop { .. })),
    fault("frozen server", |it| matches!(it, Fault::Freeze { .. })),
    fault("restart with replay", |it| {
        matches!(it, Fault::Start { behind: 1.., .. })
    }),
    fault("restart with a purged log", |it| {
        matches!(it, Fault::Start { purged: true, .. })
    }),
    fault("flush by itself", |it| matches!(it, Fault::Flush { .. })),
    fault("fail-stop", |it| matches!(it, Fault::FailStop { .. })),
    fault("clock set", |it| matches!(it, Fault::Clock { .. })),
    fault("clogged client", |it| matches!(it, Fault::Clog { .. })),
    fault("stalled client", |it| matches!(it, Fault::Stall { .. })),
    fault("latency", |it| matches!(it, Fault::Latency { .. })),
    operation("outcome unknown", |it| {
        matches!(it.outcome(), Some(Outcome::Info(_)))
    }),
    operation("never heard", |it| it.ended.is_none()),
    operation("dedup hit", |it| is_taken(it, Taken::Duplicate)),
    operation("dedup conflict", |it| is_taken(it, Taken::Conflict)),
    operation("ack given again", |it| {
        matches!(it.ok(), Some(Answer::Acked { again: true, .. }))
    }),
    operation("superseded ack", |it| {
        is_refused_ack(it, RefusalReason::Superseded)
    }),
    operation("ack of what is gone", |it| {
        is_refused_ack(it, RefusalReason::Gone)
    }),
    operation("lease cap", |it| is_refused(it, RefusalReason::LeaseCap)),
    step("redelivery", |it| is_leased(it, DeliveryCause::Again)),
    step("takeover", |it| is_leased(it, DeliveryCause::Takeover)),
    step("resumed", |it| is_leased(it, DeliveryCause::Resume)),
    step("parked", |it| matches!(it, StepKind::Parked { .. })),
    step("deaf", |it| is_returned(it, ReturnCause::Unclaimed)),
    step("session lost", |it| {
        is_returned(it, ReturnCause::SessionLost)
    }),
    step("lease expired", |it| {
        is_returned(it, ReturnCause::LeaseExpired)
    }),
    step("nacked", |it| is_returned(it, ReturnCause::Nack)),
    step("dead by attempts", |it| is_dead(it, DeadCause::Attempts)),
    step("dead by TTL", |it| is_dead(it, DeadCause::Expired)),
    step("rejected", |it| is_dead(it, DeadCause::Rejected)),
    step("delayed", |it| *it == StepKind::Due),
    step("cancelled", |it| matches!(it, StepKind::Cancelled { .. })),
    step("purged", |it| *it == StepKind::Purged),
    moved("replay of what was done", |_, it| {
        let done = matches!(it.before, Some(EventState::Ended { .. }));
        done && it.steps.contains(&StepKind::Replayed)
    }),
    moved("replay of what was dead", |_, it| {
        let dead = matches!(it.before, Some(EventState::Dead { .. }));
        dead && it.steps.contains(&StepKind::Replayed)
    }),
    moved("late ack counts", |_, it| {
        let late = matches!(
            it.before,
            Some(EventState::Ready | EventState::Backoff { .. } | EventState::Dead { .. })
        );
        late && is_acked(it)
    }),
    moved("ack of a parked event counts", |_, it| {
        matches!(it.before, Some(EventState::Parked { .. })) && is_acked(it)
    }),
    moved("cancel of a leased event", |scene, it| {
        let leased = matches!(it.before, Some(EventState::Leased { .. }));
        leased && matches!(scene.command.op, Command::Cancel(_))
    }),
    moved("waited behind its ordering key", |_, it| {
        it.before == Some(EventState::Waiting) && it.after != it.before
    }),
];

impl Mark {
    /// How often the run has come across it.
    #[must_use]
    pub fn count(&self, evidence: &Evidence, operations: &[Operation<'_>]) -> usize {
        let story = &evidence.story;
        match self.seen {
            Seen::Operation(seen) => operations.iter().filter(|it| seen(it)).count(),
            Seen::Fault(seen) => evidence.history.faults().filter(|it| seen(it)).count(),
            Seen::Move(seen) => story
                .moves()
                .filter(|(_, scene, it)| seen(scene, it))
                .count(),
            Seen::Step(seen) => story
                .moves()
                .flat_map(|(_, _, it)| &it.steps)
                .filter(|it| seen(it))
                .count(),
        }
    }
}

fn is_taken(asked: &Operation<'_>, how: Taken) -> bool {
    matches!(asked.ok(), Some(Answer::Submitted { taken, .. }) if taken == how)
}

fn is_refused(asked: &Operation<'_>, why: RefusalReason) -> bool {
    matches!(asked.outcome(), Some(Outcome::Fail { reason: Some(reason), .. }) if *reason == why)
}

fn is_refused_ack(asked: &Operation<'_>, why: RefusalReason) -> bool {
    matches!(asked.op, Op::Ack(_)) && is_refused(asked, why)
}

fn is_leased(step: &StepKind, why: DeliveryCause) -> bool {
    matches!(step, StepKind::Leased { cause, .. } if *cause == why)
}

fn is_returned(step: &StepKind, why: ReturnCause) -> bool {
    matches!(step, StepKind::Returned { cause, .. } if *cause == why)
}

fn is_dead(step: &StepKind, why: DeadCause) -> bool {
    matches!(step, StepKind::Dead { cause, .. } if *cause == why)
}

fn is_acked(it: &Move) -> bool {
    it.steps
        .iter()
        .any(|step| matches!(step, StepKind::Acked { .. }))
}
