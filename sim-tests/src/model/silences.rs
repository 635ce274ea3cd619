//! Silences, as far as the events go that tell of them. When one is told of, another property says:
//! here it is taken from the log.

use ackord_core::answer::{Answer, Reply};
use ackord_core::command::{CreateSource, UpdateSource};
use ackord_core::id::TeamId;
use ackord_core::model::{Silence, Watched};

use super::Model;
use super::event::Event;
use crate::story::{Scene, alarm_of};

impl Model {
    pub(super) fn make_source(
        &mut self,
        team: TeamId,
        it: &CreateSource,
        scene: &Scene,
    ) -> Option<Answer> {
        if let Ok(Reply::Source(id, _)) = scene.answer {
            self.watch(Watched::Source(id), team, it.silence.as_ref());
        }
        None
    }

    pub(super) fn change_source(
        &mut self,
        team: TeamId,
        it: &UpdateSource,
        scene: &Scene,
    ) -> Option<Answer> {
        if let Some(silence) = it.silence.as_ref().filter(|_| scene.answer.is_ok()) {
            self.watch(Watched::Source(it.source), team, silence.as_ref());
        }
        None
    }

    /// From now on it is watched so, or not at all.
    pub(super) fn watch(&mut self, of: Watched, team: TeamId, silence: Option<&Silence>) {
        match silence {
            Some(silence) => self.watches.insert(of, (team, silence.clone())),
            None => self.watches.remove(&of),
        };
    }

    /// A tick brings alarms.
    pub(super) fn take_alarms(&mut self, scene: &Scene) -> Option<Answer> {
        for it in scene.moves.iter().filter(|it| it.before.is_none()) {
            let watch = alarm_of(it.event).and_then(|of| self.watches.get(&of));
            let Some((team, silence)) = watch.cloned() else {
                continue;
            };
            let event = Event {
                class: silence.class,
                ..Event::new(it.event, (team, Some(silence.tag)))
            };
            self.admit(event, None);
        }
        None
    }
}
