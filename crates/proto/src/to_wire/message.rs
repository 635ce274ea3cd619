//! Messages that are in.

use ackord_core::answer::Taken;
use ackord_core::id::EventId;
use ackord_core::text::Tag;

use super::constant::submit_outcome;
use crate::text::owned_or_empty;
use crate::v1;

/// The events that stand for a message, one for each tag.
#[must_use]
pub fn sent(events: &[(EventId, Taken)], position: v1::Position) -> v1::Sent {
    let event = |it: &(EventId, Taken)| copy(*it, position);
    v1::Sent {
        events: events.iter().map(event).collect(),
        tags: Vec::new(),
        position: Some(position),
    }
}

/// The events that stand for a message to everybody, and the tag of each.
#[must_use]
pub fn broadcast(events: &[(Option<Tag>, EventId, Taken)], position: v1::Position) -> v1::Sent {
    let event = |it: &(Option<Tag>, EventId, Taken)| copy((it.1, it.2), position);
    let tag = |it: &(Option<Tag>, EventId, Taken)| owned_or_empty(it.0.as_ref());
    v1::Sent {
        events: events.iter().map(event).collect(),
        tags: events.iter().map(tag).collect(),
        position: Some(position),
    }
}

fn copy((event, taken): (EventId, Taken), position: v1::Position) -> v1::Submitted {
    v1::Submitted {
        event_id: event.to_string(),
        outcome: submit_outcome(taken).into(),
        position: Some(position),
    }
}
