//! Crafts: notes, effects outside, and events that are handed on.

use ackord_core::answer::{Answer, EffectOutcome, Part, Rejection, Reply};
use ackord_core::command::{
    Ack, BeginEffect, Checkpoint, CompleteEffect, Completion, ForceEffect, Handoff,
};
use ackord_core::id::EventId;
use ackord_core::model::{Effect, EffectState, Phase};
use ackord_core::text::EffectKey;

use super::Model;
use super::event::State;
use crate::story::Scene;

impl Model {
    pub(super) fn checkpoint(&mut self, it: &Checkpoint) -> Answer {
        let (event, _) = self.held(it.fence)?;
        self.speak(event);
        Ok(Reply::Ok)
    }

    pub(super) fn begin(&mut self, it: &BeginEffect) -> Answer {
        let (event, _) = self.held(it.fence)?;
        self.speak(event);
        if let Ok(known) = self.effect(event, &it.key) {
            let same_call = is_call(known, it.nonce, it.fence.delivery) && known.forced == 0;
            let outcome = match known.state {
                EffectState::Done { .. } => EffectOutcome::Done,
                EffectState::Unfinished if same_call => EffectOutcome::New,
                EffectState::Unfinished => EffectOutcome::Unfinished,
            };
            return Ok(told(outcome, known));
        }
        let effect = Effect {
            key: it.key.clone(),
            delivery: it.fence.delivery,
            since: self.now,
            nonce: it.nonce,
            forced: 0,
            state: EffectState::Unfinished,
        };
        let known = self.events.get_mut(&event).expect("it is held");
        known.ledger.push(effect.clone());
        Ok(told(EffectOutcome::New, &effect))
    }

    pub(super) fn complete(&mut self, it: &CompleteEffect) -> Answer {
        let event = self.counted(it.fence)?.id;
        let outcome = match self.effect(event, &it.completion.key)?.state {
            EffectState::Done { .. } => EffectOutcome::Done,
            EffectState::Unfinished => EffectOutcome::Completed,
        };
        self.record(event, &it.completion);
        self.speak(event);
        let effect = self.effect(event, &it.completion.key)?;
        Ok(told(outcome, effect))
    }

    pub(super) fn force(&mut self, it: &ForceEffect) -> Answer {
        let (event, _) = self.held(it.fence)?;
        let now = self.now;
        let effect = self.effect(event, &it.key)?;
        let mut outcome = EffectOutcome::Done;
        if effect.state == EffectState::Unfinished {
            outcome = EffectOutcome::Forced;
            let again = effect.forced > 0 && is_call(effect, it.nonce, it.fence.delivery);
            if !again {
                (effect.delivery, effect.since) = (it.fence.delivery, now);
                effect.nonce = it.nonce;
                effect.forced += 1;
            }
        }
        let answer = told(outcome, effect);
        self.speak(event);
        Ok(answer)
    }

    /// Whether an ack completes nothing but what was begun.
    pub(super) fn check_completions(&mut self, it: &Ack) -> Result<(), Rejection> {
        for (index, completion) in it.effects.iter().enumerate() {
            let found = self.effect(it.fence.event, &completion.key);
            found.map_err(|why| Rejection::Part {
                part: Part::Effect,
                index,
                why: Box::new(why),
            })?;
        }
        Ok(())
    }

    pub(super) fn complete_all(&mut self, it: &Ack) {
        for completion in &it.effects {
            self.record(it.fence.event, completion);
        }
    }

    /// The first word on an effect stays.
    fn record(&mut self, event: EventId, it: &Completion) {
        let at = self.now;
        if let Ok(effect) = self.effect(event, &it.key)
            && effect.state == EffectState::Unfinished
        {
            let result = it.result.clone();
            effect.state = EffectState::Done { at, result };
        }
    }

    fn effect(&mut self, event: EventId, key: &EffectKey) -> Result<&mut Effect, Rejection> {
        let event = self.events.get_mut(&event).ok_or(Rejection::NotFound)?;
        let mut ledger = event.ledger.iter_mut();
        ledger.find(|it| it.key == *key).ok_or(Rejection::NotBegun)
    }

    /// Whoever speaks of an event has seen it: its session is well, and has claimed it.
    fn speak(&mut self, event: EventId) {
        let Some(holder) = self.events[&event].holder() else {
            return;
        };
        self.hear(holder);
        let held = self.sessions[&holder].held.filter(|it| it.event == event);
        if held.is_some_and(|it| it.phase != Phase::Claimed) {
            self.run(event, holder);
        }
    }

    pub(super) fn hand_off(&mut self, it: &Handoff, scene: &Scene) -> Answer {
        // Where it stands in the log is the log's to say.
        let position = match &scene.answer {
            Ok(Reply::HandedOff { position, .. }) => *position,
            _ => Default::default(),
        };
        let id = it.fence.event;
        let event = self.events.get(&id).ok_or(Rejection::NotFound)?;
        let this = (it.fence.delivery, it.tag.clone());
        if event.handoffs.contains(&this) {
            let again = true;
            return Ok(Reply::HandedOff { position, again });
        }
        let (_, holder) = self.held(it.fence)?;
        let team = self.events[&id].queue.0;
        if self.drains(&(team, Some(it.tag.clone()))) {
            return Err(Rejection::Draining);
        }
        self.leave_line(id);
        let event = self.events.get_mut(&id).expect("it is held");
        event.queue.1 = Some(it.tag.clone());
        event.attempts = 0;
        event.handoffs.push(this);
        let queue = event.queue.clone();
        self.queues.entry(queue).or_default();
        self.enter(id);
        self.hear(holder);
        let again = false;
        Ok(Reply::HandedOff { position, again })
    }

    /// The next one of its ordering key goes on.
    fn leave_line(&mut self, id: EventId) {
        let next = self.others_in_line(&self.events[&id]);
        if let Some(next) = next.min_by_key(|it| it.place).map(|it| it.id) {
            self.set(next, State::Ready);
        }
    }
}

/// Whether this call, sent before, has begun or forced the effect.
fn is_call(effect: &Effect, nonce: Option<u64>, delivery: u32) -> bool {
    nonce.is_some() && (effect.nonce, effect.delivery) == (nonce, delivery)
}

fn told(outcome: EffectOutcome, effect: &Effect) -> Reply {
    Reply::Effect(outcome, Box::new(effect.clone()))
}
