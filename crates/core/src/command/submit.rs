use alloc::vec::Vec;

use bytes::Bytes;

use crate::id::EventId;
use crate::model::{Class, ContentHash, DedupKey, DedupKind};
use crate::text::{ContentType, EventType, MetaKey, MetaValue, OrderingKey, Tag};
use crate::time::{Millis, Timestamp};

/// An instant, stated either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// This instant.
    At(Timestamp),
    /// So long after the entry's stamp.
    After(Millis),
}

/// A dedup key with what it is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DedupClaim {
    /// The key.
    pub key: DedupKey,
    /// Who stated it.
    pub kind: DedupKind,
    /// What is submitted under it.
    pub content: ContentHash,
}

/// "Here is an event."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submit {
    /// Its id, drawn by the node that proposes. The same one again is the same event.
    pub event: EventId,
    /// The queue; none: the untagged one.
    pub tag: Option<Tag>,
    /// Its class.
    pub class: Class,
    /// Its ordering key; none on an interrupt.
    pub ordering_key: Option<OrderingKey>,
    /// Its dedup key.
    pub dedup: Option<DedupClaim>,
    /// What kind of event it is.
    pub event_type: EventType,
    /// Media type of the body.
    pub content_type: Option<ContentType>,
    /// Facts apart from the body; sorted by key, without repeats.
    pub meta: Vec<(MetaKey, MetaValue)>,
    /// The body.
    pub body: Bytes,
    /// Not deliverable before.
    pub not_before: Option<Moment>,
    /// Dead if no session has it by then.
    pub expires: Option<Moment>,
    /// Attempts, instead of the queue's.
    pub attempts: Option<u32>,
    /// Lease, instead of the queue's.
    pub lease: Option<Millis>,
    /// The event that this one repeats.
    pub replayed_from: Option<EventId>,
}
