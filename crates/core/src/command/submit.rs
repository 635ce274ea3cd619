use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::answer::{Rejection, Reply, Taken};
use crate::auth::{Need, Over};
use crate::batch::{Batch, Outcome, broken};
use crate::command::{Actor, Command};
use crate::history::{History, StepKind};
use crate::id::{EventId, QueueId, TeamId, TokenId};
use crate::limits::{ATTEMPTS_MAX, BODY_BYTES_MAX, HORIZON, LEASE_MAX, LEASE_MIN, META_FIELDS_MAX};
use crate::model::{
    Class, Content, ContentHash, Dedup, DedupKey, DedupKind, Event, EventState, Mode, Role,
};
use crate::rows::{Key, Row, RowError, Rows};
use crate::text::{ContentType, EventType, MetaKey, MetaValue, OrderingKey, Tag};
use crate::time::{Millis, Position, Timestamp};

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

/// When an event is deliverable, in log time.
#[derive(Clone, Copy)]
struct Times {
    not_before: Option<Timestamp>,
    expires: Option<Timestamp>,
}

impl Submit {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let need = Need {
            roles: &[Role::Submit],
            over: Over::Queue(self.tag.as_ref()),
        };
        let team = batch.allow(command, need)?;
        let Actor::Token(token) = command.by else {
            return Err(Rejection::NotAllowed.into());
        };
        self.check()?;
        if let Some((event, taken)) = self.known(batch, team)? {
            return Ok(Reply::Submitted(event, taken));
        }
        let times = self.times(batch.now())?;
        let queue = batch.queue_named(team, self.tag.as_ref());
        if queue.is_some_and(|it| it.mode == Mode::Draining) {
            return Err(Rejection::Draining.into());
        }

        let queue = batch.ensure_queue(team, self.tag.as_ref())?;
        self.remember(batch, team);
        self.store(batch, team, queue, token, times)?;
        batch.dispatch(queue)?;
        Ok(Reply::Submitted(self.event, Taken::Accepted))
    }

    fn check(&self) -> Result<(), Rejection> {
        if self.body.len() > BODY_BYTES_MAX {
            return Err(Rejection::Invalid("body: at most 1,048,576 bytes"));
        }
        if self.meta.len() > META_FIELDS_MAX {
            return Err(Rejection::Invalid("meta: at most 32 fields"));
        }
        if !self.meta.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(Rejection::Invalid("meta: sorted by key, each key once"));
        }
        if self.class == Class::Interrupt && self.ordering_key.is_some() {
            return Err(Rejection::Invalid(
                "ordering_key: an interrupt carries none",
            ));
        }
        if self
            .attempts
            .is_some_and(|it| !(1..=ATTEMPTS_MAX).contains(&it))
        {
            return Err(Rejection::Invalid("attempts: 1 to 100"));
        }
        if self
            .lease
            .is_some_and(|it| !(LEASE_MIN..=LEASE_MAX).contains(&it))
        {
            return Err(Rejection::Invalid("lease: 1 second to 7 days"));
        }
        Ok(())
    }

    fn times(&self, now: Timestamp) -> Result<Times, Rejection> {
        let instant = |it: Moment| match it {
            Moment::At(at) => at,
            Moment::After(span) => now.after(span),
        };
        let not_before = self.not_before.map(instant).filter(|it| *it > now);
        let expires = self.expires.map(instant);
        let far = now.after(HORIZON);
        if not_before.is_some_and(|it| it > far) || expires.is_some_and(|it| it > far) {
            return Err(Rejection::Invalid(
                "not_before, expires_at: at most 366 days ahead",
            ));
        }
        if expires.is_some_and(|it| it <= not_before.unwrap_or(now)) {
            return Err(Rejection::Invalid(
                "expires_at: after not_before, and in the future",
            ));
        }
        Ok(Times {
            not_before,
            expires,
        })
    }

    /// The event that stands for this submit already. Whether a dedup row is still there is
    /// judged by log time, whenever the disk gets around to removing it.
    fn known(&self, batch: &Batch<'_>, team: TeamId) -> Result<Option<(EventId, Taken)>, RowError> {
        if batch.event(team, self.event)?.is_some() {
            return Ok(Some((self.event, Taken::Duplicate)));
        }
        let Some(claim) = self.dedup else {
            return Ok(None);
        };
        let key = Key::Dedup(team, claim.key);
        let first = match batch.overlay.get(&key)? {
            Some(Row::Dedup(it)) if it.expires > batch.now() => it,
            Some(Row::Dedup(_)) | None => return Ok(None),
            Some(_) => return Err(broken(&key)),
        };
        let other = claim.kind == DedupKind::Client && claim.content != first.content;
        let taken = if other {
            Taken::Conflict
        } else {
            Taken::Duplicate
        };
        Ok(Some((first.event, taken)))
    }

    fn remember(&self, batch: &mut Batch<'_>, team: TeamId) {
        let Some(claim) = self.dedup else { return };
        let expires = batch.now().after(batch.state.teams[&team].dedup_kept);
        let row = Dedup {
            event: self.event,
            content: claim.content,
            expires,
        };
        batch.put(Key::Dedup(team, claim.key), Row::Dedup(row));
    }

    fn store(
        &self,
        batch: &mut Batch<'_>,
        team: TeamId,
        queue: QueueId,
        token: TokenId,
        times: Times,
    ) -> Result<(), RowError> {
        let mut event = Box::new(self.event(batch, team, queue, token, times));
        let content = Content {
            content_type: self.content_type.clone(),
            meta: self.meta.clone(),
            body: self.body.clone(),
        };
        batch.put_new(Key::Content(team, self.event), Row::Content(content));
        match times.not_before {
            Some(until) => {
                event.state = EventState::Delayed { until };
                batch.queue_mut(queue).row.delayed += 1;
                batch.put_due(&event);
            }
            None => batch.enter(&mut event)?,
        }
        batch.put_event(event);
        Ok(())
    }

    fn event(
        &self,
        batch: &mut Batch<'_>,
        team: TeamId,
        queue: QueueId,
        token: TokenId,
        times: Times,
    ) -> Event {
        let (accepted, accepted_at) = (batch.now(), batch.position());
        let mut history = History::default();
        history.push(accepted, StepKind::Accepted);
        Event {
            id: self.event,
            team,
            queue,
            class: self.class,
            key: self.ordering_key.clone(),
            event_type: self.event_type.clone(),
            token,
            accepted,
            accepted_at,
            position: Position::default(),
            state: EventState::Ready,
            delivery: 0,
            deliveries: 0,
            attempts: 0,
            attempts_max: self.attempts,
            lease: self.lease,
            expires: times.expires,
            body_bytes: u32::try_from(self.body.len()).expect("a body is at most 1 MiB"),
            replayed_from: self.replayed_from,
            note: None,
            ack: None,
            history,
        }
    }
}
