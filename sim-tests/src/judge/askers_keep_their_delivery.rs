//! Whoever waits for an answer does not lose for that what it asks for.

use std::collections::BTreeMap;

use ackord_core::answer::Reply;
use ackord_core::command::{Fence, Op as Command, RequestApproval};
use ackord_core::history::{ReturnCause, StepKind};
use ackord_core::id::ApprovalId;
use ackord_core::model::Approval;
use ackord_core::time::Timestamp;

use super::leases_last::claimed;
use super::{Evidence, Property, Verdict};
use crate::story::{Scene, Story};

pub(super) const PROPERTY: Property = Property {
    name: "askers_keep_their_delivery",
    proves: "the lease of a delivery for which its session waits for an approval does not run out \
             before a whole lease has passed from the deadline on, or the lease's cap from its claim on",
    check,
};

/// How long a delivery was promised to last.
struct Promise {
    fence: Fence,
    until: Timestamp,
}

#[derive(Default)]
struct Walk {
    /// The first claim of each delivery.
    claims: BTreeMap<Fence, Timestamp>,
    /// For whom somebody waits. Whoever was answered is in a hurry again: from then on an extension
    /// may end the lease earlier.
    promises: BTreeMap<ApprovalId, Promise>,
}

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut walk = Walk::default();
    for scene in &evidence.story.scenes {
        for fence in run_out(scene) {
            let promises = walk.promises.values().filter(|it| it.fence == fence);
            let Some(latest) = promises.map(|it| it.until).max() else {
                continue;
            };
            verdict.hold(latest <= scene.at, || {
                let (index, event, at) = (scene.index, fence.event, scene.at);
                format!("entry {index}: {event} runs out at {at}, and somebody waits for it")
            });
        }
        for (fence, _) in claimed(scene) {
            walk.claims.entry(fence).or_insert(scene.at);
        }
        match (&scene.command.op, &scene.answer) {
            (Command::RequestApproval(asked), Ok(Reply::Approval(it))) => {
                walk.promise(&evidence.story, scene, asked, it);
            }
            (Command::AnswerApproval(it), Ok(_)) => {
                let kept = walk.promises.remove(&it.approval);
                verdict.checked += usize::from(kept.is_some());
            }
            _ => {}
        }
    }
}

impl Walk {
    fn promise(&mut self, story: &Story, scene: &Scene, asked: &RequestApproval, it: &Approval) {
        let Some(fence) = asked.fence.filter(|_| !self.promises.contains_key(&it.id)) else {
            return;
        };
        let is_new = it.decision.is_none() && it.asked == scene.at;
        let queue = story.queues.get(&story.queue_of(fence.event, scene));
        let (Some(queue), Some(claimed)) = (queue, self.claims.get(&fence)) else {
            return;
        };
        if is_new {
            let settings = queue.settings;
            let wanted = scene.at.after(asked.timeout).after(settings.lease);
            let cap = claimed.after(settings.lease_cap.max(settings.lease));
            let until = wanted.min(cap);
            self.promises.insert(it.id, Promise { fence, until });
        }
    }
}

/// Deliveries whose lease has run out.
fn run_out(scene: &Scene) -> Vec<Fence> {
    let mut out = Vec::new();
    for it in &scene.moves {
        for step in &it.steps {
            if let StepKind::Returned {
                delivery,
                cause: ReturnCause::LeaseExpired,
                ..
            } = *step
            {
                let event = it.event;
                out.push(Fence { event, delivery });
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use ackord_core::model::{Class, EventState};
    use ackord_core::time::Millis;

    use super::super::asked::made::request;
    use super::super::stage::{Acts, QUEUE, Stage, fence, leased};
    use super::*;

    /// Somebody asks at 1,000 for the delivery in its hand, until 3,000, and loses it.
    fn lost(at: u64, cap: u64) -> Stage {
        let mut stage = Stage::default();
        stage.queue(false);
        let queues = &mut stage.evidence.story.queues;
        let settings = &mut queues.get_mut(&QUEUE).expect("there is one").settings;
        (settings.lease, settings.lease_cap) = (Millis(500), Millis(cap));
        stage.introduce(1, Class::Normal, None);
        stage.asks(request("w", Some(fence(1, 1))));
        let step = StepKind::Returned {
            delivery: 1,
            cause: ReturnCause::LeaseExpired,
            reason: None,
        };
        let back = stage.tick();
        back.at = Timestamp(at);
        back.moved(1, Some(leased(1)), EventState::Ready, 1, vec![step]);
        stage
    }

    #[test]
    fn it_lasts_for_a_lease_from_the_deadline_on_or_to_its_cap() {
        lost(3_500, 9_000).holds(PROPERTY);
        lost(2_200, 1_200).holds(PROPERTY);
        lost(3_499, 9_000).breaks(PROPERTY, "somebody waits");
        lost(2_199, 1_200).breaks(PROPERTY, "somebody waits");
    }
}
