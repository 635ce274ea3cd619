//! Messages: what one session says to others. Each becomes an event for each of its tags; who sent
//! it is what the cluster knows, whatever the text says.

mod broadcast;

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bytes::Bytes;

use crate::answer::{Rejection, Taken};
use crate::arrival::{Arrival, Moment, Times, check_terms};
use crate::auth::{Need, Over};
use crate::batch::{Batch, Outcome, broken};
use crate::command::{Actor, Command, DedupClaim};
use crate::id::{EventId, QueueId, TeamId};
use crate::limits::COPIES_PER_MESSAGE;
use crate::model::{Class, Content, Event, Origin, Role, Sender, Session};
use crate::planted::{Bug, is_planted};
use crate::publish::{Outgoing, Plan};
use crate::rows::{Key, Row, RowError, Rows};
use crate::text::{
    ContentType, EventType, MessageText, MetaKey, MetaValue, OrderingKey, Tag, ThreadId,
};
use crate::time::Millis;

/// The type of every event that is a message.
pub const MESSAGE_TYPE: &str = "ackord.message";
/// The media type of its body.
const TEXT: &str = "text/plain; charset=utf-8";

/// The facts about a message, by their names in its meta.
const FROM: &str = "ackord.from";
const FROM_TAG: &str = "ackord.from_tag";
const IN_REPLY_TO: &str = "ackord.in_reply_to";
const THREAD: &str = "ackord.thread";

/// One event that a message becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    /// Its id, drawn by the node that proposes.
    pub event: EventId,
    /// To whom; none: to whoever sent the event that the message answers.
    pub tag: Option<Tag>,
    /// Its dedup key.
    pub dedup: Option<DedupClaim>,
}

/// What one session says to others: all of them hear it, or nobody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// To whom: 1 to [`COPIES_PER_MESSAGE`], each tag once. To everybody: an id for each tag that
    /// there may be, without one.
    pub to: Vec<Addressed>,
    /// What it says.
    pub text: MessageText,
    /// Its class.
    pub class: Class,
    /// Its ordering key; none on an interrupt.
    pub ordering_key: Option<OrderingKey>,
    /// Not deliverable before.
    pub not_before: Option<Moment>,
    /// Dead if no session has it by then.
    pub expires: Option<Moment>,
    /// The conversation; none: that of the event that it answers, or one of its own.
    pub thread: Option<ThreadId>,
    /// The event that it answers.
    pub in_reply_to: Option<EventId>,
}

impl Message {
    /// What the message becomes, or why it does not. Nothing is changed.
    ///
    /// What is in already is in, whatever its tag or the answered event has become since.
    pub(crate) fn plan(
        &self,
        batch: &Batch<'_>,
        command: &Command,
        team: TeamId,
        origin: &Origin,
    ) -> Outcome<Vec<Plan>> {
        self.check()?;
        let standing = self.standing(batch, team)?;
        let known = |it: &Option<(EventId, Taken)>| it.map(|it| Plan::Known(it.0, it.1));
        if let Some(plans) = standing.iter().map(known).collect() {
            return Ok(plans);
        }

        let times = Times::of(batch.now(), self.not_before, self.expires)?;
        let answered = self.answered(batch, command)?;
        let tags = self.tags(origin, answered.as_deref())?;
        let meta = self.meta(batch, origin, answered.as_deref())?;
        let mut plans = Vec::with_capacity(tags.len());
        for ((to, tag), standing) in self.to.iter().zip(tags).zip(&standing) {
            if let Some(plan) = known(standing) {
                plans.push(plan);
                continue;
            }
            batch.check_sends(command, origin, &tag)?;
            batch.check_hears(team, &tag)?;
            let times = kept(times, to.event, batch);
            plans.push(Plan::New(Box::new(Outgoing {
                tag: Some(tag),
                dedup: to.dedup,
                arrival: self.arrival(team, to.event, origin, times, &meta),
            })));
        }
        Ok(plans)
    }

    /// Of each copy, the event that stands for it already.
    fn standing(
        &self,
        batch: &Batch<'_>,
        team: TeamId,
    ) -> Result<Vec<Option<(EventId, Taken)>>, RowError> {
        let copies = self.to.iter();
        copies
            .map(|it| batch.standing(team, it.event, it.dedup))
            .collect()
    }

    /// The events that stand for all of it already, whoever asks; none: there is something to send.
    pub(crate) fn known(
        &self,
        batch: &Batch<'_>,
        team: TeamId,
    ) -> Outcome<Option<Vec<(EventId, Taken)>>> {
        self.check()?;
        Ok(self.standing(batch, team)?.into_iter().collect())
    }

    fn check(&self) -> Result<(), Rejection> {
        if self.to.is_empty() {
            return Err(Rejection::Invalid(
                "tags: to whom: name at least one tag, or the event that this answers",
            ));
        }
        if self.to.len() > COPIES_PER_MESSAGE {
            return Err(Rejection::Invalid("tags: at most 16 of one message"));
        }
        for (at, it) in self.to.iter().enumerate() {
            let before = &self.to[..at];
            if before.iter().any(|other| other.tag == it.tag) {
                return Err(Rejection::Invalid("tags: each one once"));
            }
            if before.iter().any(|other| other.event == it.event) {
                return Err(Rejection::Invalid("tags: each event has its own id"));
            }
        }
        check_terms(self.class, self.ordering_key.as_ref(), None, None)
    }

    /// The event that the message answers, which its sender may see.
    fn answered(&self, batch: &Batch<'_>, command: &Command) -> Outcome<Option<Box<Event>>> {
        let roles = &[Role::Session, Role::Submit];
        let answered = self.in_reply_to;
        answered
            .map(|it| batch.event_for(command, it, roles))
            .transpose()
    }

    /// The tag of each copy.
    fn tags(&self, origin: &Origin, answered: Option<&Event>) -> Result<Vec<Tag>, Rejection> {
        let sender = answered.and_then(|it| it.origin.sender());
        let sender = sender.and_then(|it| it.tag.as_ref());
        let own = origin.sender().and_then(|it| it.tag.as_ref());
        let tag = |it: &Addressed| {
            let tag = it.tag.as_ref().or(sender).ok_or(Rejection::Invalid(
                "tags: to whom: no session of a tag sent the event that this answers",
            ))?;
            if own == Some(tag) {
                return Err(Rejection::Invalid(
                    "tags: never the sender's own: submit an event to do it later",
                ));
            }
            Ok(tag.clone())
        };
        self.to.iter().map(tag).collect()
    }

    /// What is known of the message, sorted by key.
    fn meta(
        &self,
        batch: &Batch<'_>,
        origin: &Origin,
        answered: Option<&Event>,
    ) -> Outcome<Vec<(MetaKey, MetaValue)>> {
        let inherited = match answered {
            Some(event) if self.thread.is_none() => batch.thread_of(event)?,
            Some(_) | None => None,
        };
        let own = || self.to.first().map(|it| it.event.to_string());
        let thread = self.thread.as_ref().map(ToString::to_string);
        let thread = thread.or(inherited).or_else(own);
        let (key, tag) = match origin.sender() {
            Some(it) => (Some(it.key.to_string()), it.tag.as_ref()),
            None => (None, None),
        };
        let facts = [
            (FROM, key),
            (FROM_TAG, tag.map(ToString::to_string)),
            (IN_REPLY_TO, answered.map(|it| it.id.to_string())),
            (THREAD, thread),
        ];
        let fact = |(key, value): (&str, Option<String>)| {
            let value = MetaValue::new(value?).expect("ids, keys and tags are short lines");
            Some((MetaKey::new(key).expect("a valid name"), value))
        };
        Ok(facts.into_iter().filter_map(fact).collect())
    }

    fn arrival(
        &self,
        team: TeamId,
        event: EventId,
        origin: &Origin,
        times: Times,
        meta: &[(MetaKey, MetaValue)],
    ) -> Arrival {
        Arrival {
            event,
            team,
            queue: QueueId(0),
            origin: origin.clone(),
            class: self.class,
            ordering_key: self.ordering_key.clone(),
            event_type: EventType::new(MESSAGE_TYPE).expect("a valid type"),
            times,
            attempts: None,
            lease: None,
            replayed_from: None,
            content: Content {
                content_type: Some(ContentType::new(TEXT).expect("a valid type")),
                meta: meta.to_vec(),
                instruction: None,
                shown_bytes: None,
                body: Bytes::copy_from_slice(self.text.as_str().as_bytes()),
            },
        }
    }
}

/// A message keeps its times; but for a planted bug, by which some wait a while.
fn kept(times: Times, event: EventId, batch: &Batch<'_>) -> Times {
    let late = is_planted(Bug::MessagesReordered) && event.0.is_multiple_of(2);
    match late {
        true => Times {
            not_before: Some(batch.now().after(Millis::from_secs(2))),
            ..times
        },
        false => times,
    }
}

impl Batch<'_> {
    /// Without a session, a message is as good as a submit to its tag.
    fn check_sends(&self, command: &Command, origin: &Origin, tag: &Tag) -> Result<(), Rejection> {
        if let Origin::Session(_) = origin {
            return Ok(());
        }
        let need = Need {
            roles: &[Role::Submit],
            over: Over::Queue(Some(tag)),
        };
        self.allow(command, need).map(|_| ())
    }

    /// Whether messages may go to a tag. Nobody needs to be there; but its sessions share its events,
    /// and one that has opted out is given none.
    fn check_hears(&self, team: TeamId, tag: &Tag) -> Result<(), Rejection> {
        self.check_open(team, Some(tag))?;
        let Some(queue) = self.queue_named(team, Some(tag)) else {
            return Ok(());
        };
        match self.state.queue(queue.id).derived.opted_out {
            0 => Ok(()),
            _ => Err(Rejection::OptedOut),
        }
    }

    /// The conversation that a message is part of.
    fn thread_of(&self, event: &Event) -> Outcome<Option<String>> {
        if event.event_type.as_str() != MESSAGE_TYPE {
            return Ok(None);
        }
        let key = Key::Content(event.team, event.id);
        let Some(Row::Content(content)) = self.overlay.get(&key)? else {
            return Err(broken(&key).into());
        };
        let thread = content.meta.iter().find(|it| it.0.as_str() == THREAD);
        Ok(thread.map(|it| it.1.to_string()))
    }

    /// A session as the origin of what it sends, if whoever asks may speak for it.
    pub(crate) fn sender(&self, command: &Command, session: &Session) -> Result<Origin, Rejection> {
        let Actor::Token(token) = command.by else {
            return Err(Rejection::NotAllowed);
        };
        let tag = self.state.queue(session.queue).row.tag.as_ref();
        let need = Need {
            roles: &[Role::Session],
            over: Over::Queue(tag),
        };
        self.allow(command, need)?;
        Ok(Origin::Session(Box::new(Sender {
            token,
            key: session.key.clone(),
            tag: tag.cloned(),
        })))
    }
}
