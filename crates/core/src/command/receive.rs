use alloc::sync::Arc;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::answer::{Receipt, Rejection, Reply};
use crate::arrival::{Arrival, Door, Moment, Times, check_content, check_terms};
use crate::batch::{Batch, Outcome};
use crate::command::{Actor, Command};
use crate::id::{EventId, QueueId};
use crate::limits::{DEDUP_KEPT_MAX, EVENTS_PER_RECEIVE};
use crate::model::{
    Class, Content, ContentHash, DedupKey, Instruction, Origin, Source, SourceMode,
};
use crate::rows::RowError;
use crate::text::{ContentType, EventType, MetaKey, MetaValue, OrderingKey, RESERVED, Tag};
use crate::time::Millis;

/// A key under which a delivery is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryKey {
    /// The key, within the source.
    pub key: DedupKey,
    /// How long it counts; none: as long as the team keeps such keys.
    pub kept: Option<Millis>,
}

/// One event that a route makes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// Its id, drawn by the node that proposes.
    pub event: EventId,
    /// The queue; none: the untagged one.
    pub tag: Option<Tag>,
    /// Its class.
    pub class: Class,
    /// Its ordering key; none on an interrupt.
    pub ordering_key: Option<OrderingKey>,
    /// What an agent is told to do.
    pub instruction: Option<Instruction>,
    /// Bytes of the body to show to an agent.
    pub shown_bytes: Option<u32>,
    /// Not deliverable before.
    pub not_before: Option<Moment>,
    /// Dead if no session has it by then.
    pub expires: Option<Moment>,
    /// Attempts, instead of the queue's.
    pub attempts: Option<u32>,
    /// Lease, instead of the queue's.
    pub lease: Option<Millis>,
}

/// What the routes of a source make of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routing {
    /// These events, from one to [`EVENTS_PER_RECEIVE`]: all of them or none.
    Events(Vec<Routed>),
    /// No route matches, and the source keeps such: a dead letter of the queue.
    Unmatched {
        /// Its id, drawn by the node that proposes.
        event: EventId,
        /// The queue that it would go to first; none: the untagged one.
        tag: Option<Tag>,
    },
    /// Nothing: it was dropped, under the present routes.
    Dropped,
}

/// "A provider has sent this, and it is verified." Its actor is the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receive {
    /// The revision of the source that verified and routed it.
    pub revision: u64,
    /// The provider's name of the delivery.
    pub delivery: Option<DeliveryKey>,
    /// The hash of the body, where the source says that a body counts as a name.
    pub same_body: Option<DeliveryKey>,
    /// What kind of event it is.
    pub event_type: EventType,
    /// Media type of the body.
    pub content_type: Option<ContentType>,
    /// Verified facts; sorted by key, without repeats.
    pub meta: Vec<(MetaKey, MetaValue)>,
    /// The body.
    pub body: Bytes,
    /// What becomes of it.
    pub routing: Routing,
}

impl Receive {
    /// Judged in this order: the source is there; what is in already is in, whatever the source
    /// has become since; the source is not disabled; it is the one that verified this.
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let source = batch.source_of(command)?;
        self.check()?;
        if let Some(first) = self.known(batch, &source)? {
            return Ok(Reply::Received(Receipt::Duplicate(first)));
        }
        if source.mode == SourceMode::Disabled {
            return Err(Rejection::Disabled.into());
        }
        if self.revision != source.revision {
            let present = source.revision;
            return Err(Rejection::Revision { present }.into());
        }
        let receipt = match &self.routing {
            Routing::Events(routed) => self.accept(batch, &source, routed)?,
            Routing::Unmatched { event, tag } => self.keep(batch, &source, *event, tag.as_ref())?,
            Routing::Dropped => Receipt::Dropped,
        };
        Ok(Reply::Received(receipt))
    }

    fn check(&self) -> Result<(), Rejection> {
        check_content(&self.body, &self.meta)?;
        if self.event_type.as_str().starts_with(RESERVED) {
            return Err(Rejection::Invalid(
                "event_type: what begins with 'ackord.' is the cluster's",
            ));
        }
        let mut keys = [self.delivery, self.same_body].into_iter().flatten();
        if keys.any(|it| it.kept.is_some_and(|it| it > DEDUP_KEPT_MAX)) {
            return Err(Rejection::Invalid("dedup: at most 366 days"));
        }
        match &self.routing {
            Routing::Events(routed) => check_routed(routed),
            Routing::Unmatched { .. } | Routing::Dropped => Ok(()),
        }
    }

    fn ids(&self) -> impl Iterator<Item = EventId> {
        let (routed, unmatched) = match &self.routing {
            Routing::Events(routed) => (routed.as_slice(), None),
            Routing::Unmatched { event, .. } => (&[][..], Some(*event)),
            Routing::Dropped => (&[][..], None),
        };
        routed.iter().map(|it| it.event).chain(unmatched)
    }

    /// The event that stands for this request already.
    fn known(&self, batch: &Batch<'_>, source: &Source) -> Result<Option<EventId>, RowError> {
        for id in self.ids() {
            if batch.event(source.team, id)?.is_some() {
                return Ok(Some(id));
            }
        }
        for key in [self.delivery, self.same_body].into_iter().flatten() {
            if let Some(first) = batch.dedup(source.team, key.key)? {
                return Ok(Some(first.event));
            }
        }
        Ok(None)
    }

    fn accept(
        &self,
        batch: &mut Batch<'_>,
        source: &Arc<Source>,
        routed: &[Routed],
    ) -> Outcome<Receipt> {
        let times = batch.times_of(routed)?;
        let queues = batch.queues_of(source, routed)?;
        let door = match batch.state.holds(source) {
            true => Door::Held(source.id),
            false => Door::Queue,
        };
        let first = routed.first().map(|it| it.event).unwrap_or_default();
        self.remember(batch, source, first);
        for ((it, times), queue) in routed.iter().zip(times).zip(&queues) {
            let content = self.content(it.instruction.clone(), it.shown_bytes);
            let event_type = self.event_type.clone();
            let arrival = it.arrival(source, *queue, times, event_type, content);
            batch.admit(arrival, door)?;
        }
        for queue in queues {
            batch.dispatch(queue)?;
        }
        let events = routed.iter().map(|it| it.event).collect();
        Ok(match door {
            Door::Held(_) => Receipt::Held(events),
            Door::Queue | Door::Unmatched => Receipt::Accepted(events),
        })
    }

    fn keep(
        &self,
        batch: &mut Batch<'_>,
        source: &Source,
        event: EventId,
        tag: Option<&Tag>,
    ) -> Outcome<Receipt> {
        let queue = batch.ensure_queue(source.team, tag)?;
        self.remember(batch, source, event);
        let arrival = Arrival {
            event,
            team: source.team,
            queue,
            origin: Origin::Source(source.id),
            class: Class::Normal,
            ordering_key: None,
            event_type: self.event_type.clone(),
            times: Times::of(batch.now(), None, None)?,
            attempts: None,
            lease: None,
            replayed_from: None,
            content: self.content(None, None),
        };
        batch.admit(arrival, Door::Unmatched)?;
        Ok(Receipt::Unmatched(event))
    }

    /// A key of a source stands for its event whatever else comes under it, so no content is kept.
    fn remember(&self, batch: &mut Batch<'_>, source: &Source, first: EventId) {
        for key in [self.delivery, self.same_body].into_iter().flatten() {
            batch.remember(source.team, key.key, first, ContentHash(0), key.kept);
        }
    }

    fn content(&self, instruction: Option<Instruction>, shown_bytes: Option<u32>) -> Content {
        Content {
            content_type: self.content_type.clone(),
            meta: self.meta.clone(),
            instruction,
            shown_bytes,
            body: self.body.clone(),
        }
    }
}

/// Checks what routes have made of one request.
pub(crate) fn check_routed(routed: &[Routed]) -> Result<(), Rejection> {
    if !(1..=EVENTS_PER_RECEIVE).contains(&routed.len()) {
        return Err(Rejection::Invalid("routes: 1 to 16 events of one request"));
    }
    for (at, it) in routed.iter().enumerate() {
        if routed[..at].iter().any(|other| other.event == it.event) {
            return Err(Rejection::Invalid("routes: each event has its own id"));
        }
        check_terms(it.class, it.ordering_key.as_ref(), it.attempts, it.lease)?;
    }
    Ok(())
}

impl Routed {
    pub(crate) fn arrival(
        &self,
        source: &Source,
        queue: QueueId,
        times: Times,
        event_type: EventType,
        content: Content,
    ) -> Arrival {
        Arrival {
            event: self.event,
            team: source.team,
            queue,
            origin: Origin::Source(source.id),
            class: self.class,
            ordering_key: self.ordering_key.clone(),
            event_type,
            times,
            attempts: self.attempts,
            lease: self.lease,
            replayed_from: None,
            content,
        }
    }
}

impl Batch<'_> {
    /// The source that a command comes from.
    fn source_of(&self, command: &Command) -> Result<Arc<Source>, Rejection> {
        let team = command.team.ok_or(Rejection::NotFound)?;
        match command.by {
            Actor::Source(id) => self.source_in(team, id),
            Actor::Cluster | Actor::Token(_) => Err(Rejection::NotAllowed),
        }
    }

    /// When the events are deliverable.
    pub(crate) fn times_of(&self, routed: &[Routed]) -> Result<Vec<Times>, Rejection> {
        let now = self.now();
        let times = |it: &Routed| Times::of(now, it.not_before, it.expires);
        routed.iter().map(times).collect()
    }

    /// The queues of the events, in their order; made where this is their first use. Refused as a
    /// whole if one of them takes nothing.
    pub(crate) fn queues_of(
        &mut self,
        source: &Source,
        routed: &[Routed],
    ) -> Result<Vec<QueueId>, Rejection> {
        for it in routed {
            self.check_open(source.team, it.tag.as_ref())?;
        }
        self.check_new_queues(source.team, routed.iter().map(|it| it.tag.as_ref()))?;
        let ensure = |it: &Routed| self.ensure_queue(source.team, it.tag.as_ref());
        routed.iter().map(ensure).collect()
    }
}
