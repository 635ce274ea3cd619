//! "This session has a stream."

use ackord_core::command::Attach;
use ackord_core::id::NodeId;

use crate::decode_error::DecodeError;
use crate::form::{Stored, text, text_or_none};
use crate::stored;
use crate::text::{owned, owned_or_empty};

impl Stored for Attach {
    type Form = stored::Attach;

    fn store(&self) -> stored::Attach {
        stored::Attach {
            key: owned(&self.key),
            nonce: self.nonce,
            tag: owned_or_empty(self.tag.as_ref()),
            node: self.node.0,
            no_messages: !self.accepts_messages,
        }
    }

    fn load(form: stored::Attach) -> Result<Self, DecodeError> {
        Ok(Self {
            key: text(form.key, "key")?,
            nonce: form.nonce,
            tag: text_or_none(form.tag, "tag")?,
            node: NodeId(form.node),
            accepts_messages: !form.no_messages,
        })
    }
}
