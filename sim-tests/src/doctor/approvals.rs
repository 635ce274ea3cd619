//! Approvals, falsified.

use std::collections::BTreeMap;

use ackord_core::answer::Reply;
use ackord_core::command::Op as Command;
use ackord_core::history::{ReturnCause, StepKind};
use ackord_core::id::ApprovalId;
use ackord_core::model::Verdict;
use ackord_core::time::Position;

use crate::draw::Draw;
use crate::history::{Answer, ApprovalAsk, Op, OpId, Outcome, Standing, What};
use crate::judge::Evidence;
use crate::story::Move;

/// All that was told of approvals, in order.
fn told(evidence: &mut Evidence) -> impl Iterator<Item = (OpId, &mut Standing)> {
    let records = evidence.history.records.iter_mut();
    records.filter_map(|it| match &mut it.what {
        What::Return(id, Outcome::Ok(Answer::Approval { standing, .. })) => Some((*id, standing)),
        _ => None,
    })
}

/// The last answer to a request that was sent before names another approval.
pub(super) fn ask_twice(evidence: &mut Evidence, _: &mut Draw) {
    let mut sent: BTreeMap<(u64, String), OpId> = BTreeMap::new();
    let operations = evidence.history.operations();
    let again = operations.iter().filter_map(|it| match it.op {
        Op::Approval(ApprovalAsk::Request(asked)) if it.ok().is_some() => {
            let name = (asked.nonce, asked.name.clone());
            let first = sent.insert(name, it.id);
            first.map(|_| it.id)
        }
        _ => None,
    });
    let again = again.last();
    let told = told(evidence).find(|it| Some(it.0) == again);
    if let Some((_, standing)) = told {
        standing.approval.0 += 1;
    }
}

/// What was told first of an approval that was told of twice is turned round.
pub(super) fn decide_again(evidence: &mut Evidence, _: &mut Draw) {
    let mut times: BTreeMap<ApprovalId, usize> = BTreeMap::new();
    let decided = |it: &(OpId, &mut Standing)| it.1.ruling.is_some();
    for (_, standing) in told(evidence).filter(decided) {
        *times.entry(standing.approval).or_default() += 1;
    }
    let twice = |it: &(OpId, &mut Standing)| times.get(&it.1.approval) > Some(&1);
    let mut found = told(evidence).filter(decided).filter(twice);
    if let Some(ruling) = found.next().and_then(|it| it.1.ruling.as_mut()) {
        ruling.verdict = match ruling.verdict {
            Verdict::Allowed => Verdict::Denied,
            Verdict::Denied | Verdict::TimedOut | Verdict::Withdrawn => Verdict::Allowed,
        };
    }
}

pub(super) fn allow_by_silence(evidence: &mut Evidence, _: &mut Draw) {
    for (_, standing) in told(evidence) {
        if let Some(ruling) = &mut standing.ruling
            && ruling.verdict == Verdict::TimedOut
        {
            ruling.verdict = Verdict::Allowed;
        }
    }
}

/// An answer with the token of whoever asked is told how the approval stands.
pub(super) fn hear_asker(evidence: &mut Evidence, _: &mut Draw) {
    let operations = evidence.history.operations();
    let mut askers = BTreeMap::new();
    for it in &operations {
        if let (
            Op::Approval(ApprovalAsk::Request(asked)),
            Some(Answer::Approval { standing, .. }),
        ) = (it.op, it.ok())
        {
            askers.insert(standing.approval, (asked.asker, standing));
        }
    }
    let refused = operations.iter().find_map(|it| match (it.op, it.ended) {
        (
            Op::Approval(ApprovalAsk::Answer { approval, by, .. }),
            Some((moment, Outcome::Fail { .. })),
        ) => {
            let (asker, standing) = askers.get(approval)?;
            (*asker == by.token).then_some((moment, *standing))
        }
        _ => None,
    });
    if let Some((moment, standing)) = refused
        && let What::Return(_, outcome) = &mut evidence.history.records[moment].what
    {
        let index = None;
        *outcome = Outcome::Ok(Answer::Approval { standing, index });
    }
}

/// The lease of a delivery is over as soon as its session has asked for it.
pub(super) fn run_out(evidence: &mut Evidence, _: &mut Draw) {
    for nth in 1..evidence.story.scenes.len() {
        let asked = &evidence.story.scenes[nth - 1];
        let (Command::RequestApproval(it), Ok(Reply::Approval(approval))) =
            (&asked.command.op, &asked.answer)
        else {
            continue;
        };
        let is_new = approval.decision.is_none() && approval.asked == asked.at;
        if let Some(fence) = it.fence.filter(|_| is_new) {
            let step = StepKind::Returned {
                delivery: fence.delivery,
                cause: ReturnCause::LeaseExpired,
                reason: None,
            };
            evidence.story.scenes[nth].moves.push(Move {
                event: fence.event,
                before: None,
                after: None,
                place: Position::default(),
                steps: vec![step],
            });
            return;
        }
    }
}
