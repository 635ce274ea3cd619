//! What events have done outside.

use ackord_core::answer::EffectOutcome;
use ackord_core::model::{Effect, EffectState, Ledger};

use crate::text::{owned, owned_or_empty};
use crate::v1;

/// One entry of a ledger.
#[must_use]
pub fn effect(effect: &Effect) -> v1::Effect {
    let (state, done_at_ms, result) = match &effect.state {
        EffectState::Unfinished => (v1::EffectState::Unfinished, 0, String::new()),
        EffectState::Done { at, result } => {
            (v1::EffectState::Done, at.0, owned_or_empty(result.as_ref()))
        }
    };
    v1::Effect {
        key: owned(&effect.key),
        state: state.into(),
        delivery: effect.delivery,
        since_ms: effect.since.0,
        result,
        done_at_ms,
        forced: effect.forced,
    }
}

/// A ledger, in the order in which its effects were begun.
#[must_use]
pub fn ledger(ledger: &Ledger) -> Vec<v1::Effect> {
    ledger.effects.iter().map(effect).collect()
}

/// What whoever has begun an effect, or forced it, is told to do.
#[must_use]
pub const fn effect_outcome(outcome: EffectOutcome) -> v1::EffectOutcome {
    match outcome {
        EffectOutcome::New => v1::EffectOutcome::New,
        EffectOutcome::Done | EffectOutcome::Completed => v1::EffectOutcome::Done,
        EffectOutcome::Unfinished => v1::EffectOutcome::Unfinished,
        EffectOutcome::Forced => v1::EffectOutcome::Forced,
    }
}
