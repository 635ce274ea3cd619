use alloc::boxed::Box;

use crate::answer::{EffectOutcome, Rejection, Reply};
use crate::batch::{Batch, Outcome};
use crate::command::{Command, Fence};
use crate::fence;
use crate::history::StepKind;
use crate::ledger::{Completion, begun};
use crate::limits::EFFECTS_PER_EVENT;
use crate::model::{Effect, EffectState, Event};
use crate::planted::{Bug, is_planted};
use crate::text::{EffectKey, Reason};

/// "I am about to do this outside." Whoever is told that it is new does it, and nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeginEffect {
    /// The delivery that does it.
    pub fence: Fence,
    /// Names it within its event.
    pub key: EffectKey,
    /// Drawn by the caller for this one call, so that sent again it is told the same.
    pub nonce: Option<u64>,
}

/// "It is done outside." Counts for the latest delivery, wherever the event is by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteEffect {
    /// The delivery that says so.
    pub fence: Fence,
    /// What was done.
    pub completion: Completion,
}

/// "I have looked outside: it did not happen. I do it now."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForceEffect {
    /// The delivery that does it.
    pub fence: Fence,
    /// Which.
    pub key: EffectKey,
    /// Why it is sure.
    pub reason: Option<Reason>,
    /// Drawn by the caller for this one call, so that sent again it is told the same.
    pub nonce: Option<u64>,
}

impl BeginEffect {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let mut event = batch.in_hand(command, self.fence)?;
        let mut ledger = batch.ledger(&event)?;
        if let Some(known) = ledger.effects.iter().find(|it| it.key == self.key) {
            let outcome = self.known(known);
            batch.speaks_for(&event);
            return Ok(Reply::Effect(outcome, Box::new(known.clone())));
        }
        if ledger.effects.len() >= EFFECTS_PER_EVENT {
            return Err(Rejection::Limit("effects of an event").into());
        }

        let effect = Effect {
            key: self.key.clone(),
            delivery: self.fence.delivery,
            since: batch.now(),
            nonce: self.nonce,
            forced: 0,
            state: EffectState::Unfinished,
        };
        ledger.effects.push(effect.clone());
        batch.put_ledger(&mut event, ledger);
        batch.speaks_for(&event);
        batch.put_event(event);
        Ok(Reply::Effect(EffectOutcome::New, Box::new(effect)))
    }

    /// What is unfinished is new to nobody but the call that began it.
    fn known(&self, effect: &Effect) -> EffectOutcome {
        let mine = self.nonce.is_some()
            && effect.forced == 0
            && (effect.nonce, effect.delivery) == (self.nonce, self.fence.delivery);
        match effect.state {
            EffectState::Done { .. } => EffectOutcome::Done,
            EffectState::Unfinished if mine || is_planted(Bug::EffectNewTwice) => {
                EffectOutcome::New
            }
            EffectState::Unfinished => EffectOutcome::Unfinished,
        }
    }
}

impl CompleteEffect {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let mut event = batch.fenced(command, self.fence)?;
        fence::check(&event, self.fence)?;
        let mut ledger = batch.ledger(&event)?;
        let effect = begun(&mut ledger, &self.completion.key)?;
        let outcome = match effect.state {
            EffectState::Done { .. } => EffectOutcome::Done,
            EffectState::Unfinished => EffectOutcome::Completed,
        };
        self.completion.record(effect, batch.now());
        let effect = effect.clone();
        batch.put_ledger(&mut event, ledger);
        batch.speaks_for(&event);
        Ok(Reply::Effect(outcome, Box::new(effect)))
    }
}

impl ForceEffect {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let mut event = batch.in_hand(command, self.fence)?;
        let mut ledger = batch.ledger(&event)?;
        let effect = begun(&mut ledger, &self.key)?;
        if let EffectState::Done { .. } = effect.state {
            let effect = Box::new(effect.clone());
            batch.speaks_for(&event);
            return Ok(Reply::Effect(EffectOutcome::Done, effect));
        }
        if self.given_before(effect) {
            let effect = Box::new(effect.clone());
            batch.speaks_for(&event);
            return Ok(Reply::Effect(EffectOutcome::Forced, effect));
        }

        effect.delivery = self.fence.delivery;
        effect.since = batch.now();
        effect.nonce = self.nonce;
        effect.forced = effect.forced.saturating_add(1);
        let effect = effect.clone();
        let step = StepKind::Forced {
            delivery: self.fence.delivery,
            key: self.key.clone(),
            reason: self.reason.clone(),
        };
        event.history.push(batch.now(), step);
        batch.put_ledger(&mut event, ledger);
        batch.speaks_for(&event);
        batch.put_event(event);
        Ok(Reply::Effect(EffectOutcome::Forced, Box::new(effect)))
    }

    /// The same call again forces nothing anew.
    fn given_before(&self, effect: &Effect) -> bool {
        self.nonce.is_some()
            && effect.forced > 0
            && (effect.nonce, effect.delivery) == (self.nonce, self.fence.delivery)
    }
}

impl Batch<'_> {
    /// The event of a delivery that a session has, in hand or parked, and that is the latest one.
    pub(crate) fn in_hand(&self, command: &Command, fence: Fence) -> Outcome<Box<Event>> {
        let event = self.fenced(command, fence)?;
        fence::check(&event, fence)?;
        match fence::holder(&event) {
            Some(_) => Ok(event),
            None => Err(Rejection::NotLeased.into()),
        }
    }
}
