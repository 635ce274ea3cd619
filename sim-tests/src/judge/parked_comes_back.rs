//! What an interrupt pushed aside goes on where it was.

use std::collections::BTreeMap;

use ackord_core::command::Op as Command;
use ackord_core::history::{DeliveryCause, ReturnCause, StepKind};
use ackord_core::id::{EventId, SessionId};

use super::{Evidence, Property, Verdict};
use crate::story::{Scene, is_over};

pub(super) const PROPERTY: Property = Property {
    name: "parked_comes_back",
    proves: "what an interrupt pushed aside is leased next to the session that had it, unless it is \
             over or handed on first, and goes back to its queue only when that session is lost or \
             gives it back",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut walk = Walk::default();
    for scene in &evidence.story.scenes {
        for it in &scene.moves {
            for step in &it.steps {
                if let Some(wrong) = walk.step(scene, it.event, step) {
                    verdict.hold(wrong.is_empty(), || {
                        let (index, event) = (scene.index, it.event);
                        format!("entry {index}: {event} was set aside, and {wrong}")
                    });
                }
            }
            if it.after.is_none_or(is_over) {
                walk.parked.remove(&it.event);
            }
        }
    }
}

#[derive(Default)]
struct Walk {
    /// Events that were set aside, and by which session.
    parked: BTreeMap<EventId, SessionId>,
    /// Who was given each event last.
    holders: BTreeMap<EventId, SessionId>,
}

impl Walk {
    /// Takes a step. Answers what is wrong with it, if it ends that something is set aside.
    fn step(&mut self, scene: &Scene, event: EventId, step: &StepKind) -> Option<&'static str> {
        match *step {
            StepKind::Leased { session, cause, .. } => {
                self.holders.insert(event, session);
                let aside = self.parked.remove(&event)?;
                let right = (aside, DeliveryCause::Resume) == (session, cause);
                Some(if right { "" } else { "goes to another session" })
            }
            StepKind::Returned { cause, .. } => {
                let aside = self.parked.remove(&event)?;
                let ended = matches!(cause, ReturnCause::SessionLost | ReturnCause::Nack);
                let right = ended && !goes_on(scene, aside);
                Some(if right { "" } else { "goes back to its queue" })
            }
            StepKind::Parked { .. } => {
                let holder = self.holders.get(&event)?;
                self.parked.insert(event, *holder);
                None
            }
            StepKind::HandedOff { .. } => {
                self.parked.remove(&event);
                None
            }
            _ => None,
        }
    }
}

/// A session that is given something in a scene was not lost in it.
fn goes_on(scene: &Scene, session: SessionId) -> bool {
    scene.leases.iter().any(|it| it.session == session) || is_answered(scene)
}

/// Whoever answers a delivery is not lost by that.
fn is_answered(scene: &Scene) -> bool {
    matches!(scene.command.op, Command::Ack(_) | Command::Cancel(_))
}

#[cfg(test)]
mod tests {
    use ackord_core::model::EventState;

    use super::super::stage::{Acts, Stage, done, leased};
    use super::*;

    fn given(session: u64, cause: DeliveryCause) -> Vec<StepKind> {
        let session = SessionId(session);
        let delivery = 1;
        vec![StepKind::Leased {
            session,
            delivery,
            cause,
        }]
    }

    /// An event that the first session has set aside.
    fn stage() -> Stage {
        let mut stage = Stage::default();
        let first = given(1, DeliveryCause::First);
        stage.tick().moved(1, None, leased(1), 1, first);
        let parked = EventState::Parked {
            session: SessionId(1),
        };
        let step = StepKind::Parked { delivery: 1 };
        stage
            .tick()
            .moved(1, Some(leased(1)), parked, 1, vec![step]);
        stage
    }

    #[test]
    fn the_session_goes_on_with_it() {
        let mut stage = stage();
        let steps = given(1, DeliveryCause::Resume);
        stage.tick().moved(1, None, leased(1), 1, steps);
        stage.holds(PROPERTY);
    }

    #[test]
    fn no_other_one_does() {
        let mut stage = stage();
        let steps = given(2, DeliveryCause::Again);
        stage.tick().moved(1, None, leased(2), 1, steps);
        stage.breaks(PROPERTY, "goes to another session");
    }

    #[test]
    fn it_goes_back_to_its_queue_only_when_the_session_is_lost() {
        let back = || StepKind::Returned {
            delivery: 1,
            cause: ReturnCause::SessionLost,
            reason: None,
        };
        let mut lost = stage();
        lost.tick()
            .moved(1, None, EventState::Ready, 1, vec![back()]);
        lost.holds(PROPERTY);

        let mut answered = stage();
        let fence = super::super::stage::fence(2, 1);
        let ack = ackord_core::command::Ack {
            fence,
            summary: None,
            effects: Vec::new(),
            emits: Vec::new(),
        };
        let scene = answered.scene(Command::Ack(ack));
        scene.moved(2, Some(leased(1)), done(), 2, Vec::new());
        scene.moved(1, None, EventState::Ready, 1, vec![back()]);
        answered.breaks(PROPERTY, "goes back to its queue");
    }
}
