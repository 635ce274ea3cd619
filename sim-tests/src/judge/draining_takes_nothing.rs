//! A queue that drains takes no new event, and gives what it has.

use std::collections::BTreeMap;

use ackord_core::answer::{Rejection, Reply};
use ackord_core::command::Op as Command;
use ackord_core::history::StepKind;
use ackord_core::id::{EventId, SessionId};
use ackord_core::model::{DeadCause, EventState, Mode};
use ackord_proto::v1::RefusalReason;

use super::content::named_by;
use super::{Evidence, Property, Verdict};
use crate::history::{CronDeed, Op, Outcome, Via};
use crate::story::{Modes, Move, Scene, Story, alarm_of};

pub(super) const PROPERTY: Property = Property {
    name: "draining_takes_nothing",
    proves: "while a queue drains, nothing is new to it, by whatever way it comes, but what tells of a \
             silence; a session that comes then with nothing in hand is given what is ready there; and \
             whoever is told that a queue drains was refused for that by the log",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let story = &evidence.story;
    let mut walk = Walk::default();
    for scene in &story.scenes {
        for it in scene.moves.iter().filter(|it| is_new(it)) {
            let queue = story.queue_of(it.event, scene);
            verdict.hold(walk.modes.of(queue) != Mode::Draining, || {
                let (index, event) = (scene.index, it.event);
                format!("entry {index}: {event} is new to {queue}, which drains")
            });
        }
        walk.learn(scene);
        if let Some(left) = walk.left_over(story, scene) {
            verdict.hold(left.is_none(), || {
                let index = scene.index;
                format!("entry {index}: {left:?} is ready, and whoever comes is not given it")
            });
        }
    }
    who_is_told(evidence, verdict);
}

/// Whether a queue gets the event, which it did not have. An alarm comes whatever its queue does.
fn is_new(it: &Move) -> bool {
    let handed_off = |step: &StepKind| matches!(step, StepKind::HandedOff { .. });
    let comes = it.before.is_none() && alarm_of(it.event).is_none();
    comes || it.steps.iter().any(handed_off)
}

#[derive(Default)]
struct Walk {
    modes: Modes,
    /// Where each event is.
    states: BTreeMap<EventId, EventState>,
}

impl Walk {
    fn learn(&mut self, scene: &Scene) {
        self.modes.follow(scene);
        for it in &scene.moves {
            match it.after {
                Some(state) => self.states.insert(it.event, state),
                None => self.states.remove(&it.event),
            };
        }
    }

    /// What stays ready in a queue that drains, though a session has come to it that has nothing in
    /// hand. None: no session has come, or the queue may let it wait.
    fn left_over(&self, story: &Story, scene: &Scene) -> Option<Option<EventId>> {
        let (Command::Attach(it), Ok(Reply::Attached(session, _))) =
            (&scene.command.op, &scene.answer)
        else {
            return None;
        };
        let queue = self.modes.named(scene.command.team, it.tag.as_ref())?;
        let settings = story.queues.get(&queue)?.settings;
        let waits = settings.strict || settings.leases_per_minute.is_some();
        if waits || self.modes.of(queue) != Mode::Draining || self.is_busy(*session) {
            return None;
        }
        // Many that have died of age may have taken the room of the command.
        if scene.moves.iter().any(died_of_age) {
            return None;
        }
        let ready = |(event, state): &(&EventId, &EventState)| {
            **state == EventState::Ready && story.queue_of(**event, scene) == queue
        };
        Some(self.states.iter().find(ready).map(|it| *it.0))
    }

    fn is_busy(&self, session: SessionId) -> bool {
        self.states.values().any(|it| match it {
            EventState::Leased { session: it } | EventState::Parked { session: it } => {
                *it == session
            }
            _ => false,
        })
    }
}

fn died_of_age(it: &Move) -> bool {
    let cause = DeadCause::Expired;
    matches!(it.after, Some(EventState::Dead { cause: it, .. }) if it == cause)
}

/// Nobody but the log says that a queue drains.
fn who_is_told(evidence: &Evidence, verdict: &mut Verdict) {
    let scenes = evidence.story.scenes.iter();
    let refused: Vec<&Scene> = scenes
        .filter(|it| it.answer.as_ref().is_err_and(is_of_draining))
        .collect();
    for asked in evidence.history.operations() {
        let told = matches!(
            asked.outcome(),
            Some(Outcome::Fail {
                reason: Some(RefusalReason::Draining),
                ..
            })
        );
        if told {
            let found = refused.iter().any(|it| says(asked.op, &it.command.op));
            verdict.hold(found, || {
                format!("{} was refused for a queue that drains by nobody", asked.op)
            });
        }
    }
}

fn is_of_draining(why: &Rejection) -> bool {
    match why {
        Rejection::Draining => true,
        Rejection::Part { why, .. } => is_of_draining(why),
        _ => false,
    }
}

/// Whether this was asked by that command.
fn says(op: &Op, command: &Command) -> bool {
    match (op, command) {
        (Op::Submit(mine), Command::Submit(it)) => named_by(&it.body) == Some(mine.content),
        (Op::Submit(mine), Command::Send(it)) => {
            named_by(it.message.text.as_str().as_bytes()) == Some(mine.content)
        }
        (Op::Submit(mine), Command::Ack(it)) => mine.via == Via::Ack(it.fence),
        (Op::Ack(fence) | Op::Complete { fence, .. }, Command::Ack(it)) => *fence == it.fence,
        (Op::HandOff { fence, tag }, Command::Handoff(it)) => (*fence, tag) == (it.fence, &it.tag),
        (Op::Cron(ask), Command::Ack(it)) => ask.with == Some(it.fence),
        (Op::Cron(ask), Command::FireCron(_)) => ask.deed == CronDeed::Fire,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::command::{Attach, Handoff, SetMode};
    use ackord_core::id::NodeId;
    use ackord_core::model::Class;
    use ackord_core::text::{SessionKey, Tag};

    use super::super::stage::{ANN, Acts, QUEUE, Stage, fence, leased};
    use super::*;
    use crate::history::Who;

    /// One event, which is in before the queue drains.
    fn draining() -> Stage {
        let mut stage = Stage::default();
        stage.queue(false);
        stage.introduce(1, Class::Normal, None);
        comes(&mut stage, 1);
        set_mode(&mut stage, Mode::Draining);
        stage
    }

    fn set_mode(stage: &mut Stage, mode: Mode) {
        let scene = stage.scene(Command::SetMode(SetMode { tag: None, mode }));
        scene.answer = Ok(Reply::Queue(QUEUE, 1));
    }

    fn comes(stage: &mut Stage, event: u128) {
        let scene = stage.tick();
        scene.moved(event, None, EventState::Ready, 1, Vec::new());
    }

    fn attach(stage: &mut Stage) -> &mut Scene {
        let scene = stage.scene(Command::Attach(Attach {
            key: SessionKey::new("s1").expect("a valid key"),
            nonce: 1,
            tag: None,
            node: NodeId(1),
            accepts_messages: true,
        }));
        scene.answer = Ok(Reply::Attached(SessionId(1), 1));
        scene
    }

    fn hand_off() -> Handoff {
        Handoff {
            fence: fence(1, 1),
            tag: Tag::new("ops").expect("a valid tag"),
            note: None,
        }
    }

    #[test]
    fn nothing_is_new_until_it_is_open_again() {
        let mut stage = draining();
        stage.introduce(2, Class::Normal, None);
        set_mode(&mut stage, Mode::Active);
        comes(&mut stage, 2);
        stage.holds(PROPERTY);
        stage.introduce(3, Class::Normal, None);
        set_mode(&mut stage, Mode::Draining);
        comes(&mut stage, 3);
        stage.breaks(PROPERTY, "is new to");
    }

    #[test]
    fn nothing_is_handed_to_it() {
        let mut stage = draining();
        let step = StepKind::HandedOff {
            delivery: 1,
            to: hand_off().tag,
            position: Default::default(),
        };
        let scene = stage.scene(Command::Handoff(hand_off()));
        scene.moved(1, Some(leased(1)), EventState::Ready, 2, vec![step]);
        stage.breaks(PROPERTY, "is new to");
    }

    #[test]
    fn who_tells_of_a_silence_is_let_in() {
        let mut stage = draining();
        let alarm = (0x51c0 << 64) | 5;
        stage.introduce(alarm, Class::Normal, None);
        comes(&mut stage, alarm);
        stage.holds(PROPERTY);
    }

    #[test]
    fn what_it_has_is_given() {
        let mut given = draining();
        attach(&mut given).moved(1, Some(EventState::Ready), leased(1), 1, Vec::new());
        given.holds(PROPERTY);

        let mut kept = draining();
        attach(&mut kept);
        kept.breaks(PROPERTY, "is not given it");
    }

    #[test]
    fn who_is_told_was_refused() {
        let told = |stage: &mut Stage| {
            let Handoff { fence, tag, .. } = hand_off();
            let id = stage.invoke(Who::Session(ANN), Op::HandOff { fence, tag });
            let reason = Some(RefusalReason::Draining);
            let text = String::new();
            stage.end(id, Outcome::Fail { reason, text });
        };
        let mut stage = draining();
        stage.scene(Command::Handoff(hand_off())).answer = Err(Rejection::Draining);
        told(&mut stage);
        stage.holds(PROPERTY);

        let mut stage = draining();
        told(&mut stage);
        stage.breaks(PROPERTY, "by nobody");
    }
}
