//! What a session does outside.

use ackord_core::command::{BeginEffect, CompleteEffect, Completion, ForceEffect};

use crate::decode_error::DecodeError;
use crate::form::{Stored, required, text, text_or_none};
use crate::stored;
use crate::text::{owned, owned_or_empty};

impl Stored for BeginEffect {
    type Form = stored::BeginEffect;

    fn store(&self) -> stored::BeginEffect {
        stored::BeginEffect {
            fence: Some(self.fence.store()),
            key: owned(&self.key),
            nonce: self.nonce,
        }
    }

    fn load(form: stored::BeginEffect) -> Result<Self, DecodeError> {
        Ok(Self {
            fence: required(form.fence, "fence")?,
            key: text(form.key, "key")?,
            nonce: form.nonce,
        })
    }
}

impl Stored for CompleteEffect {
    type Form = stored::CompleteEffect;

    fn store(&self) -> stored::CompleteEffect {
        stored::CompleteEffect {
            fence: Some(self.fence.store()),
            completion: Some(self.completion.store()),
        }
    }

    fn load(form: stored::CompleteEffect) -> Result<Self, DecodeError> {
        Ok(Self {
            fence: required(form.fence, "fence")?,
            completion: required(form.completion, "completion")?,
        })
    }
}

impl Stored for Completion {
    type Form = stored::Completion;

    fn store(&self) -> stored::Completion {
        stored::Completion {
            key: owned(&self.key),
            result: owned_or_empty(self.result.as_ref()),
        }
    }

    fn load(form: stored::Completion) -> Result<Self, DecodeError> {
        Ok(Self {
            key: text(form.key, "key")?,
            result: text_or_none(form.result, "result")?,
        })
    }
}

impl Stored for ForceEffect {
    type Form = stored::ForceEffect;

    fn store(&self) -> stored::ForceEffect {
        stored::ForceEffect {
            fence: Some(self.fence.store()),
            key: owned(&self.key),
            reason: owned_or_empty(self.reason.as_ref()),
            nonce: self.nonce,
        }
    }

    fn load(form: stored::ForceEffect) -> Result<Self, DecodeError> {
        Ok(Self {
            fence: required(form.fence, "fence")?,
            key: text(form.key, "key")?,
            reason: text_or_none(form.reason, "reason")?,
            nonce: form.nonce,
        })
    }
}
