//! Posts: what becomes an event of a queue, by a submit, as a message or with an ack.

use ackord_core::answer::{Answer, Reply, Taken};
use ackord_core::command::{Ack, DedupClaim, Emit, Message, Moment, Send, Submit};
use ackord_core::id::{EventId, SessionId, TeamId};
use ackord_core::model::{Class, DedupKind, Emitted};
use ackord_core::text::{OrderingKey, Tag};
use ackord_core::time::Millis;

use super::event::Event;
use super::{Model, QueueName};
use crate::story::Scene;

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

    /// A message: whom it goes to is looked up, and who is refused is left open.
    pub(super) fn send(&mut self, team: TeamId, it: &Send, scene: &Scene) -> Option<Answer> {
        if scene.answer.is_err() {
            return None;
        }
        let key = it.from.as_ref().map(|it| (team, it.key.clone()));
        let session = key.and_then(|key| self.session_keys.get(&key)).copied();
        let sent = self.deliver(team, &it.message, session);
        if let Some(session) = session {
            self.hear(session);
        }
        Some(Ok(Reply::Sent(sent)))
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
        let from = by.and_then(|it| self.sessions.get(&it));
        let from = from.and_then(|it| it.queue.1.clone());
        let answered = message.in_reply_to.and_then(|it| self.events.get(&it));
        let sender = answered.and_then(|it| it.from.clone());
        let mut sent = Vec::new();
        for to in &message.to {
            let post = Post {
                event: to.event,
                dedup: to.dedup,
                class: message.class,
                key: message.ordering_key.clone(),
                not_before: message.not_before,
                expires: message.expires,
                attempts: None,
                lease: None,
                from: from.clone(),
            };
            let tag = to.tag.clone().or_else(|| sender.clone());
            sent.push(self.post((team, tag), post));
        }
        sent
    }
}
