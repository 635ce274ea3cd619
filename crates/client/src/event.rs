//! An event to be submitted, and the receipt for it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ackord_proto::v1;
use ackord_proto::v1::submit_item::{Expires, NotBefore};
use bytes::Bytes;

/// Scope of the keys that this client draws itself.
const OWN_NAMESPACE: &str = "client";

/// An event to be submitted.
///
/// Without a dedup key of its own, it gets one when it is submitted: that call takes effect once,
/// however often it must be sent. Say a key yourself where a submit may be repeated by whoever
/// calls you.
#[derive(Debug, Clone)]
pub struct Event {
    item: v1::SubmitItem,
    deadline: Option<Duration>,
}

impl Event {
    /// An event of this type, such as `pull_request.opened`, with this body.
    pub fn new(event_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        let item = v1::SubmitItem {
            event_type: event_type.into(),
            body: body.into(),
            ..v1::SubmitItem::default()
        };
        Self {
            item,
            deadline: None,
        }
    }

    /// The queue. Otherwise: the team's untagged queue.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.item.tag = tag.into();
        self
    }

    /// Its precedence. Otherwise: normal.
    #[must_use]
    pub fn class(mut self, class: v1::Class) -> Self {
        self.item.class = class.into();
        self
    }

    /// Events of one (tag, ordering key) complete in their order.
    #[must_use]
    pub fn ordering_key(mut self, key: impl Into<String>) -> Self {
        self.item.ordering_key = key.into();
        self
    }

    /// Names the event: a second submit of the key queues nothing and answers with the first.
    #[must_use]
    pub fn dedup_key(mut self, key: impl Into<String>) -> Self {
        self.item.dedup_key = key.into();
        self
    }

    /// Scope of the dedup key. Otherwise: the team's own.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.item.namespace = namespace.into();
        self
    }

    /// Media type of the body.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.item.content_type = content_type.into();
        self
    }

    /// A fact that you vouch for, apart from the body.
    #[must_use]
    pub fn meta(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.item.meta.insert(name.into(), value.into());
        self
    }

    /// Not delivered before so long after the cluster takes it.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.item.not_before = Some(NotBefore::DelayMs(millis(delay)));
        self
    }

    /// Not delivered before this instant.
    #[must_use]
    pub fn not_before(mut self, instant: SystemTime) -> Self {
        self.item.not_before = Some(NotBefore::NotBeforeMs(unix_millis(instant)));
        self
    }

    /// Dead if no session has it so long after the cluster takes it.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.item.expires = Some(Expires::TtlMs(millis(ttl)));
        self
    }

    /// Dead if no session has it by this instant.
    #[must_use]
    pub fn expires_at(mut self, instant: SystemTime) -> Self {
        self.item.expires = Some(Expires::ExpiresAtMs(unix_millis(instant)));
        self
    }

    /// Attempts before it is dead, 1 to 100. Otherwise: as its queue says.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.item.attempts = attempts;
        self
    }

    /// Lease after a claim, 1 s to 7 days. Otherwise: as its queue says.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.item.lease_ms = millis(lease);
        self
    }

    /// How long to go on trying. Otherwise: as the client's options say.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// What is sent, with a key in any case; and whether the key is this call's own.
    pub(crate) fn into_parts(self) -> (v1::SubmitItem, Option<Duration>, bool) {
        let Self { mut item, deadline } = self;
        let own_key = item.dedup_key.is_empty();
        if own_key {
            item.namespace = OWN_NAMESPACE.to_owned();
            item.dedup_key = format!("{:032x}", rand::random::<u128>());
        }
        (item, deadline, own_key)
    }
}

/// An event is in: a quorum of the cluster has it on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The event that stands for the submit.
    pub event_id: String,
    /// How it was taken.
    pub taken: Taken,
    /// The place of the answer in the log.
    pub position: v1::Position,
}

/// How a submit was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A new event.
    Accepted,
    /// The same event is in already.
    Duplicate,
    /// The dedup key is in already with other content; nothing was queued.
    Conflict,
}

/// Whole milliseconds, as the wire counts them.
pub(crate) fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

fn unix_millis(instant: SystemTime) -> u64 {
    millis(instant.duration_since(UNIX_EPOCH).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_without_a_key_gets_one_for_its_call() {
        let event = Event::new("ping", "").namespace("mine");
        let (first, _, own) = event.clone().into_parts();
        let (second, _, _) = event.into_parts();
        assert!(own);
        assert_eq!(first.namespace, OWN_NAMESPACE);
        assert_eq!(first.dedup_key.len(), 32);
        assert_ne!(first.dedup_key, second.dedup_key);
    }

    #[test]
    fn a_stated_key_and_its_scope_stay() {
        let (item, _, own) = Event::new("ping", "")
            .dedup_key("k")
            .namespace("n")
            .into_parts();
        assert!(!own);
        assert_eq!(
            (item.namespace.as_str(), item.dedup_key.as_str()),
            ("n", "k")
        );
    }
}
