//! The ledger of an event: what its deliveries have done outside. Its row is beside the event's, and
//! goes with it.

use crate::answer::Rejection;
use crate::batch::{Batch, broken};
use crate::fence;
use crate::model::{Effect, EffectState, Event, Ledger, Phase};
use crate::rows::{Key, Row, RowError, Rows};
use crate::text::{EffectKey, EffectResult};
use crate::time::Timestamp;

/// What was done outside, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The effect: it was begun before.
    pub key: EffectKey,
    /// What came of it.
    pub result: Option<EffectResult>,
}

impl Completion {
    /// Records what came of an effect. The first word on it stays.
    pub(crate) fn record(&self, effect: &mut Effect, at: Timestamp) {
        if effect.state == EffectState::Unfinished {
            effect.state = EffectState::Done {
                at,
                result: self.result.clone(),
            };
        }
    }
}

/// An effect that was begun.
pub(crate) fn begun<'a>(
    ledger: &'a mut Ledger,
    key: &EffectKey,
) -> Result<&'a mut Effect, Rejection> {
    let mut effects = ledger.effects.iter_mut();
    effects.find(|it| it.key == *key).ok_or(Rejection::NotBegun)
}

impl Batch<'_> {
    pub(crate) fn ledger(&self, event: &Event) -> Result<Ledger, RowError> {
        if event.effects == 0 {
            return Ok(Ledger::default());
        }
        let key = Key::Ledger(event.team, event.id);
        match self.overlay.get(&key)? {
            Some(Row::Ledger(it)) => Ok(it),
            None | Some(_) => Err(broken(&key)),
        }
    }

    /// Writes a ledger that is not empty. The event's row is written by the caller if it is changed:
    /// with the first effect, at least.
    pub(crate) fn put_ledger(&mut self, event: &mut Event, ledger: Ledger) {
        let key = Key::Ledger(event.team, event.id);
        let first = event.effects == 0;
        event.effects = u32::try_from(ledger.effects.len()).expect("a ledger is small");
        let row = Row::Ledger(ledger);
        if first {
            self.put_new(key, row);
        } else {
            self.put(key, row);
        }
    }

    /// The ledger goes with its event.
    pub(crate) fn delete_ledger(&mut self, event: &Event) {
        if event.effects > 0 {
            self.delete(Key::Ledger(event.team, event.id));
        }
    }

    /// Whoever speaks of an event has seen it: the session that has it is well, and its lease is
    /// claimed if it was not. A lease that runs goes on as it is.
    pub(crate) fn speaks_for(&mut self, event: &Event) {
        let Some(id) = fence::holder(event) else {
            return;
        };
        self.heard_from(id);
        let held = self.state.session(id).lease;
        let held = held.filter(|it| it.event == event.id);
        if held.is_some_and(|it| it.phase != Phase::Claimed) {
            self.claim(id, held);
        }
    }
}
