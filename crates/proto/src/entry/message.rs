//! "Tell them this."

use ackord_core::command::{Addressed, Message, Process, Send};

use crate::decode_error::DecodeError;
use crate::form::{
    Coded, Stored, constant, load_all, optional, required, store_all, text, text_or_none,
};
use crate::stored;
use crate::text::{owned, owned_or_empty};

impl Stored for Send {
    type Form = stored::Send;

    fn store(&self) -> stored::Send {
        stored::Send {
            session: owned_or_empty(self.from.as_ref().map(|it| &it.key)),
            nonce: self.from.as_ref().map_or(0, |it| it.nonce),
            message: Some(self.message.store()),
            broadcast: self.broadcast,
        }
    }

    fn load(form: stored::Send) -> Result<Self, DecodeError> {
        let nonce = form.nonce;
        let key = text_or_none(form.session, "session")?;
        Ok(Self {
            from: key.map(|key| Process { key, nonce }),
            broadcast: form.broadcast,
            message: required(form.message, "message")?,
        })
    }
}

impl Stored for Message {
    type Form = stored::Message;

    fn store(&self) -> stored::Message {
        stored::Message {
            to: store_all(&self.to),
            text: owned(&self.text),
            class: self.class.code(),
            ordering_key: owned_or_empty(self.ordering_key.as_ref()),
            not_before: self.not_before.as_ref().map(Stored::store),
            expires: self.expires.as_ref().map(Stored::store),
            thread: owned_or_empty(self.thread.as_ref()),
            in_reply_to: self.in_reply_to.as_ref().map(Stored::store),
        }
    }

    fn load(form: stored::Message) -> Result<Self, DecodeError> {
        Ok(Self {
            to: load_all(form.to, "to")?,
            text: text(form.text, "text")?,
            class: constant(form.class, "class")?,
            ordering_key: text_or_none(form.ordering_key, "ordering_key")?,
            not_before: optional(form.not_before, "not_before")?,
            expires: optional(form.expires, "expires")?,
            thread: text_or_none(form.thread, "thread")?,
            in_reply_to: optional(form.in_reply_to, "in_reply_to")?,
        })
    }
}

impl Stored for Addressed {
    type Form = stored::Addressed;

    fn store(&self) -> stored::Addressed {
        stored::Addressed {
            event: Some(self.event.store()),
            tag: owned_or_empty(self.tag.as_ref()),
            dedup: self.dedup.as_ref().map(Stored::store),
        }
    }

    fn load(form: stored::Addressed) -> Result<Self, DecodeError> {
        Ok(Self {
            event: required(form.event, "event")?,
            tag: text_or_none(form.tag, "tag")?,
            dedup: optional(form.dedup, "dedup")?,
        })
    }
}
