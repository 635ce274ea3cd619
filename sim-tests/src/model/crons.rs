//! Crons, as far as their events go. Which ticks fire, another property says: here it is taken from
//! the log.

use ackord_core::answer::{Answer, Reply};
use ackord_core::command::{
    CreateCron, CronChange, DecideTick, DedupClaim, FireCron, Moment, UpdateCron,
};
use ackord_core::id::{CronId, EventId, TeamId};
use ackord_core::model::{Emitted, EventState, Fate, Outcome, Watched};

use super::Model;
use super::event::State;
use super::posts::Post;
use crate::story::Scene;

impl Model {
    pub(super) fn make_cron(
        &mut self,
        team: TeamId,
        it: &CreateCron,
        scene: &Scene,
    ) -> Option<Answer> {
        if let Ok(Reply::Cron(id, _)) = scene.answer {
            self.crons.insert(id, (team, it.terms.clone()));
            self.watch(Watched::Cron(id), team, it.silence.as_ref());
        }
        None
    }

    pub(super) fn change_cron(&mut self, it: &UpdateCron, scene: &Scene) -> Option<Answer> {
        if let Some(known) = self
            .crons
            .get_mut(&it.cron)
            .filter(|_| scene.answer.is_ok())
        {
            known.1 = it.terms.clone();
            let team = known.0;
            self.watch(Watched::Cron(it.cron), team, it.silence.as_ref());
        }
        None
    }

    pub(super) fn fire_cron(&mut self, it: &FireCron, scene: &Scene) -> Option<Answer> {
        let taken = scene
            .answer
            .is_ok()
            .then(|| self.fire(it.cron, it.event, it.dedup))??;
        Some(Ok(taken))
    }

    /// A change that goes out with an ack: of this cron, as far as it is told.
    pub(super) fn change_cron_with_ack(
        &mut self,
        team: TeamId,
        it: &CronChange,
        told: Option<CronId>,
    ) -> Emitted {
        let mut events = Vec::new();
        let cron = match it {
            CronChange::Create(it) => {
                if let Some(id) = told {
                    self.crons.insert(id, (team, it.terms.clone()));
                    self.watch(Watched::Cron(id), team, it.silence.as_ref());
                }
                told
            }
            CronChange::Update(it) => {
                if let Some(known) = self.crons.get_mut(&it.cron) {
                    known.1 = it.terms.clone();
                    let team = known.0;
                    self.watch(Watched::Cron(it.cron), team, it.silence.as_ref());
                }
                Some(it.cron)
            }
            CronChange::Fire(it) => {
                if let Some(Reply::Submitted(event, _)) = self.fire(it.cron, it.event, it.dedup) {
                    events.push(event);
                }
                Some(it.cron)
            }
            CronChange::Delete(it) => Some(it.cron),
            CronChange::Pause(it) => Some(it.cron),
            CronChange::Resume(it) => Some(it.cron),
        };
        Emitted { events, cron }
    }

    pub(super) fn tick_of_cron(&mut self, it: &DecideTick, scene: &Scene) -> Option<Answer> {
        match scene.answer {
            Ok(Reply::Decided(Fate::Fired(event))) => {
                self.fire(it.cron, event, None);
            }
            Ok(Reply::Decided(Fate::Replaced { event, .. })) => {
                for replaced in scene.moves.iter().filter(|it| it.event != event) {
                    // What dies meanwhile, its TTL being over, has its own step.
                    if replaced.after.is_some_and(is_cancelled) {
                        self.end(replaced.event, State::Ended(Outcome::Cancelled));
                    }
                }
                self.fire(it.cron, event, None);
            }
            _ => {}
        }
        None
    }

    fn fire(&mut self, cron: CronId, event: EventId, dedup: Option<DedupClaim>) -> Option<Reply> {
        let (team, terms) = self.crons.get(&cron)?.clone();
        let post = Post {
            event,
            dedup,
            class: terms.class,
            key: terms.ordering_key,
            not_before: None,
            expires: terms.ttl.map(Moment::After),
            attempts: terms.attempts,
            lease: terms.lease,
            from: None,
        };
        let (event, taken) = self.post((team, terms.tag), post);
        Some(Reply::Submitted(event, taken))
    }
}

fn is_cancelled(state: EventState) -> bool {
    let outcome = Outcome::Cancelled;
    matches!(state, EventState::Ended { outcome: it, .. } if it == outcome)
}
