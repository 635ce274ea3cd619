//! What marks are seen by.

use ackord_core::answer::EffectOutcome;
use ackord_core::history::{DeliveryCause, ReturnCause, StepKind};
use ackord_core::model::{DeadCause, Mode, Verdict};
use ackord_proto::v1::RefusalReason;

use crate::history::{
    Answer, ApprovalAsk, Ask, CronDeed, Fault, Mount, Op, Operation, Outcome, Taken, Via,
};
use crate::story::{Modes, Move, Story};

pub(super) fn is_taken(asked: &Operation<'_>, how: Taken) -> bool {
    matches!(asked.ok(), Some(Answer::Submitted { taken, .. }) if taken == how)
}

pub(super) fn is_refused(asked: &Operation<'_>, why: RefusalReason) -> bool {
    matches!(asked.outcome(), Some(Outcome::Fail { reason: Some(reason), .. }) if *reason == why)
}

pub(super) fn is_refused_ack(asked: &Operation<'_>, why: RefusalReason) -> bool {
    matches!(asked.op, Op::Ack(_)) && is_refused(asked, why)
}

pub(super) fn is_cron(asked: &Operation<'_>, which: fn(&CronDeed) -> bool) -> bool {
    matches!(asked.op, Op::Cron(ask) if which(&ask.deed)) && asked.ok().is_some()
}

/// It went out with an ack.
pub(super) fn is_emitted_cron(asked: &Operation<'_>, which: fn(&CronDeed) -> bool) -> bool {
    matches!(asked.op, Op::Cron(ask) if ask.with.is_some()) && is_cron(asked, which)
}

pub(super) fn is_request(asked: &Operation<'_>) -> bool {
    matches!(asked.op, Op::Approval(ApprovalAsk::Request(_)))
}

pub(super) fn is_ruled(asked: &Operation<'_>, which: fn(Verdict) -> bool) -> bool {
    match asked.ok() {
        Some(Answer::Approval { standing, .. }) => {
            standing.ruling.is_some_and(|it| which(it.verdict))
        }
        _ => false,
    }
}

pub(super) fn is_effect(asked: &Operation<'_>, how: EffectOutcome) -> bool {
    matches!(asked.ok(), Some(Answer::Effect { outcome, .. }) if outcome == how)
}

pub(super) fn is_emit(asked: &Operation<'_>) -> bool {
    matches!(asked.op, Op::Submit(it) if matches!(it.via, Via::Ack(_)))
}

/// Deliveries by queues that drain.
pub(super) fn given_while_draining(story: &Story) -> usize {
    let mut modes = Modes::default();
    let given = story.scenes.iter().map(|scene| {
        modes.follow(scene);
        let queues = scene.leases.iter();
        let queues = queues.map(|it| story.queue_of(it.fence.event, scene));
        queues.filter(|it| modes.of(*it) == Mode::Draining).count()
    });
    given.sum()
}

pub(super) fn is_mounted(fault: &Fault, as_what: Mount) -> bool {
    matches!(fault, Fault::Mount { how, .. } if *how == as_what)
}

pub(super) fn is_member_done(asked: &Operation<'_>, which: fn(&Ask) -> bool) -> bool {
    matches!(asked.op, Op::Members(ask) if which(ask)) && asked.ok().is_some()
}

pub(super) fn is_leased(step: &StepKind, why: DeliveryCause) -> bool {
    matches!(step, StepKind::Leased { cause, .. } if *cause == why)
}

pub(super) fn is_returned(step: &StepKind, why: ReturnCause) -> bool {
    matches!(step, StepKind::Returned { cause, .. } if *cause == why)
}

pub(super) fn is_dead(step: &StepKind, why: DeadCause) -> bool {
    matches!(step, StepKind::Dead { cause, .. } if *cause == why)
}

pub(super) fn is_acked(it: &Move) -> bool {
    it.steps
        .iter()
        .any(|step| matches!(step, StepKind::Acked { .. }))
}
