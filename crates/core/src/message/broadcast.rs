//! A message to everybody: a copy for each tag of the team that has a session with a stream in that
//! moment. Which tags these are is decided where the message gets its place, by all nodes alike.
//!
//! The copies have the ids and dedup keys of the message in their order, so that the first of them that
//! is in says that the message is, whoever has attached since.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Message, kept};
use crate::answer::{Rejection, Taken};
use crate::arrival::{Times, check_terms};
use crate::batch::{Batch, Outcome};
use crate::command::Command;
use crate::id::{EventId, QueueId, SessionId, TeamId};
use crate::limits::TAGS_PER_BROADCAST;
use crate::model::{Link, Mode, Origin};
use crate::planted::{Bug, is_planted};
use crate::publish::{Outgoing, Plan};
use crate::rows::RowError;
use crate::text::Tag;

/// A copy of a message to everybody, and whose it is.
pub(crate) type Copied = (Option<Tag>, EventId, Taken);

impl Message {
    /// What a message to everybody becomes, or why it does not. Nothing is changed.
    pub(crate) fn plan_broadcast(
        &self,
        batch: &Batch<'_>,
        command: &Command,
        team: TeamId,
        from: (&Origin, Option<SessionId>),
    ) -> Outcome<Vec<Plan>> {
        let known = self.known_broadcast(batch, team)?;
        if !known.is_empty() {
            let plan = |it: (EventId, Taken)| Plan::Known(it.0, it.1);
            return Ok(known.into_iter().map(plan).collect());
        }
        let (origin, sender) = from;
        let times = Times::of(batch.now(), self.not_before, self.expires)?;
        let answered = self.answered(batch, command)?;
        let meta = self.meta(batch, origin, answered.as_deref())?;
        let tags = batch.listeners(command, team, origin, sender)?;
        if tags.len() > self.to.len() {
            return Err(Rejection::Crowd.into());
        }
        let copies = self.to.iter().zip(tags);
        let plans = copies.map(|(to, tag)| {
            let times = kept(times, to.event, batch);
            Plan::New(Box::new(Outgoing {
                tag: Some(tag),
                dedup: to.dedup,
                arrival: self.arrival(team, to.event, origin, times, &meta),
            }))
        });
        Ok(plans.collect())
    }

    /// The events that a message to everybody has become already; none: it is not in.
    pub(crate) fn known_broadcast(
        &self,
        batch: &Batch<'_>,
        team: TeamId,
    ) -> Outcome<Vec<(EventId, Taken)>> {
        self.check_broadcast()?;
        let standing = self.standing(batch, team)?;
        Ok(standing.into_iter().flatten().collect())
    }

    fn check_broadcast(&self) -> Result<(), Rejection> {
        if self.to.is_empty() || self.to.len() > TAGS_PER_BROADCAST {
            return Err(Rejection::Invalid("broadcast: 1 to 24 ids of copies"));
        }
        for (at, it) in self.to.iter().enumerate() {
            if it.tag.is_some() {
                return Err(Rejection::Invalid("tags: none where everybody is meant"));
            }
            if self.to[..at].iter().any(|other| other.event == it.event) {
                return Err(Rejection::Invalid("broadcast: each copy has its own id"));
            }
        }
        check_terms(self.class, self.ordering_key.as_ref(), None, None)
    }
}

impl Batch<'_> {
    /// The tags that hear what is said to everybody now, in their order; one more than may be, if there
    /// are more.
    fn listeners(
        &self,
        command: &Command,
        team: TeamId,
        origin: &Origin,
        sender: Option<SessionId>,
    ) -> Result<Vec<Tag>, Rejection> {
        let present = self.state.present.range((team, QueueId(0))..);
        let own = present.take_while(|it| it.0 == team).map(|it| it.1);
        let hears = |queue: QueueId| {
            let tag = self.hearing(queue, sender)?;
            // Whoever sends without a session sends to what he might submit to.
            self.check_sends(command, origin, tag).ok()?;
            Some(tag.clone())
        };
        let mut tags: Vec<Tag> = own.filter_map(hears).take(TAGS_PER_BROADCAST + 1).collect();
        if tags.is_empty() {
            return Err(Rejection::Nobody);
        }
        tags.sort();
        if tags.len() > 1 && is_planted(Bug::BroadcastSkipsOne) {
            tags.pop();
        }
        Ok(tags)
    }

    /// The tag of a queue in which somebody other than the sender hears messages.
    fn hearing(&self, queue: QueueId, sender: Option<SessionId>) -> Option<&Tag> {
        let cell = self.state.queue(queue);
        let sender = sender.map(|it| self.state.session(it));
        let own = sender.is_some_and(|it| it.queue == queue && it.link == Link::Attached);
        let others = cell.derived.attached > u64::from(own);
        let open = cell.row.mode != Mode::Draining && cell.derived.opted_out == 0;
        cell.row.tag.as_ref().filter(|_| others && open)
    }

    /// Where the copies of a message to everybody are now.
    pub(crate) fn copies(
        &self,
        team: TeamId,
        events: impl Iterator<Item = (EventId, Taken)>,
    ) -> Result<Vec<Copied>, RowError> {
        let copy = |(id, taken): (EventId, Taken)| {
            let event = self.event(team, id)?;
            let queue = event.map(|it| self.state.queue(it.queue));
            let tag = queue.and_then(|it| it.row.tag.clone());
            Ok((tag, id, taken))
        };
        events.map(copy).collect()
    }
}
