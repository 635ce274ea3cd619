use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::answer::{Rejection, Reply, Taken};
pub use crate::arrival::Moment;
use crate::arrival::{Arrival, Times, check_content, check_terms};
use crate::auth::{Need, Over};
use crate::batch::{Batch, Outcome};
use crate::command::{Actor, Command};
use crate::id::{EventId, QueueId, TeamId};
use crate::model::{Class, Content, ContentHash, DedupKey, DedupKind, Origin, Role};
use crate::publish::{Outgoing, Plan};
use crate::text::{ContentType, EventType, MetaKey, MetaValue, OrderingKey, RESERVED, Tag};
use crate::time::Millis;

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

impl Submit {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let (team, plan) = self.plan(batch, command)?;
        let new = match plan {
            Plan::Known(event, taken) => return Ok(Reply::Submitted(event, taken)),
            Plan::New(new) => new,
        };
        let published = batch.publish(team, alloc::vec![Plan::New(new)])?;
        batch.dispatch_published(&published)?;
        Ok(Reply::Submitted(self.event, Taken::Accepted))
    }

    /// What the submit becomes, and in which team; or why it does not. Nothing is changed.
    pub(crate) fn plan(&self, batch: &Batch<'_>, command: &Command) -> Outcome<(TeamId, Plan)> {
        let need = Need {
            roles: &[Role::Submit],
            over: Over::Queue(self.tag.as_ref()),
        };
        let team = batch.allow(command, need)?;
        let Actor::Token(token) = command.by else {
            return Err(Rejection::NotAllowed.into());
        };
        self.check()?;
        if let Some((event, taken)) = batch.standing(team, self.event, self.dedup)? {
            return Ok((team, Plan::Known(event, taken)));
        }
        let times = Times::of(batch.now(), self.not_before, self.expires)?;
        batch.check_open(team, self.tag.as_ref())?;
        let new = Outgoing {
            tag: self.tag.clone(),
            dedup: self.dedup,
            arrival: self.arrival(team, Origin::Token(token), times),
        };
        Ok((team, Plan::New(Box::new(new))))
    }

    fn check(&self) -> Result<(), Rejection> {
        check_content(&self.body, &self.meta)?;
        if self
            .meta
            .iter()
            .any(|it| it.0.as_str().starts_with(RESERVED))
        {
            return Err(Rejection::Invalid(
                "meta: names that begin with 'ackord.' are the cluster's",
            ));
        }
        if self.event_type.as_str().starts_with(RESERVED) {
            return Err(Rejection::Invalid(
                "event_type: what begins with 'ackord.' is the cluster's: send a message instead",
            ));
        }
        check_terms(
            self.class,
            self.ordering_key.as_ref(),
            self.attempts,
            self.lease,
        )
    }

    fn arrival(&self, team: TeamId, origin: Origin, times: Times) -> Arrival {
        Arrival {
            event: self.event,
            team,
            queue: QueueId(0),
            origin,
            class: self.class,
            ordering_key: self.ordering_key.clone(),
            event_type: self.event_type.clone(),
            times,
            attempts: self.attempts,
            lease: self.lease,
            replayed_from: self.replayed_from,
            content: Content {
                content_type: self.content_type.clone(),
                meta: self.meta.clone(),
                instruction: None,
                shown_bytes: None,
                body: self.body.clone(),
            },
        }
    }
}
