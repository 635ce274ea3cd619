//! Who is asked for an approval.

use ackord_core::id::TokenId;
use ackord_core::model::Asked;

use super::{Stored, text_or_none};
use crate::decode_error::{DecodeError, Fault};
use crate::stored;
use crate::stored::asked_whom::To;
use crate::text::owned_or_empty;

impl Stored for Asked {
    type Form = stored::AskedWhom;

    fn store(&self) -> stored::AskedWhom {
        let to = match self {
            Self::Queue(tag) => To::Queue(owned_or_empty(tag.as_ref())),
            Self::Token(token) => To::Token(token.0),
        };
        stored::AskedWhom { to: Some(to) }
    }

    fn load(form: stored::AskedWhom) -> Result<Self, DecodeError> {
        match form.to {
            Some(To::Queue(tag)) => text_or_none(tag, "queue").map(Self::Queue),
            Some(To::Token(token)) => Ok(Self::Token(TokenId(token))),
            None => Err(DecodeError::new("to", Fault::Missing)),
        }
    }
}
