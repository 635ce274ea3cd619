//! What stands for a dedup key and for what was submitted under it: the first 128 bits of a
//! SHA-256. Both are stored, so what goes into them, and in which order, never changes.

use ackord_core::command::Submit;
use ackord_core::id::{CronId, EventId, SourceId};
use ackord_core::model::{Class, ContentHash, DedupKey};
use ackord_core::text::{EventType, MessageText, Tag};
use sha2::{Digest, Sha256};

use crate::text::Text;

/// The dedup key that `key` is within `namespace`.
#[must_use]
pub fn dedup_key(namespace: &str, key: &str) -> DedupKey {
    let mut parts = Parts::new("ackord dedup key");
    parts.add(namespace.as_bytes());
    parts.add(key.as_bytes());
    DedupKey(parts.finish())
}

/// The dedup key that a source's name of a delivery is. No key that a client states is the same.
#[must_use]
pub fn delivery_key(source: SourceId, key: &str) -> DedupKey {
    let mut parts = Parts::new("ackord delivery key");
    parts.add(&source.0.to_le_bytes());
    parts.add(key.as_bytes());
    DedupKey(parts.finish())
}

/// The dedup key that a body is, where a source says that the same body is the same event. `of_type`:
/// only if it comes under the same type.
#[must_use]
pub fn body_key(source: SourceId, of_type: Option<&EventType>, body: &[u8]) -> DedupKey {
    let mut parts = Parts::new("ackord body key");
    parts.add(&source.0.to_le_bytes());
    parts.add_text(of_type);
    parts.add(body);
    DedupKey(parts.finish())
}

/// The dedup key that a message to this tag is. No key that a submit states is the same.
pub(super) fn message_key(namespace: &str, key: &str, tag: Option<&Tag>) -> DedupKey {
    let mut parts = Parts::new("ackord message key");
    parts.add(namespace.as_bytes());
    parts.add(key.as_bytes());
    parts.add_text(tag);
    DedupKey(parts.finish())
}

/// The dedup key that a copy of a message to everybody is, by its number. No key of a message to a tag
/// is the same.
pub(super) fn copy_key(namespace: &str, key: &str, number: usize) -> DedupKey {
    let number = u64::try_from(number).expect("copies are few");
    let mut parts = Parts::new("ackord broadcast key");
    parts.add(namespace.as_bytes());
    parts.add(key.as_bytes());
    parts.add(&number.to_le_bytes());
    DedupKey(parts.finish())
}

/// The dedup key that one order to fire this cron is. No key that a submit states is the same.
pub(super) fn fire_key(cron: CronId, key: &str) -> DedupKey {
    let mut parts = Parts::new("ackord fire key");
    parts.add(&cron.0.to_le_bytes());
    parts.add(key.as_bytes());
    DedupKey(parts.finish())
}

/// What makes one message the same as another to whoever reads it.
pub(super) fn message_content(
    said: &MessageText,
    class: Class,
    in_reply_to: Option<EventId>,
) -> ContentHash {
    let mut parts = Parts::new("ackord message");
    parts.add_text(Some(said));
    parts.add(class_name(class).as_bytes());
    parts.add(&in_reply_to.unwrap_or_default().0.to_le_bytes());
    ContentHash(parts.finish())
}

/// What makes one submit the same as another: all that a session sees of it and where it goes.
/// When it goes, how often it is tried and for how long it is leased do not: a sender that counts
/// an instant from its own clock states another one with each retry.
pub(super) fn content_hash(submit: &Submit) -> ContentHash {
    let mut parts = Parts::new("ackord content");
    parts.add_text(submit.tag.as_ref());
    parts.add(class_name(submit.class).as_bytes());
    parts.add_text(submit.ordering_key.as_ref());
    parts.add_text(Some(&submit.event_type));
    parts.add_text(submit.content_type.as_ref());
    parts.add(&submit.meta.len().to_le_bytes());
    for (key, value) in &submit.meta {
        parts.add_text(Some(key));
        parts.add_text(Some(value));
    }
    parts.add(&submit.body);
    ContentHash(parts.finish())
}

const fn class_name(class: Class) -> &'static str {
    match class {
        Class::Interrupt => "interrupt",
        Class::Priority => "priority",
        Class::Normal => "normal",
    }
}

/// Hashes parts with their lengths, so that no two lists of parts read the same.
struct Parts(Sha256);

impl Parts {
    /// Begins a hash; `purpose` keeps it apart from every other one.
    fn new(purpose: &str) -> Self {
        let mut parts = Self(Sha256::new());
        parts.add(purpose.as_bytes());
        parts
    }

    fn add(&mut self, part: &[u8]) {
        let length = u64::try_from(part.len()).expect("a length fits 64 bits");
        self.0.update(length.to_le_bytes());
        self.0.update(part);
    }

    /// A text that is not there counts as an empty one, which no text is.
    fn add_text<T: Text>(&mut self, text: Option<&T>) {
        self.add(text.map_or("", Text::text).as_bytes());
    }

    fn finish(self) -> u128 {
        let digest: [u8; 32] = self.0.finalize().into();
        let (first, _) = digest
            .split_first_chunk::<16>()
            .expect("32 bytes begin with 16");
        u128::from_be_bytes(*first)
    }
}
