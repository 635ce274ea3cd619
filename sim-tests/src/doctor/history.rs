//! What the world says that it did and saw, falsified.

use std::time::Duration;

use ackord_proto::v1::RefusalReason;

use crate::draw::Draw;
use crate::history::{Answer, Op, Outcome, Sight, Taken, What};
use crate::judge::Evidence;

pub(super) fn forget_acks(evidence: &mut Evidence, _: &mut Draw) {
    for record in &mut evidence.history.records {
        if let What::Invoke(_, op @ Op::Ack(_)) = &mut record.what {
            *op = Op::Bye;
        }
    }
}

pub(super) fn second_event(evidence: &mut Evidence, _: &mut Draw) {
    for record in &mut evidence.history.records {
        if let What::Return(
            _,
            Outcome::Ok(Answer::Submitted {
                event,
                taken: Taken::Duplicate,
                ..
            }),
        ) = &mut record.what
        {
            event.0 ^= 1;
            return;
        }
    }
}

pub(super) fn foreign_body(evidence: &mut Evidence, draw: &mut Draw) {
    if let Some(Sight::Delivered { content, .. }) = some_delivery(evidence, draw) {
        *content = None;
    }
}

/// Some delivery that a session saw.
fn some_delivery<'a>(evidence: &'a mut Evidence, draw: &mut Draw) -> Option<&'a mut Sight> {
    let sights = evidence
        .history
        .records
        .iter_mut()
        .filter_map(|it| match &mut it.what {
            What::Sight(sight @ Sight::Delivered { .. }) => Some(sight),
            _ => None,
        });
    let mut sights: Vec<&mut Sight> = sights.collect();
    if sights.is_empty() {
        return None;
    }
    Some(sights.swap_remove(draw.index(sights.len())))
}

pub(super) fn count_stale_ack(evidence: &mut Evidence, _: &mut Draw) {
    for record in &mut evidence.history.records {
        if let What::Return(_, outcome) = &mut record.what
            && let Outcome::Fail {
                reason: Some(RefusalReason::Superseded),
                ..
            } = outcome
        {
            *outcome = Outcome::Ok(Answer::Acked {
                index: 1,
                again: false,
            });
            return;
        }
    }
}

pub(super) fn deliver_acked(evidence: &mut Evidence, draw: &mut Draw) {
    let operations = evidence.history.operations();
    let acked = operations
        .iter()
        .rev()
        .find_map(|it| match (it.op, it.ok()) {
            (Op::Ack(fence), Some(Answer::Acked { .. })) => Some(*fence),
            _ => None,
        });
    if let Some(acked) = acked
        && let Some(Sight::Delivered { fence, .. }) = some_delivery(evidence, draw)
    {
        fence.event = acked.event;
        fence.delivery = acked.delivery + 1;
    }
}

/// A second ack of an event counts, under another number and elsewhere.
pub(super) fn ack_twice(evidence: &mut Evidence, _: &mut Draw) {
    let last = evidence
        .history
        .records
        .last()
        .map_or(Duration::ZERO, |it| it.at);
    let acked = evidence
        .history
        .operations()
        .iter()
        .rev()
        .find_map(|it| match (it.op, it.ok()) {
            (Op::Ack(fence), Some(Answer::Acked { index, .. })) => Some((it.who, *fence, index)),
            _ => None,
        });
    if let Some((who, mut fence, index)) = acked {
        fence.delivery += 1;
        let id = evidence.history.invoke(last, who, Op::Ack(fence));
        let answer = Answer::Acked {
            index: index + 1,
            again: false,
        };
        evidence.history.end(last, who, id, Outcome::Ok(answer));
    }
}

pub(super) fn misplace(evidence: &mut Evidence, _: &mut Draw) {
    for record in &mut evidence.history.records {
        if let What::Return(_, Outcome::Ok(Answer::Submitted { index, .. })) = &mut record.what {
            *index = 0;
            return;
        }
    }
}

pub(super) fn swap_answers(evidence: &mut Evidence, _: &mut Draw) {
    let mut indexes = evidence
        .history
        .records
        .iter_mut()
        .filter_map(|it| match &mut it.what {
            What::Return(_, Outcome::Ok(Answer::Submitted { index, .. })) => Some(index),
            _ => None,
        });
    if let (Some(first), Some(last)) = (indexes.next(), indexes.last()) {
        std::mem::swap(first, last);
    }
}
