//! What an event's deliveries have done outside.

use ackord_core::model::{Effect, EffectState, Ledger};
use ackord_core::time::Timestamp;

use crate::decode_error::{DecodeError, Fault, Within};
use crate::form::{Stored, load_all, store_all, text, text_or_none};
use crate::stored;
use crate::stored::effect::State as Form;
use crate::text::{owned, owned_or_empty};

impl Stored for Ledger {
    type Form = stored::Ledger;

    fn store(&self) -> stored::Ledger {
        stored::Ledger {
            effects: store_all(&self.effects),
        }
    }

    fn load(form: stored::Ledger) -> Result<Self, DecodeError> {
        Ok(Self {
            effects: load_all(form.effects, "effects")?,
        })
    }
}

impl Stored for Effect {
    type Form = stored::Effect;

    fn store(&self) -> stored::Effect {
        stored::Effect {
            key: owned(&self.key),
            delivery: self.delivery,
            since_ms: self.since.0,
            nonce: self.nonce,
            forced: self.forced,
            state: Some(store_state(&self.state)),
        }
    }

    fn load(form: stored::Effect) -> Result<Self, DecodeError> {
        let state = form
            .state
            .ok_or_else(|| DecodeError::new("state", Fault::Missing))?;
        Ok(Self {
            key: text(form.key, "key")?,
            delivery: form.delivery,
            since: Timestamp(form.since_ms),
            nonce: form.nonce,
            forced: form.forced,
            state: load_state(state)?,
        })
    }
}

fn store_state(state: &EffectState) -> Form {
    match state {
        EffectState::Unfinished => Form::Unfinished(stored::Unit {}),
        EffectState::Done { at, result } => Form::Done(stored::DoneEffect {
            at_ms: at.0,
            result: owned_or_empty(result.as_ref()),
        }),
    }
}

fn load_state(form: Form) -> Result<EffectState, DecodeError> {
    match form {
        Form::Unfinished(stored::Unit {}) => Ok(EffectState::Unfinished),
        Form::Done(it) => Ok(EffectState::Done {
            at: Timestamp(it.at_ms),
            result: text_or_none(it.result, "result").within("done")?,
        }),
    }
}
