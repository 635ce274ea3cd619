//! What the world says that it did and saw, falsified.

use std::time::Duration;

use ackord_core::id::EventId;
use ackord_proto::v1::RefusalReason;

use crate::draw::Draw;
use crate::history::{Answer, Fault, Op, Outcome, Record, Sight, Taken, What, Who};
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

pub(super) fn unsee(evidence: &mut Evidence, _: &mut Draw) {
    for record in &mut evidence.history.records {
        if let What::Return(_, Outcome::Ok(Answer::Read { is_there, .. })) = &mut record.what {
            *is_there = false;
        }
    }
}

pub(super) fn never_join(evidence: &mut Evidence, _: &mut Draw) {
    let join = |it: &Record| it.what == What::Fault(Fault::Join);
    evidence.history.records.retain(|it| !join(it));
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

pub(super) fn forget_leader(evidence: &mut Evidence, _: &mut Draw) {
    let led = |it: &Record| matches!(it.what, What::Fault(Fault::Led { .. }));
    evidence.history.records.retain(|it| !led(it));
}

/// The last answer of all comes late.
pub(super) fn hang(evidence: &mut Evidence, _: &mut Draw) {
    let mut records = evidence.history.records.iter_mut().rev();
    if let Some(last) = records.find(|it| matches!(it.what, What::Return(..))) {
        last.at += Duration::from_mins(1);
    }
}

pub(super) fn serve_stranger(evidence: &mut Evidence, _: &mut Draw) {
    for record in &mut evidence.history.records {
        if let (Who::Stranger, What::Return(_, outcome)) = (record.who, &mut record.what) {
            *outcome = Outcome::Ok(Answer::Somewhere);
        }
    }
}

pub(super) fn answer_other_event(evidence: &mut Evidence, _: &mut Draw) {
    for record in &mut evidence.history.records {
        if let What::Return(_, Outcome::Ok(Answer::Received { event, .. })) = &mut record.what {
            event.0 += 1;
            return;
        }
    }
}

/// Most of the refused webhooks are forged ones.
pub(super) fn take_refused_webhooks(evidence: &mut Evidence, _: &mut Draw) {
    for record in &mut evidence.history.records {
        if let (Who::Sender, What::Return(_, outcome @ Outcome::Fail { .. })) =
            (record.who, &mut record.what)
        {
            *outcome = Outcome::Ok(Answer::Received {
                event: EventId(7),
                again: true,
            });
        }
    }
}
