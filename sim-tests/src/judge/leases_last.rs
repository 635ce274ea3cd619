//! Who was promised time has it.

use std::collections::BTreeMap;

use ackord_core::answer::Reply;
use ackord_core::command::{Fence, Op as Command};
use ackord_core::history::{ReturnCause, StepKind};
use ackord_core::limits::OFFER;
use ackord_core::model::QueueSettings;
use ackord_core::time::Timestamp;

use super::{Evidence, Property, Verdict};
use crate::story::Scene;

pub(super) const PROPERTY: Property = Property {
    name: "leases_last",
    proves: "no delivery is taken back before its time is over: the offer's for want of a \
             confirmation; for want of a claim, the claim limit from the confirmation on, or from \
             the offer's end; for want of an extension, the lease from the latest one on, or its \
             cap from the claim",
    check,
};

/// When what was promised.
#[derive(Clone, Copy)]
struct Times {
    offered: Timestamp,
    /// The first confirmation: a later one starts no earlier.
    confirmed: Option<Timestamp>,
    /// The first claim or extension.
    claimed: Option<Timestamp>,
    /// The latest one.
    extended: Option<Timestamp>,
}

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let story = &evidence.story;
    let mut times: BTreeMap<Fence, Times> = BTreeMap::new();
    for scene in &story.scenes {
        for it in &scene.moves {
            let queue = story.queues.get(&story.queue_of(it.event, scene));
            for step in &it.steps {
                let StepKind::Returned {
                    delivery, cause, ..
                } = step
                else {
                    continue;
                };
                let fence = Fence {
                    event: it.event,
                    delivery: *delivery,
                };
                let (Some(times), Some(queue)) = (times.get(&fence), queue) else {
                    continue;
                };
                let Some(end) = end(*times, *cause, queue.settings) else {
                    continue;
                };
                verdict.hold(end <= scene.at, || {
                    let (index, event, at) = (scene.index, it.event, scene.at);
                    format!("entry {index}: {event} returns as {cause:?} at {at}, before {end}")
                });
            }
        }
        for fence in confirmed(scene) {
            if let Some(times) = times.get_mut(&fence) {
                times.confirmed.get_or_insert(scene.at);
            }
        }
        for (fence, anew) in claimed(scene) {
            if let Some(times) = times.get_mut(&fence) {
                times.claimed.get_or_insert(scene.at);
                times.extended = times.extended.filter(|_| !anew).or(Some(scene.at));
            }
        }
        for lease in &scene.leases {
            let new = Times {
                offered: scene.at,
                confirmed: None,
                claimed: None,
                extended: None,
            };
            times.insert(lease.fence, new);
        }
    }
}

/// The earliest end of a delivery for this cause; none: it may end at any time.
fn end(times: Times, cause: ReturnCause, settings: QueueSettings) -> Option<Timestamp> {
    match cause {
        ReturnCause::Unconfirmed => Some(times.offered.after(OFFER)),
        ReturnCause::Unclaimed => {
            // Who comes back again and again before he claims has his offer anew, and no more time.
            let at_last = times.offered.after(OFFER);
            let since = times.confirmed.map_or(at_last, |it| it.min(at_last));
            Some(since.after(settings.claim_limit))
        }
        ReturnCause::LeaseExpired => {
            let cap = times.claimed?.after(settings.lease_cap);
            Some(times.extended?.after(settings.lease).min(cap))
        }
        ReturnCause::SessionLost | ReturnCause::Nack => None,
    }
}

/// Deliveries that were written to their sessions.
fn confirmed(scene: &Scene) -> Vec<Fence> {
    match (&scene.command.op, &scene.answer) {
        (Command::Confirm(it), Ok(_)) => it.written.iter().map(|it| it.fence).collect(),
        _ => Vec::new(),
    }
}

/// Deliveries that were claimed or extended, and whether their time begins anew: a second claim
/// changes nothing.
pub(super) fn claimed(scene: &Scene) -> Vec<(Fence, bool)> {
    match (&scene.command.op, &scene.answer) {
        (Command::Claim(it), Ok(_)) => vec![(it.fence, false)],
        // Who says how far it is, or does things outside, has seen the event.
        (Command::Checkpoint(it), Ok(_)) => vec![(it.fence, false)],
        (Command::BeginEffect(it), Ok(_)) => vec![(it.fence, false)],
        (Command::CompleteEffect(it), Ok(_)) => vec![(it.fence, false)],
        (Command::ForceEffect(it), Ok(_)) => vec![(it.fence, false)],
        (Command::RequestApproval(it), Ok(_)) => {
            it.fence.map(|it| (it, false)).into_iter().collect()
        }
        (Command::Extend(it), Ok(Reply::Extended(answers))) => {
            let granted = it.items.iter().zip(answers).filter(|it| it.1.is_ok());
            granted.map(|(item, _)| (item.fence, true)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::command::{Claim, Confirm, Written};
    use ackord_core::id::{NodeId, SessionId};
    use ackord_core::model::{Class, EventState};
    use ackord_core::time::Millis;

    use super::super::stage::{Acts, QUEUE, Stage, fence, leased};
    use super::*;

    /// An offer at 1,000, confirmed at 1,500, claimed at 2,000 if at all, which comes back.
    fn returned(claim: bool, cause: ReturnCause, at: u64) -> Stage {
        let mut stage = Stage::default();
        stage.queue(false);
        let settings = &mut queue(&mut stage).settings;
        settings.claim_limit = Millis(3_000);
        settings.lease = Millis(5_000);
        settings.lease_cap = Millis(20_000);
        stage.introduce(1, Class::Normal, None);
        let offer = stage.tick();
        offer.at = Timestamp(1_000);
        offer
            .moved(1, Some(EventState::Ready), leased(1), 1, vec![])
            .gives(1, 1, 1);
        let written = Written {
            session: SessionId(1),
            fence: fence(1, 1),
        };
        let confirm = Confirm {
            node: NodeId(1),
            written: vec![written],
            seen: vec![],
        };
        stage.scene(Command::Confirm(confirm)).at = Timestamp(1_500);
        if claim {
            let claim = Claim { fence: fence(1, 1) };
            stage.scene(Command::Claim(claim)).at = Timestamp(2_000);
        }
        let step = StepKind::Returned {
            delivery: 1,
            cause,
            reason: None,
        };
        let back = stage.tick();
        back.at = Timestamp(at);
        back.moved(1, Some(leased(1)), EventState::Ready, 1, vec![step]);
        stage
    }

    fn queue(stage: &mut Stage) -> &mut crate::story::QueueTraits {
        let queues = &mut stage.evidence.story.queues;
        queues.get_mut(&QUEUE).expect("there is one")
    }

    #[test]
    fn in_time_is_fine() {
        returned(false, ReturnCause::Unconfirmed, 16_000).holds(PROPERTY);
        returned(false, ReturnCause::Unclaimed, 4_500).holds(PROPERTY);
        returned(true, ReturnCause::LeaseExpired, 7_000).holds(PROPERTY);
    }

    #[test]
    fn too_early_is_not() {
        returned(false, ReturnCause::Unconfirmed, 15_999).breaks(PROPERTY, "before");
        returned(false, ReturnCause::Unclaimed, 4_499).breaks(PROPERTY, "before");
        returned(true, ReturnCause::LeaseExpired, 6_999).breaks(PROPERTY, "before");
    }

    #[test]
    fn at_the_cap_it_ends() {
        let mut stage = returned(true, ReturnCause::LeaseExpired, 3_000);
        queue(&mut stage).settings.lease_cap = Millis(1_000);
        stage.holds(PROPERTY);
    }

    #[test]
    fn coming_back_does_not_put_off_the_claim() {
        let mut stage = returned(false, ReturnCause::Unclaimed, 19_000);
        stage.evidence.story.scenes[1].at = Timestamp(18_500);
        stage.holds(PROPERTY);
        stage.evidence.story.scenes.remove(1);
        stage.holds(PROPERTY);
        stage.evidence.story.scenes[1].at = Timestamp(18_999);
        stage.breaks(PROPERTY, "before");
    }
}
