//! Webhooks: what comes in by way of a source, once.

use ackord_core::answer::{Answer, Receipt, Reply};
use ackord_core::command::{DeliveryKey, Moment, Receive, Routed, Routing};
use ackord_core::id::{EventId, TeamId};
use ackord_core::time::Timestamp;

use super::Model;
use super::event::{Event, State};
use crate::story::Scene;

impl Model {
    /// What a webhook has to be answered; none: that the source refuses it is left open.
    pub(super) fn receive(&mut self, team: TeamId, it: &Receive, scene: &Scene) -> Option<Answer> {
        let keys = [it.delivery, it.same_body].into_iter().flatten();
        let keys: Vec<_> = keys.map(|DeliveryKey { key, .. }| (team, key)).collect();
        let by_key = keys.iter().find_map(|key| self.received.get(key)).copied();
        let ids: Vec<EventId> = match &it.routing {
            Routing::Events(routed) => routed.iter().map(|it| it.event).collect(),
            Routing::Unmatched { event, .. } => vec![*event],
            Routing::Dropped => Vec::new(),
        };
        let by_id = ids.iter().find(|id| self.events.contains_key(*id)).copied();
        if let Some(first) = by_id.or(by_key) {
            return Some(received(Receipt::Duplicate(first)));
        }
        if scene.answer.is_err() {
            return None;
        }
        let Routing::Events(routed) = &it.routing else {
            // No source of the world keeps what it has no route for.
            return Some(received(Receipt::Dropped));
        };
        for key in keys {
            self.received.insert(key, ids[0]);
        }
        for it in routed {
            self.arrive(team, it);
        }
        Some(received(Receipt::Accepted(ids)))
    }

    fn arrive(&mut self, team: TeamId, it: &Routed) {
        let instant = |it: Moment| match it {
            Moment::At(at) => at,
            Moment::After(span) => self.now.after(span),
        };
        let not_before = it.not_before.map(instant).filter(|at| *at > self.now);
        let event = Event {
            class: it.class,
            key: it.ordering_key.clone(),
            attempts_max: it.attempts,
            lease: it.lease,
            expires: it.expires.map(instant),
            ..Event::new(it.event, (team, it.tag.clone()))
        };
        self.check_open(&event.queue, it.event);
        self.admit(event, not_before);
    }

    /// A new event comes into its queue, which is there from then on.
    pub(super) fn admit(&mut self, mut event: Event, not_before: Option<Timestamp>) {
        let id = event.id;
        self.queues.entry(event.queue.clone()).or_default();
        if let Some(until) = not_before {
            event.state = State::Delayed(until);
        }
        self.events.insert(id, event);
        self.touched.insert(id);
        if not_before.is_none() {
            self.enter(id);
        }
    }
}

fn received(receipt: Receipt) -> Answer {
    Ok(Reply::Received(receipt))
}
