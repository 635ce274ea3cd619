//! The marks.

use ackord_core::answer::{EffectOutcome, Rejection, Reply};
use ackord_core::command::{DecideTick, Op as Command};
use ackord_core::history::{DeliveryCause, ReturnCause, StepKind};
use ackord_core::limits::TICK_LATE;
use ackord_core::model::{Approval, DeadCause, EventState, Fate, SkipCause, Verdict, Watched};
use ackord_proto::v1::RefusalReason;

use super::signs::{
    given_while_draining, is_acked, is_cron, is_dead, is_effect, is_emit, is_emitted_cron,
    is_leased, is_member_done, is_mounted, is_refused, is_refused_ack, is_request, is_returned,
    is_ruled, is_taken,
};
use super::{Mark, fault, logs, moved, operation, scene, step, story};
use crate::history::{
    Answer, ApprovalAsk, Ask, CronDeed, DiskFault, Fault, Mount, Op, Operation, Outcome, Power,
    Seal, Stray, Taken, Via,
};
use crate::journal::{Journal, Leader, Seats};
use crate::plan::NEXT_FORMAT;
use crate::story::alarm_of;

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
    fault("disk failed where it was told to", |it| {
        matches!(it, Fault::DiskFailed { .. })
    }),
    fault(
        "disk failed while a snapshot came",
        |it| matches!(it, Fault::Disk { how: DiskFault::At(site, _), .. } if site.starts_with("snapshot")),
    ),
    fault("slow disk", |it| matches!(it, Fault::SlowDisk { .. })),
    fault("rotten disk", |it| matches!(it, Fault::Rot { .. })),
    fault("client that is heard and does not hear", |it| {
        matches!(it, Fault::Unheard { .. })
    }),
    fault("next program", |it| {
        matches!(
            it,
            Fault::Program {
                knows: NEXT_FORMAT,
                ..
            }
        )
    }),
    operation("another team's event asked for", |it| {
        matches!(it.op, Op::Stray(Stray::Foreign { exists: true, .. }))
    }),
    operation("another team's dedup key used", |it| {
        matches!(it.op, Op::Stray(Stray::Submit(_))) && it.ok().is_some()
    }),
    operation("more asked than a role allows", |it| {
        matches!(it.op, Op::Stray(Stray::Overstep(_)))
    }),
    operation("format raised", |it| {
        is_member_done(it, |ask| matches!(ask, Ask::RaiseFormat))
    }),
    fault("clock set", |it| matches!(it, Fault::Clock { .. })),
    fault("clogged client", |it| matches!(it, Fault::Clog { .. })),
    fault("stalled client", |it| matches!(it, Fault::Stall { .. })),
    fault("latency", |it| matches!(it, Fault::Latency { .. })),
    fault("answers tampered with", |it| {
        matches!(it, Fault::Tamper { percent: 1.. })
    }),
    fault("snapshot changed on its way", |it| {
        matches!(it, Fault::Damaged { .. })
    }),
    fault("servers cut off", |it| matches!(it, Fault::Cut { .. })),
    fault(
        "leader hands over",
        |it| matches!(it, Fault::HandOver { server, to } if server != to),
    ),
    fault("messages lost", |it| matches!(it, Fault::Loss { .. })),
    fault("death in the middle of something", |it| {
        matches!(it, Fault::Failpoint { .. })
    }),
    fault("death in the middle of a change of members", |it| {
        matches!(
            it,
            Fault::Failpoint {
                point: "mid_joint_change",
                ..
            }
        )
    }),
    fault("death in the middle of a snapshot", |it| {
        matches!(
            it,
            Fault::Failpoint {
                point: "before_snapshot_switch" | "after_snapshot_switch",
                ..
            }
        )
    }),
    fault("lost disk", |it| is_mounted(it, Mount::Empty)),
    fault("another server's disk", |it| is_mounted(it, Mount::Foreign)),
    fault("a copy of a disk", |it| is_mounted(it, Mount::Copied)),
    fault("an old copy of a disk", |it| is_mounted(it, Mount::Old)),
    fault("refused server", |it| matches!(it, Fault::Refused { .. })),
    operation("promoted", |it| {
        is_member_done(it, |ask| matches!(ask, Ask::Promote(_)))
    }),
    operation("replaced", |it| {
        is_member_done(it, |ask| matches!(ask, Ask::Replace { .. }))
    }),
    operation("removed", |it| {
        is_member_done(it, |ask| matches!(ask, Ask::Remove(_)))
    }),
    operation("asked to lead", |it| {
        is_member_done(it, |ask| matches!(ask, Ask::Lead(_)))
    }),
    operation("change of members refused", |it| {
        matches!(it.op, Op::Members(_)) && matches!(it.outcome(), Some(Outcome::Fail { .. }))
    }),
    logs("change of members finished by another leader", |it| {
        let seats: Vec<_> = it.seats().collect();
        let finished =
            |pair: &&[(u64, Leader, &Seats)]| pair[0].2.quorums.len() > 1 && pair[0].1 != pair[1].1;
        seats.windows(2).filter(finished).count()
    }),
    logs("another leader", |it| {
        let leaders: Vec<Leader> = it.lines().map(|it| it.1.by).collect();
        leaders.windows(2).filter(|it| it[0] != it[1]).count()
    }),
    logs("end of a log rewritten", Journal::rewritten),
    logs("snapshot installed", |it| it.skipped),
    operation("read of what is known", |it| {
        matches!(it.ok(), Some(Answer::Read { is_there: true, .. }))
    }),
    operation("read refused", |it| {
        matches!(it.op, Op::Read { .. }) && matches!(it.outcome(), Some(Outcome::Fail { .. }))
    }),
    operation("fresh read of what is known", |it| {
        matches!(it.op, Op::FreshRead { .. })
            && matches!(it.ok(), Some(Answer::Read { is_there: true, .. }))
    }),
    operation("outcome unknown", |it| {
        matches!(it.outcome(), Some(Outcome::Info(_)))
    }),
    operation("never heard", |it| it.ended.is_none()),
    operation("dedup hit", |it| is_taken(it, Taken::Duplicate)),
    operation("dedup conflict", |it| is_taken(it, Taken::Conflict)),
    operation("submit refused by a queue that drains", |it| {
        matches!(it.op, Op::Submit(it) if it.via == Via::Submit)
            && is_refused(it, RefusalReason::Draining)
    }),
    operation("nothing went out, for a queue drained", |it| {
        is_emit(it) && is_refused(it, RefusalReason::Draining)
    }),
    scene("webhook refused for a queue that drains", |it| {
        matches!(it.command.op, Command::Receive(_)) && it.answer == Err(Rejection::Draining)
    }),
    story("event given while its queue drained", given_while_draining),
    operation("webhook taken", |it| {
        matches!(it.ok(), Some(Answer::Received { again: false, .. }))
    }),
    operation("webhook known again", |it| {
        matches!(it.ok(), Some(Answer::Received { again: true, .. }))
    }),
    operation("forged webhook refused", |it| {
        matches!(it.op, Op::Webhook { hook, .. } if hook.seal != Seal::Genuine)
            && matches!(it.outcome(), Some(Outcome::Fail { .. }))
    }),
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
    scene("former process refused", |it| {
        it.answer == Err(Rejection::TakenOver)
    }),
    step("resumed", |it| is_leased(it, DeliveryCause::Resume)),
    step("parked", |it| matches!(it, StepKind::Parked { .. })),
    scene("tick fired", |it| {
        matches!(it.answer, Ok(Reply::Decided(Fate::Fired(_))))
    }),
    scene("tick replaced an event", |it| {
        matches!(it.answer, Ok(Reply::Decided(Fate::Replaced { .. })))
    }),
    scene("tick skipped for what was under way", |it| {
        it.answer == Ok(Reply::Decided(Fate::Skipped(SkipCause::Overlap)))
    }),
    scene("tick skipped for a queue that drains", |it| {
        it.answer == Ok(Reply::Decided(Fate::Skipped(SkipCause::Draining)))
    }),
    scene("tick missed", |it| {
        it.answer == Ok(Reply::Decided(Fate::Skipped(SkipCause::Missed)))
    }),
    scene("several ticks missed at once", |it| {
        matches!(&it.command.op, Command::DecideTick(tick) if tick.over.is_some())
            && it.answer.is_ok()
    }),
    scene("tick caught up on", |it| {
        let late = |tick: &DecideTick| it.at.since(tick.nominal) > TICK_LATE;
        matches!(&it.command.op, Command::DecideTick(tick) if late(tick))
            && matches!(it.answer, Ok(Reply::Decided(Fate::Fired(_))))
    }),
    moved("silence of a cron told of", |_, it| {
        it.before.is_none() && matches!(alarm_of(it.event), Some(Watched::Cron(_)))
    }),
    moved("silence of a source told of", |_, it| {
        it.before.is_none() && matches!(alarm_of(it.event), Some(Watched::Source(_)))
    }),
    scene("tick refused: it is another one's turn", |it| {
        it.answer == Err(Rejection::OtherTick) && matches!(it.command.op, Command::DecideTick(_))
    }),
    operation("cron changed", |it| {
        is_cron(it, |it| matches!(it, CronDeed::Update(_)))
    }),
    operation("cron paused", |it| is_cron(it, |it| *it == CronDeed::Pause)),
    operation("cron resumed", |it| {
        is_cron(it, |it| *it == CronDeed::Resume)
    }),
    operation("cron removed", |it| {
        is_cron(it, |it| *it == CronDeed::Delete)
    }),
    operation("cron fired by hand", |it| {
        is_cron(it, |it| *it == CronDeed::Fire)
    }),
    operation("cron made with an ack", |it| {
        is_emitted_cron(it, |it| matches!(it, CronDeed::Create(_)))
    }),
    operation("cron changed with an ack", |it| {
        is_emitted_cron(it, |it| matches!(it, CronDeed::Update(_)))
    }),
    operation("cron removed with an ack", |it| {
        is_emitted_cron(it, |it| *it == CronDeed::Delete)
    }),
    operation("change of a cron with an ack refused", |it| {
        matches!(it.op, Op::Cron(ask) if ask.with.is_some())
            && matches!(it.outcome(), Some(Outcome::Fail { .. }))
    }),
    operation("approval asked for without a delivery", |it| {
        matches!(it.op, Op::Approval(ApprovalAsk::Request(it)) if it.fence.is_none())
            && it.ok().is_some()
    }),
    scene("approval asked for again", |it| {
        matches!(it.command.op, Command::RequestApproval(_))
            && matches!(&it.answer, Ok(Reply::Approval(told)) if told.asked < it.at)
    }),
    operation("request refused", |it| {
        is_request(it) && is_refused(it, RefusalReason::Invalid)
    }),
    operation("approval allowed", |it| {
        is_ruled(it, |it| it == Verdict::Allowed)
    }),
    operation("approval denied", |it| {
        is_ruled(it, |it| it == Verdict::Denied)
    }),
    operation("approval timed out", |it| {
        is_ruled(it, |it| it == Verdict::TimedOut)
    }),
    operation("approval withdrawn", |it| {
        is_ruled(it, |it| it == Verdict::Withdrawn)
    }),
    scene("answer after the deadline, before a tick", |it| {
        let late = |it: &Approval, at| {
            it.decision.as_ref().is_some_and(|it| it.at == at) && it.deadline <= at
        };
        matches!(it.command.op, Command::AnswerApproval(_))
            && matches!(&it.answer, Ok(Reply::Approval(told)) if late(told, it.at))
    }),
    scene("answer of whoever asked", |it| {
        it.answer == Err(Rejection::Asker)
    }),
    operation("answer to what was answered", |it| {
        let by = |it: &Operation<'_>| match (it.op, it.ok()) {
            (
                Op::Approval(ApprovalAsk::Answer { by, .. }),
                Some(Answer::Approval { standing, .. }),
            ) => standing
                .ruling
                .and_then(|it| it.by)
                .map(|it| it != by.token),
            _ => None,
        };
        by(it) == Some(true)
    }),
    operation("answer without the role", |it| {
        matches!(it.op, Op::Approval(ApprovalAsk::Answer { by, .. }) if by.power == Power::Nothing)
            && matches!(it.outcome(), Some(Outcome::Fail { .. }))
    }),
    step("handed off", |it| matches!(it, StepKind::HandedOff { .. })),
    operation("effect is new", |it| is_effect(it, EffectOutcome::New)),
    operation("effect is unfinished", |it| {
        is_effect(it, EffectOutcome::Unfinished)
    }),
    operation("effect is done", |it| is_effect(it, EffectOutcome::Done)),
    operation("effect is forced", |it| {
        is_effect(it, EffectOutcome::Forced)
    }),
    operation("effect completed with an ack", |it| {
        matches!(it.op, Op::Complete { .. }) && is_effect(it, EffectOutcome::Completed)
    }),
    operation("checkpoint", |it| {
        matches!(it.op, Op::Checkpoint { .. }) && it.ok().is_some()
    }),
    operation("message taken", |it| {
        matches!(it.op, Op::Submit(it) if it.via == Via::Message) && it.ok().is_some()
    }),
    scene("message to everybody, for two tags or more", |it| {
        matches!(&it.answer, Ok(Reply::Broadcast(copies)) if copies.len() > 1)
            && it.moves.iter().any(|it| it.before.is_none())
    }),
    scene("message to everybody told again", |it| {
        matches!(&it.answer, Ok(Reply::Broadcast(_)))
            && it.moves.iter().all(|it| it.before.is_some())
    }),
    operation("message to everybody, and nobody hears", |it| {
        is_refused(it, RefusalReason::Nobody)
    }),
    operation("went out with an ack", |it| {
        is_emit(it) && it.ok().is_some()
    }),
    operation("nothing went out, for a part was refused", |it| {
        is_emit(it) && matches!(it.outcome(), Some(Outcome::Fail { .. }))
    }),
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
