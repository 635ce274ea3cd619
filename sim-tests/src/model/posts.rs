//! Posts: what becomes an event of a queue, by a submit, as a message or with an ack.

use std::collections::BTreeSet;

use ackord_core::answer::{Answer, Part, Rejection, Reply, Taken};
use ackord_core::command::{
    Ack, Addressed, CronChange, DedupClaim, Emit, Message, Moment, Send, Submit,
};
use ackord_core::id::{EventId, SessionId, TeamId};
use ackord_core::model::{Class, DedupKind, Emitted, Mode};
use ackord_core::text::{OrderingKey, Tag};
use ackord_core::time::Millis;

use super::event::Event;
use super::session::Session;
use super::{Model, QueueName};
use crate::story::Scene;

/// A copy of what is said to everybody: where it is, and how it was taken.
type Heard = (Option<Tag>, EventId, Taken);

/// An event that somebody brings.
pub(super) struct Post {
    pub(super) event: EventId,
    pub(super) dedup: Option<DedupClaim>,
    pub(super) class: Class,
    pub(super) key: Option<OrderingKey>,
    pub(super) not_before: Option<Moment>,
    pub(super) expires: Option<Moment>,
    pub(super) attempts: Option<u32>,
    pub(super) lease: Option<Millis>,
    pub(super) from: Option<Tag>,
}

impl From<&Submit> for Post {
    fn from(it: &Submit) -> Self {
        Self {
            event: it.event,
            dedup: it.dedup,
            class: it.class,
            key: it.ordering_key.clone(),
            not_before: it.not_before,
            expires: it.expires,
            attempts: it.attempts,
            lease: it.lease,
            from: None,
        }
    }
}

impl Model {
    /// The event that stands already for one with this id or key, and what its bringer is told.
    pub(super) fn standing(
        &self,
        team: TeamId,
        event: EventId,
        dedup: Option<DedupClaim>,
    ) -> Option<(EventId, Taken)> {
        if self.events.contains_key(&event) {
            return Some((event, Taken::Duplicate));
        }
        let claim = dedup?;
        let (first, content) = *self.keys.get(&(team, claim.key))?;
        let other = claim.kind == DedupKind::Client && claim.content != content;
        let taken = if other {
            Taken::Conflict
        } else {
            Taken::Duplicate
        };
        Some((first, taken))
    }

    /// Queues an event, unless it is in already.
    pub(super) fn post(&mut self, queue: QueueName, it: Post) -> (EventId, Taken) {
        let team = queue.0;
        if let Some(known) = self.standing(team, it.event, it.dedup) {
            return known;
        }
        self.check_open(&queue, it.event);
        if let Some(claim) = it.dedup {
            let first = (it.event, claim.content);
            self.keys.insert((team, claim.key), first);
        }
        let instant = |it: Moment| match it {
            Moment::At(at) => at,
            Moment::After(span) => self.now.after(span),
        };
        let not_before = it.not_before.map(instant).filter(|at| *at > self.now);
        let id = it.event;
        let event = Event {
            class: it.class,
            key: it.key,
            attempts_max: it.attempts,
            lease: it.lease,
            expires: it.expires.map(instant),
            from: it.from,
            ..Event::new(id, queue)
        };
        self.admit(event, not_before);
        (id, Taken::Accepted)
    }

    /// Nothing new comes to a queue that drains, but what tells of a silence.
    pub(super) fn check_open(&mut self, queue: &QueueName, event: EventId) {
        if self.drains(queue) {
            self.blame(format!("{event} is new to a queue that drains"));
        }
    }

    /// Whether nothing that goes out with an ack is new to a queue that drains.
    pub(super) fn check_emits(&self, ack: &Ack) -> Result<(), Rejection> {
        let team = self.events[&ack.fence.event].queue.0;
        let refused = |it: &Emit| self.is_for_draining(team, it);
        ack.emits.iter().position(refused).map_or(Ok(()), |index| {
            let why = Box::new(Rejection::Draining);
            let part = Part::Emit;
            Err(Rejection::Part { part, index, why })
        })
    }

    fn is_for_draining(&self, team: TeamId, emit: &Emit) -> bool {
        let refuses = |tag: Option<Tag>, event, dedup| {
            self.drains(&(team, tag)) && self.standing(team, event, dedup).is_none()
        };
        match emit {
            Emit::Submit(it) => refuses(it.tag.clone(), it.event, it.dedup),
            Emit::Message(it) => it.to.iter().any(|to| {
                let tag = to.tag.clone().or_else(|| self.asker_of(it));
                refuses(tag, to.event, to.dedup)
            }),
            Emit::Cron(CronChange::Fire(it)) => {
                let cron = self.crons.get(&it.cron);
                cron.is_some_and(|(_, terms)| refuses(terms.tag.clone(), it.event, it.dedup))
            }
            Emit::Cron(_) => false,
        }
    }

    /// Where the session hears that wrote what a message answers.
    fn asker_of(&self, message: &Message) -> Option<Tag> {
        let answered = message.in_reply_to.and_then(|it| self.events.get(&it));
        answered.and_then(|it| it.from.clone())
    }

    /// A message: whom it goes to is looked up, and who is refused is left open, unless everybody is
    /// meant.
    pub(super) fn send(&mut self, team: TeamId, it: &Send, scene: &Scene) -> Option<Answer> {
        let sender = self.sender(team, it);
        let reply = if it.broadcast {
            match self.tell_everybody(team, &it.message, sender) {
                Ok(sent) => Reply::Broadcast(sent),
                Err(nobody) => return Some(Err(nobody)),
            }
        } else if scene.answer.is_ok() {
            Reply::Sent(self.deliver(team, &it.message, sender))
        } else {
            return None;
        };
        if let Some(session) = sender {
            self.hear(session);
        }
        Some(Ok(reply))
    }

    /// The session that sends, if the process that says so has it now. Another one hears of what is in.
    fn sender(&self, team: TeamId, it: &Send) -> Option<SessionId> {
        let from = it.from.as_ref()?;
        let session = *self.session_keys.get(&(team, from.key.clone()))?;
        (self.sessions[&session].nonce == from.nonce).then_some(session)
    }

    /// A message to everybody: a copy for each tag that hears it, unless it is in already.
    fn tell_everybody(
        &mut self,
        team: TeamId,
        message: &Message,
        sender: Option<SessionId>,
    ) -> Result<Vec<Heard>, Rejection> {
        let copies = message.to.iter();
        let known = copies.filter_map(|it| self.standing(team, it.event, it.dedup));
        let mut sent: Vec<(EventId, Taken)> = known.collect();
        if sent.is_empty() {
            let tags = self.listeners(team, sender);
            if tags.is_empty() {
                return Err(Rejection::Nobody);
            }
            if tags.len() > message.to.len() {
                return Err(Rejection::Crowd);
            }
            let from = self.tag_of(sender);
            for (to, tag) in message.to.iter().zip(tags) {
                let post = copy(message, to, from.clone());
                sent.push(self.post((team, Some(tag)), post));
            }
        }
        let whole = |(id, taken): (EventId, Taken)| (self.events[&id].queue.1.clone(), id, taken);
        Ok(sent.into_iter().map(whole).collect())
    }

    /// The tags at which somebody other than the sender is, that take events, and of which nobody keeps
    /// messages out.
    fn listeners(&self, team: TeamId, sender: Option<SessionId>) -> BTreeSet<Tag> {
        let others = self.sessions.iter().filter(|it| Some(*it.0) != sender);
        let here = others.filter(|it| it.1.detached.is_none());
        let queues = here.map(|it| &it.1.queue).filter(|it| it.0 == team);
        let hears = |queue: &&QueueName| {
            let mut all = self.sessions.values().filter(|it| it.queue == **queue);
            self.queue(queue).mode != Mode::Draining && !all.any(Session::keeps_silence)
        };
        queues.filter(hears).filter_map(|it| it.1.clone()).collect()
    }

    fn tag_of(&self, session: Option<SessionId>) -> Option<Tag> {
        let session = session.and_then(|it| self.sessions.get(&it));
        session.and_then(|it| it.queue.1.clone())
    }

    /// What goes out with an ack that counts. Which number a new cron has is the log's to say.
    pub(super) fn emit(&mut self, ack: &Ack, scene: &Scene) -> Vec<Emitted> {
        let event = &self.events[&ack.fence.event];
        let (team, by) = (event.queue.0, event.given_to);
        let told = match &scene.answer {
            Ok(Reply::Acked { emitted, .. }) => emitted.as_slice(),
            _ => &[],
        };
        let mut emitted = Vec::new();
        for (nth, it) in ack.emits.iter().enumerate() {
            emitted.push(match it {
                Emit::Submit(it) => {
                    vec![self.post((team, it.tag.clone()), (&**it).into()).0].into()
                }
                Emit::Message(it) => {
                    let sent = self.deliver(team, it, by).into_iter();
                    sent.map(|it| it.0).collect::<Vec<EventId>>().into()
                }
                Emit::Cron(it) => {
                    let cron = told.get(nth).and_then(|it| it.cron);
                    self.change_cron_with_ack(team, it, cron)
                }
            });
        }
        emitted
    }

    fn deliver(
        &mut self,
        team: TeamId,
        message: &Message,
        by: Option<SessionId>,
    ) -> Vec<(EventId, Taken)> {
        let (sender, from) = (self.asker_of(message), self.tag_of(by));
        let mut sent = Vec::new();
        for to in &message.to {
            let post = copy(message, to, from.clone());
            let tag = to.tag.clone().or_else(|| sender.clone());
            sent.push(self.post((team, tag), post));
        }
        sent
    }
}

/// One event of a message.
fn copy(message: &Message, to: &Addressed, from: Option<Tag>) -> Post {
    Post {
        event: to.event,
        dedup: to.dedup,
        class: message.class,
        key: message.ordering_key.clone(),
        not_before: message.not_before,
        expires: message.expires,
        attempts: None,
        lease: None,
        from,
    }
}
