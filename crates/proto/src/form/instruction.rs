//! What an agent is told to do with an event.

use ackord_core::model::Instruction;

use super::{Stored, text};
use crate::decode_error::{DecodeError, Fault};
use crate::stored;
use crate::stored::instruction::Instruction as Form;
use crate::text::owned;

impl Stored for Instruction {
    type Form = stored::Instruction;

    fn store(&self) -> stored::Instruction {
        let instruction = match self {
            Self::Skill(skill) => Form::Skill(owned(skill)),
            Self::Prompt(prompt) => Form::Prompt(owned(prompt)),
        };
        stored::Instruction {
            instruction: Some(instruction),
        }
    }

    fn load(form: stored::Instruction) -> Result<Self, DecodeError> {
        match form.instruction {
            Some(Form::Skill(skill)) => text(skill, "skill").map(Self::Skill),
            Some(Form::Prompt(prompt)) => text(prompt, "prompt").map(Self::Prompt),
            None => Err(DecodeError::new("instruction", Fault::Missing)),
        }
    }
}
