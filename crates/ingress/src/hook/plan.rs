//! What a delivery becomes: one command, whatever its routes make of it.

use ackord_core::command::{Actor, Command, DeliveryKey, Moment, Op, Receive, Routed, Routing};
use ackord_core::id::EventId;
use ackord_core::limits::META_FIELDS_MAX;
use ackord_core::model::{Content, Source};
use ackord_core::planted::{Bug, is_planted};
use ackord_core::text::{ContentType, MetaKey, MetaValue, RESERVED};
use ackord_core::time::{Millis, Timestamp};
use ackord_proto::from_wire::{body_key, delivery_key};
use ackord_verify::{Destination, Headers, Received};
use rand::RngExt;

use super::Arrived;
use super::compiled::Compiled;

/// Ids of the events of one request: the same ones however often it is proposed.
#[derive(Debug)]
pub(crate) struct Ids {
    drawn: Vec<EventId>,
    at: Timestamp,
}

impl Ids {
    /// Of a request that came at this instant.
    pub(crate) fn new(at: Timestamp) -> Self {
        Self {
            drawn: Vec::new(),
            at,
        }
    }

    /// Of an event that is there, which keeps its id.
    pub(crate) fn of_event(event: EventId, at: Timestamp) -> Self {
        Self {
            drawn: vec![event],
            at,
        }
    }

    fn of(&mut self, place: usize) -> EventId {
        while self.drawn.len() <= place {
            self.drawn
                .push(EventId::new(self.at.0, rand::rng().random()));
        }
        self.drawn[place]
    }

    /// All that were drawn.
    pub(crate) fn all(&self) -> Vec<EventId> {
        self.drawn.clone()
    }

    /// Whether this is one of them.
    pub(crate) fn has(&self, event: EventId) -> bool {
        self.drawn.contains(&event)
    }
}

/// The command that takes a delivery in.
pub(crate) fn command(
    source: &Source,
    compiled: &Compiled,
    received: &Received,
    arrived: &Arrived,
    ids: &mut Ids,
) -> Command {
    let received_at = ids.at;
    let named = received.dedup.key.as_ref();
    let by_type = received.dedup.body_window_by_type;
    let of_type = by_type.then_some(&received.event_type);
    let same_body = received.dedup.body_window_ms.map(|it| DeliveryKey {
        key: body_key(source.id, of_type, &arrived.body),
        kept: Some(Millis(it)),
    });
    let is_forgotten = is_planted(Bug::WebhookKeyForgotten);
    let (named, same_body) = match is_forgotten {
        true => (None, None),
        false => (named, same_body),
    };
    let receive = Receive {
        revision: source.revision,
        delivery: named.map(|it| DeliveryKey {
            key: delivery_key(source.id, it),
            kept: None,
        }),
        same_body,
        event_type: received.event_type.clone(),
        content_type: content_type(received),
        meta: meta(source, received, received_at),
        body: received
            .unpacked
            .clone()
            .unwrap_or_else(|| arrived.body.clone()),
        routing: routing(compiled, &received.routed, ids),
    };
    Command {
        by: Actor::Source(source.id),
        team: Some(source.team),
        op: Op::Receive(Box::new(receive)),
    }
}

/// What the routes of a source make of a request.
pub(crate) fn routing(
    compiled: &Compiled,
    routed: &ackord_verify::Routed,
    ids: &mut Ids,
) -> Routing {
    match routed {
        ackord_verify::Routed::Send(destinations) => {
            let each = destinations.iter().enumerate();
            let routed = each.map(|(at, it)| event(compiled, it, ids.of(at)));
            Routing::Events(routed.collect())
        }
        ackord_verify::Routed::Unmatched { keep: true } => Routing::Unmatched {
            event: ids.of(0),
            tag: compiled.tag.clone(),
        },
        ackord_verify::Routed::Unmatched { keep: false } | ackord_verify::Routed::Drop { .. } => {
            Routing::Dropped
        }
    }
}

fn event(compiled: &Compiled, destination: &Destination, event: EventId) -> Routed {
    let after = |ms: Option<u64>| ms.map(|it| Moment::After(Millis(it)));
    Routed {
        event,
        tag: destination.tag.clone(),
        class: destination.class,
        ordering_key: destination.ordering_key.clone(),
        instruction: destination.instruction.clone(),
        shown_bytes: Some(destination.shown_bytes),
        not_before: after(destination.delay_ms),
        expires: after(destination.ttl_ms),
        attempts: compiled.attempts,
        lease: compiled.lease,
    }
}

fn content_type(received: &Received) -> Option<ContentType> {
    let (_, value) = received
        .headers
        .iter()
        .find(|(name, _)| name == "content-type")?;
    ContentType::new(value.clone()).ok()
}

/// The headers that were stored with an event.
pub(crate) fn stored(content: &Content) -> Headers<'_> {
    let fields = content.meta.iter();
    let fields = fields.map(|(name, value)| (name.as_str(), value.as_str().as_bytes()));
    fields
        .filter(|(name, _)| !name.starts_with(RESERVED))
        .collect()
}

/// Our own facts, and the headers that are stored, by their names.
pub(crate) fn meta(
    source: &Source,
    received: &Received,
    at: Timestamp,
) -> Vec<(MetaKey, MetaValue)> {
    let signed_at = received.proof.signed_at_ms.map(|it| it.to_string());
    let facts = [
        ("source", Some(source.slug.to_string())),
        ("provider_delivery_id", received.dedup.key.clone()),
        ("sender", received.sender.clone()),
        ("received_at_ms", Some(at.0.to_string())),
        ("signed_at_ms", signed_at),
    ];
    let facts = facts.into_iter().filter_map(|(name, value)| {
        let name = format!("{RESERVED}{name}");
        value.map(|it| (name, it))
    });
    let is_foreign = |(name, _): &(String, String)| !name.starts_with(RESERVED);
    let headers = received.headers.iter().filter(|it| is_foreign(it)).cloned();
    let fields = facts.chain(headers).take(META_FIELDS_MAX);
    let mut fields: Vec<_> = fields
        .filter_map(|(name, value)| Some((MetaKey::new(name).ok()?, line(value)?)))
        .collect();
    fields.sort();
    fields.dedup_by(|one, other| one.0 == other.0);
    fields
}

/// A value that is fit to be told, as far as it fits.
fn line(value: String) -> Option<MetaValue> {
    let cut = value.floor_char_boundary(MetaValue::BYTES_MAX);
    MetaValue::new(value[..cut].to_owned()).ok()
}
