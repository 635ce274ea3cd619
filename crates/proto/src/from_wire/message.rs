//! What sessions say to each other, and hand to each other.

use ackord_core::command::{Addressed, DedupClaim, Handoff, Message, Moment, Process, Send};
use ackord_core::id::EventId;
use ackord_core::limits::{COPIES_PER_MESSAGE, TAGS_PER_BROADCAST};
use ackord_core::model::{Class, ContentHash, DedupKind};
use ackord_core::text::Tag;
use ackord_core::time::Millis;

use super::answer::fence;
use super::field::{id_or_none, required, text, text_or_none};
use super::submit::check_dedup;
use super::{FieldError, FieldFault, constant, hash};
use crate::v1;

/// Bytes of what a message says.
const TEXT_BYTES_MAX: usize = 65_536;

/// Under which key a message is known again.
pub(super) struct Named {
    namespace: String,
    key: String,
}

/// "Tell them this." An id is drawn for each tag; for a message to everybody, for as many as there may be.
///
/// # Errors
/// A field breaks a rule.
pub fn send(wire: v1::SendRequest, draw: impl FnMut() -> EventId) -> Result<Send, FieldError> {
    check_dedup(&wire.namespace, &wire.dedup_key)?;
    let named = (!wire.dedup_key.is_empty()).then_some(Named {
        namespace: wire.namespace,
        key: wire.dedup_key,
    });
    let nonce = wire.nonce;
    let session = text_or_none(wire.session_key, "session_key")?;
    let message = required(wire.message, "message")?;
    let broadcast = message.broadcast;
    let message = match broadcast {
        false => to_tags(message, named, draw),
        true => to_everybody(message, named, draw),
    };
    Ok(Send {
        from: session.map(|key| Process { key, nonce }),
        broadcast,
        message: message.map_err(|it| it.within("message"))?,
    })
}

/// A message, to each of its tags.
pub(super) fn to_tags(
    wire: v1::Message,
    named: Option<Named>,
    mut draw: impl FnMut() -> EventId,
) -> Result<Message, FieldError> {
    if wire.broadcast {
        let rule = "left out: what goes out with an ack goes to tags; send it apart from the ack";
        return Err(FieldError::new("broadcast", FieldFault::Rule(rule)));
    }
    let (tags, message) = said(wire)?;
    let to = recipients(tags, message.in_reply_to)?;
    let content = content(&message);
    let copy = |tag: Option<Tag>| Addressed {
        event: draw(),
        dedup: named.as_ref().map(|it| DedupClaim {
            key: hash::message_key(&it.namespace, &it.key, tag.as_ref()),
            kind: DedupKind::Client,
            content,
        }),
        tag,
    };
    let to = to.into_iter().map(copy).collect();
    Ok(Message { to, ..message })
}

/// A message to whoever is there: its copies are known again by their numbers, for their tags are not
/// known before it is in.
fn to_everybody(
    wire: v1::Message,
    named: Option<Named>,
    mut draw: impl FnMut() -> EventId,
) -> Result<Message, FieldError> {
    if !wire.tags.is_empty() {
        let rule = "left out with `broadcast`: everybody, or some";
        return Err(FieldError::new("tags", FieldFault::Rule(rule)));
    }
    let (_, message) = said(wire)?;
    let content = content(&message);
    let copy = |number: usize| Addressed {
        event: draw(),
        dedup: named.as_ref().map(|it| DedupClaim {
            key: hash::copy_key(&it.namespace, &it.key, number),
            kind: DedupKind::Client,
            content,
        }),
        tag: None,
    };
    let to = (0..TAGS_PER_BROADCAST).map(copy).collect();
    Ok(Message { to, ..message })
}

/// The tags that a message names, and the message, to nobody yet.
fn said(wire: v1::Message) -> Result<(Vec<String>, Message), FieldError> {
    if wire.text.len() > TEXT_BYTES_MAX {
        let bytes_max = TEXT_BYTES_MAX;
        return Err(FieldError::new("text", FieldFault::TooLarge { bytes_max }));
    }
    let message = Message {
        to: Vec::new(),
        text: text(wire.text, "text")?,
        class: constant::class(wire.class)?.unwrap_or(Class::Normal),
        ordering_key: text_or_none(wire.ordering_key, "ordering_key")?,
        not_before: (wire.delay_ms != 0).then_some(Moment::After(Millis(wire.delay_ms))),
        expires: (wire.ttl_ms != 0).then_some(Moment::After(Millis(wire.ttl_ms))),
        thread: text_or_none(wire.thread_id, "thread_id")?,
        in_reply_to: id_or_none(&wire.in_reply_to, "in_reply_to")?,
    };
    Ok((wire.tags, message))
}

/// To whom. None: to whoever sent the event that is answered.
fn recipients(
    tags: Vec<String>,
    in_reply_to: Option<EventId>,
) -> Result<Vec<Option<Tag>>, FieldError> {
    let wrong = |rule| FieldError::new("tags", FieldFault::Rule(rule));
    if tags.len() > COPIES_PER_MESSAGE {
        return Err(wrong("at most 16 of one message"));
    }
    if tags.is_empty() && in_reply_to.is_none() {
        return Err(wrong(
            "at least one tag, or left out with `in_reply_to`: a message to nobody is not sent",
        ));
    }
    if tags.is_empty() {
        return Ok(vec![None]);
    }
    let tags = tags.into_iter().map(|it| text(it, "tags").map(Some));
    tags.collect()
}

fn content(message: &Message) -> ContentHash {
    hash::message_content(&message.text, message.class, message.in_reply_to)
}

/// "This is for somebody else."
///
/// # Errors
/// A field breaks a rule.
pub fn handoff(wire: v1::HandoffRequest) -> Result<Handoff, FieldError> {
    Ok(Handoff {
        fence: fence(wire.fence)?,
        tag: text(wire.tag, "tag")?,
        note: text_or_none(wire.note, "note")?,
    })
}
