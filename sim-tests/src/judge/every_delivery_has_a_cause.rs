//! No event is delivered without a reason, and no event comes back without one.

use std::collections::BTreeMap;

use ackord_core::command::{Fence, Op as Command};
use ackord_core::history::{DeliveryCause, ReturnCause, StepKind};
use ackord_core::id::{EventId, SessionId};

use super::{Evidence, Property, Verdict};
use crate::history::{Op, Operation};
use crate::story::{Scene, Story};

pub(super) const PROPERTY: Property = Property {
    name: "every_delivery_has_a_cause",
    proves: "delivery numbers rise by one, each delivery's cause follows from the step before it, \
             and each nack, spent lease and takeover was somebody's doing in the world",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let mut lives: BTreeMap<EventId, Life> = BTreeMap::new();
    for (_, scene, it) in evidence.story.moves() {
        let life = lives.entry(it.event).or_default();
        for step in &it.steps {
            let event = it.event;
            let wrong = life.step(step).or_else(|| {
                let world = World {
                    story: &evidence.story,
                    operations: &operations,
                    scene,
                };
                world.disowns(event, step)
            });
            verdict.hold(wrong.is_none(), || {
                format!("entry {}: {event}: {step:?}: {wrong:?}", scene.index)
            });
        }
    }
}

/// What has happened to an event so far.
#[derive(Default)]
struct Life {
    delivery: u32,
    /// Leases since it was accepted or sent round again.
    leases: u32,
    holder: Option<SessionId>,
    last: Option<Last>,
}

/// What matters of the step before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Leased,
    Returned,
    Parked,
    Other,
}

impl Life {
    /// Takes a step. Answers what is wrong with it.
    fn step(&mut self, step: &StepKind) -> Option<&'static str> {
        let (wrong, last) = match step {
            StepKind::Leased {
                session,
                delivery,
                cause,
            } => (self.lease(*session, *delivery, *cause), Last::Leased),
            // The event stays where it is.
            StepKind::Forced { .. } | StepKind::Approval { .. } => return None,
            StepKind::Returned { delivery, .. } | StepKind::HandedOff { delivery, .. } => {
                let wrong = (*delivery != self.delivery).then_some("not the latest delivery");
                (wrong, Last::Returned)
            }
            StepKind::Parked { delivery } => {
                let wrong = (*delivery != self.delivery).then_some("not the latest delivery");
                (wrong, Last::Parked)
            }
            StepKind::Replayed => {
                self.leases = 0;
                (None, Last::Other)
            }
            StepKind::Accepted
            | StepKind::Due
            | StepKind::Dead { .. }
            | StepKind::Acked { .. }
            | StepKind::Cancelled { .. }
            | StepKind::Purged
            | StepKind::Held
            | StepKind::Released
            | StepKind::Rerouted => (None, Last::Other),
        };
        self.last = Some(last);
        wrong
    }

    fn lease(
        &mut self,
        session: SessionId,
        delivery: u32,
        cause: DeliveryCause,
    ) -> Option<&'static str> {
        let same = self.holder.replace(session) == Some(session);
        let follows = match cause {
            DeliveryCause::First => self.leases == 0,
            DeliveryCause::Again => self.last == Some(Last::Returned),
            DeliveryCause::Takeover => self.last == Some(Last::Leased) && same,
            DeliveryCause::Resume => self.last == Some(Last::Parked) && same,
        };
        let next = delivery == self.delivery + 1;
        self.delivery = delivery;
        self.leases += 1;
        match (next, follows) {
            (false, _) => Some("the number does not rise by one"),
            (true, false) => Some("the step before is no cause of this"),
            (true, true) => None,
        }
    }
}

/// What the world says to a step of the story.
struct World<'a> {
    story: &'a Story,
    operations: &'a [Operation<'a>],
    scene: &'a Scene,
}

impl World<'_> {
    /// Why nobody in the world did this, if so.
    fn disowns(&self, event: EventId, step: &StepKind) -> Option<&'static str> {
        let did = |op: &dyn Fn(&Op) -> bool| self.operations.iter().any(|it| op(it.op));
        match *step {
            StepKind::HandedOff { delivery, .. } => {
                let fence = Fence { event, delivery };
                let handed = did(&|op| matches!(op, Op::HandOff { fence: it, .. } if *it == fence));
                (!handed).then_some("nobody handed it off")
            }
            StepKind::Returned {
                delivery,
                cause: ReturnCause::Nack,
                ..
            } => {
                let fence = Fence { event, delivery };
                let nacked = did(&|op| matches!(op, Op::Nack { fence: it, .. } if *it == fence));
                (!nacked).then_some("nobody said that")
            }
            StepKind::Returned {
                delivery,
                cause: ReturnCause::LeaseExpired,
                ..
            } => {
                let fence = Fence { event, delivery };
                let claimed = did(&|op| op.claims() == Some(fence));
                (!claimed).then_some("nobody claimed it")
            }
            StepKind::Leased {
                session,
                cause: DeliveryCause::Takeover,
                ..
            } => {
                let key = self.story.sessions.get(&session);
                let attach = match &self.scene.command.op {
                    Command::Attach(attach) => Some(&attach.key) == key,
                    _ => false,
                };
                (!attach).then_some("nobody attached")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::model::EventState;

    use super::super::stage::{ANN, Acts, Stage, fence, leased};
    use super::*;
    use crate::history::{Answer, Who};

    fn lease(delivery: u32, cause: DeliveryCause) -> StepKind {
        StepKind::Leased {
            session: SessionId(1),
            delivery,
            cause,
        }
    }

    fn returned(delivery: u32, cause: ReturnCause) -> StepKind {
        StepKind::Returned {
            delivery,
            cause,
            reason: None,
        }
    }

    fn life(steps: Vec<StepKind>) -> Stage {
        let mut stage = Stage::default();
        for step in steps {
            stage
                .tick()
                .moved(1, Some(EventState::Ready), leased(1), 1, vec![step]);
        }
        stage
    }

    #[test]
    fn a_life_with_causes_is_fine() {
        life(vec![
            StepKind::Accepted,
            lease(1, DeliveryCause::First),
            StepKind::Parked { delivery: 1 },
            lease(2, DeliveryCause::Resume),
            returned(2, ReturnCause::Unclaimed),
            lease(3, DeliveryCause::Again),
            StepKind::Acked { delivery: 3 },
            StepKind::Replayed,
            lease(4, DeliveryCause::First),
        ])
        .holds(PROPERTY);
    }

    #[test]
    fn a_second_first_delivery_is_wrong() {
        life(vec![
            lease(1, DeliveryCause::First),
            lease(2, DeliveryCause::First),
        ])
        .breaks(PROPERTY, "no cause");
    }

    #[test]
    fn a_number_that_does_not_rise_by_one_is_wrong() {
        life(vec![lease(2, DeliveryCause::First)]).breaks(PROPERTY, "rise by one");
    }

    #[test]
    fn again_needs_a_return() {
        life(vec![
            lease(1, DeliveryCause::First),
            lease(2, DeliveryCause::Again),
        ])
        .breaks(PROPERTY, "no cause");
    }

    #[test]
    fn a_nack_that_nobody_gave_is_wrong() {
        let steps = vec![
            lease(1, DeliveryCause::First),
            returned(1, ReturnCause::Nack),
        ];
        life(steps.clone()).breaks(PROPERTY, "nobody said that");

        let mut stage = life(steps);
        let nack = Op::Nack {
            fence: fence(1, 1),
            reject: false,
        };
        stage.ok(Who::Session(ANN), nack, Answer::Done { index: 2 });
        stage.holds(PROPERTY);
    }

    #[test]
    fn a_lease_that_nobody_claimed_does_not_spend_an_attempt() {
        life(vec![
            lease(1, DeliveryCause::First),
            returned(1, ReturnCause::LeaseExpired),
        ])
        .breaks(PROPERTY, "nobody claimed it");
    }

    #[test]
    fn a_takeover_needs_an_attach() {
        life(vec![
            lease(1, DeliveryCause::First),
            lease(2, DeliveryCause::Takeover),
        ])
        .breaks(PROPERTY, "nobody attached");
    }
}
