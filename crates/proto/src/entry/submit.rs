//! "Here is an event."

use ackord_core::command::{DedupClaim, Moment, Submit};
use ackord_core::time::{Millis, Timestamp};

use crate::decode_error::DecodeError;
use crate::form::{
    Coded, Stored, constant, load_all, optional, required, store_all, text, text_or_none,
};
use crate::stored;
use crate::stored::submit::{Expires, NotBefore};
use crate::text::{owned, owned_or_empty};

impl Stored for Submit {
    type Form = stored::Submit;

    fn store(&self) -> stored::Submit {
        stored::Submit {
            event: Some(self.event.store()),
            tag: owned_or_empty(self.tag.as_ref()),
            class: self.class.code(),
            ordering_key: owned_or_empty(self.ordering_key.as_ref()),
            dedup: self.dedup.as_ref().map(Stored::store),
            event_type: owned(&self.event_type),
            content_type: owned_or_empty(self.content_type.as_ref()),
            meta: store_all(&self.meta),
            body: self.body.clone(),
            not_before: self.not_before.map(not_before),
            expires: self.expires.map(expires),
            attempts: self.attempts,
            lease_ms: self.lease.map(|it| it.0),
            replayed_from: self.replayed_from.as_ref().map(Stored::store),
        }
    }

    fn load(form: stored::Submit) -> Result<Self, DecodeError> {
        Ok(Self {
            event: required(form.event, "event")?,
            tag: text_or_none(form.tag, "tag")?,
            class: constant(form.class, "class")?,
            ordering_key: text_or_none(form.ordering_key, "ordering_key")?,
            dedup: optional(form.dedup, "dedup")?,
            event_type: text(form.event_type, "event_type")?,
            content_type: text_or_none(form.content_type, "content_type")?,
            meta: load_all(form.meta, "meta")?,
            body: form.body,
            not_before: form.not_before.map(load_not_before),
            expires: form.expires.map(load_expires),
            attempts: form.attempts,
            lease: form.lease_ms.map(Millis),
            replayed_from: optional(form.replayed_from, "replayed_from")?,
        })
    }
}

fn not_before(moment: Moment) -> NotBefore {
    match moment {
        Moment::At(at) => NotBefore::NotBeforeMs(at.0),
        Moment::After(span) => NotBefore::DelayMs(span.0),
    }
}

fn load_not_before(form: NotBefore) -> Moment {
    match form {
        NotBefore::NotBeforeMs(at) => Moment::At(Timestamp(at)),
        NotBefore::DelayMs(span) => Moment::After(Millis(span)),
    }
}

fn expires(moment: Moment) -> Expires {
    match moment {
        Moment::At(at) => Expires::ExpiresMs(at.0),
        Moment::After(span) => Expires::TtlMs(span.0),
    }
}

fn load_expires(form: Expires) -> Moment {
    match form {
        Expires::ExpiresMs(at) => Moment::At(Timestamp(at)),
        Expires::TtlMs(span) => Moment::After(Millis(span)),
    }
}

impl Stored for DedupClaim {
    type Form = stored::DedupClaim;

    fn store(&self) -> stored::DedupClaim {
        stored::DedupClaim {
            key: Some(self.key.store()),
            kind: self.kind.code(),
            content: Some(self.content.store()),
        }
    }

    fn load(form: stored::DedupClaim) -> Result<Self, DecodeError> {
        Ok(Self {
            key: required(form.key, "key")?,
            kind: constant(form.kind, "kind")?,
            content: required(form.content, "content")?,
        })
    }
}
