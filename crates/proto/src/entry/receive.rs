//! What came to a source, and what its routes make of it.

use ackord_core::command::{DeliveryKey, Receive, Reroute, Routed, Routing};
use ackord_core::id::SourceId;
use ackord_core::time::Millis;

use crate::decode_error::{DecodeError, Fault, Within};
use crate::form::{
    Coded, Stored, constant, load_all, optional, required, store_all, text, text_or_none,
};
use crate::stored;
use crate::stored::receive::Routing as Form;
use crate::text::{owned, owned_or_empty};

impl Stored for Receive {
    type Form = stored::Receive;

    fn store(&self) -> stored::Receive {
        stored::Receive {
            revision: self.revision,
            delivery: self.delivery.as_ref().map(Stored::store),
            same_body: self.same_body.as_ref().map(Stored::store),
            event_type: owned(&self.event_type),
            content_type: owned_or_empty(self.content_type.as_ref()),
            meta: store_all(&self.meta),
            body: self.body.clone(),
            routing: Some(store_routing(&self.routing)),
        }
    }

    fn load(form: stored::Receive) -> Result<Self, DecodeError> {
        let routing = form
            .routing
            .ok_or_else(|| DecodeError::new("routing", Fault::Missing))?;
        Ok(Self {
            revision: form.revision,
            delivery: optional(form.delivery, "delivery")?,
            same_body: optional(form.same_body, "same_body")?,
            event_type: text(form.event_type, "event_type")?,
            content_type: text_or_none(form.content_type, "content_type")?,
            meta: load_all(form.meta, "meta")?,
            body: form.body,
            routing: load_routing(routing)?,
        })
    }
}

fn store_routing(routing: &Routing) -> Form {
    match routing {
        Routing::Events(events) => Form::Events(stored::RoutedEvents {
            events: store_all(events),
        }),
        Routing::Unmatched { event, tag } => Form::Unmatched(stored::UnmatchedEvent {
            event: Some(event.store()),
            tag: owned_or_empty(tag.as_ref()),
        }),
        Routing::Dropped => Form::Dropped(stored::Unit {}),
    }
}

fn load_routing(form: Form) -> Result<Routing, DecodeError> {
    match form {
        Form::Events(it) => {
            let events = load_all(it.events, "events").within("events")?;
            Ok(Routing::Events(events))
        }
        Form::Unmatched(it) => load_unmatched(it).within("unmatched"),
        Form::Dropped(stored::Unit {}) => Ok(Routing::Dropped),
    }
}

fn load_unmatched(form: stored::UnmatchedEvent) -> Result<Routing, DecodeError> {
    Ok(Routing::Unmatched {
        event: required(form.event, "event")?,
        tag: text_or_none(form.tag, "tag")?,
    })
}

impl Stored for DeliveryKey {
    type Form = stored::DeliveryKey;

    fn store(&self) -> stored::DeliveryKey {
        stored::DeliveryKey {
            key: Some(self.key.store()),
            kept_ms: self.kept.map(|it| it.0),
        }
    }

    fn load(form: stored::DeliveryKey) -> Result<Self, DecodeError> {
        Ok(Self {
            key: required(form.key, "key")?,
            kept: form.kept_ms.map(Millis),
        })
    }
}

impl Stored for Routed {
    type Form = stored::Routed;

    fn store(&self) -> stored::Routed {
        stored::Routed {
            event: Some(self.event.store()),
            tag: owned_or_empty(self.tag.as_ref()),
            class: self.class.code(),
            ordering_key: owned_or_empty(self.ordering_key.as_ref()),
            instruction: self.instruction.as_ref().map(Stored::store),
            shown_bytes: self.shown_bytes,
            not_before: self.not_before.as_ref().map(Stored::store),
            expires: self.expires.as_ref().map(Stored::store),
            attempts: self.attempts,
            lease_ms: self.lease.map(|it| it.0),
        }
    }

    fn load(form: stored::Routed) -> Result<Self, DecodeError> {
        Ok(Self {
            event: required(form.event, "event")?,
            tag: text_or_none(form.tag, "tag")?,
            class: constant(form.class, "class")?,
            ordering_key: text_or_none(form.ordering_key, "ordering_key")?,
            instruction: optional(form.instruction, "instruction")?,
            shown_bytes: form.shown_bytes,
            not_before: optional(form.not_before, "not_before")?,
            expires: optional(form.expires, "expires")?,
            attempts: form.attempts,
            lease: form.lease_ms.map(Millis),
        })
    }
}

impl Stored for Reroute {
    type Form = stored::Reroute;

    fn store(&self) -> stored::Reroute {
        stored::Reroute {
            source: self.source.0,
            revision: self.revision,
            event: Some(self.event.store()),
            routed: store_all(&self.routed),
        }
    }

    fn load(form: stored::Reroute) -> Result<Self, DecodeError> {
        Ok(Self {
            source: SourceId(form.source),
            revision: form.revision,
            event: required(form.event, "event")?,
            routed: load_all(form.routed, "routed")?,
        })
    }
}
