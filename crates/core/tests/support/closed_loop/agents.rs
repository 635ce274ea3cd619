//! What sessions send to each other, do outside and publish with an ack, and a second opinion on
//! what they are told.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::answer::{Answer, EffectOutcome, Rejection, Reply, Taken};
use ackord_core::command::{
    Ack, Addressed, BeginEffect, Command, CronChange, Emit, Fence, Message, Op, Process, Send,
    Submit,
};
use ackord_core::id::{EventId, TeamId};
use ackord_core::model::{Class, Effect, EffectState, Emitted};
use ackord_core::text::{EventType, MessageText, Tag};

use super::commands::{TAGS, TEAMS, answer, by, completion, session_key, tag, team_of};
use super::coverage::Coverage;
use super::order::Events;
use super::steps::Act;
use super::world::World;

/// Where the ids of copies begin, beyond those of all else.
const COPIES: u128 = 1 << 64;

impl World {
    /// What a session says of an event that it was given.
    pub(super) fn act_on(&mut self, team: TeamId, fence: Fence, act: Act) -> Op {
        match act {
            Act::HandOff(_) | Act::AckWith { .. } if !has_tags(team) => answer(fence, Act::Ack),
            Act::AckWith {
                effect,
                emits,
                cron,
                refused,
            } => Op::Ack(Ack {
                fence,
                summary: None,
                effects: effect.map(|it| completion(fence, it)).into_iter().collect(),
                emits: self.emits(team, emits, cron, refused),
            }),
            _ => answer(fence, act),
        }
    }

    /// Submits and messages in turn, then a change of a cron; if it is to be refused, the last of them
    /// goes to nobody.
    fn emits(
        &mut self,
        team: TeamId,
        count: u8,
        cron: Option<(u8, u8)>,
        refused: bool,
    ) -> Vec<Emit> {
        let mut emits: Vec<Emit> = (0..count)
            .map(|at| match at % 2 {
                0 => {
                    let event = self.fresh(team);
                    Emit::Submit(Box::new(submit(event, at)))
                }
                _ => {
                    let to = TAGS[1..].iter().flatten().map(|it| tag(it));
                    let to = to.map(|tag| (self.fresh(team), tag)).collect();
                    Emit::Message(Box::new(message(to, Class::Normal)))
                }
            })
            .collect();
        let change = cron.and_then(|(kind, which)| self.cron_change(team, kind, which));
        emits.extend(change.map(Emit::Cron));
        if refused {
            emits.push(Emit::Message(Box::new(message(vec![], Class::Normal))));
        }
        emits
    }

    /// A message of a session to the tags that it is not on, or to everybody; or the one before, once
    /// more.
    pub(super) fn send(
        &mut self,
        index: usize,
        broadcast: bool,
        interrupt: bool,
        again: bool,
    ) -> Option<Command> {
        let team = team_of(index);
        if !has_tags(team) {
            return None;
        }
        if again && let Some(sent) = self.agents.sent.last() {
            return Some(sent.clone());
        }
        let session = self.clients.all[index].id?;
        let session = self
            .twins
            .whole
            .state
            .sessions()
            .find(|it| it.id == session)?;
        let queue = session.queue;
        let own = self.twins.whole.state.queues().find(|it| it.id == queue)?;
        let own = own.tag.clone();
        let from = Process {
            key: session_key(index),
            nonce: self.clients.all[index].nonce,
        };
        let to = TAGS[1..].iter().flatten().map(|it| tag(it));
        let to: Vec<_> = to.filter(|it| own.as_ref() != Some(it)).collect();
        let to = to.into_iter().map(|tag| (self.fresh(team), tag)).collect();
        let class = if interrupt {
            Class::Interrupt
        } else {
            Class::Normal
        };
        let mut message = message(to, class);
        if broadcast {
            message.to = (0..TAGS.len()).map(|at| copy(self.of_copy(at))).collect();
        }
        let op = Op::Send(Box::new(Send {
            from: Some(from),
            broadcast,
            message,
        }));
        let command = by(team, op);
        self.agents.sent.push(command.clone());
        Some(command)
    }

    /// An id that nothing else is given: of a message to everybody some stay unused.
    fn of_copy(&self, at: usize) -> EventId {
        let number = self.agents.sent.len() * TAGS.len() + at;
        EventId::new(self.now.0, COPIES + number as u128)
    }

    pub(super) fn fresh(&mut self, team: TeamId) -> EventId {
        let event = EventId::new(self.now.0, self.submitted.len() as u128);
        self.submitted.push((team, event));
        event
    }
}

/// Sessions of the other team are on no tag when all faults have ended.
fn has_tags(team: TeamId) -> bool {
    team == TEAMS[0].0
}

fn submit(event: EventId, number: u8) -> Submit {
    Submit {
        event,
        tag: TAGS[usize::from(number) % TAGS.len()].map(tag),
        class: Class::Normal,
        ordering_key: None,
        dedup: None,
        event_type: EventType::new("next").expect("valid"),
        content_type: None,
        meta: vec![],
        body: vec![].into(),
        not_before: None,
        expires: None,
        attempts: None,
        lease: None,
        replayed_from: None,
    }
}

fn message(to: Vec<(EventId, Tag)>, class: Class) -> Message {
    let addressed = |(event, tag)| Addressed {
        event,
        tag: Some(tag),
        dedup: None,
    };
    Message {
        to: to.into_iter().map(addressed).collect(),
        text: MessageText::new("hello").expect("valid"),
        class,
        ordering_key: None,
        not_before: None,
        expires: None,
        thread: None,
        in_reply_to: None,
    }
}

/// A copy of a message to everybody.
fn copy(event: EventId) -> Addressed {
    Addressed {
        event,
        tag: None,
        dedup: None,
    }
}

/// The ids of what would go out with an ack.
fn ids(emits: &[Emit]) -> Vec<EventId> {
    let ids = emits.iter().flat_map(|it| match it {
        Emit::Submit(it) => vec![it.event],
        Emit::Message(it) => it.to.iter().map(|it| it.event).collect(),
        Emit::Cron(CronChange::Fire(it)) => vec![it.event],
        Emit::Cron(_) => vec![],
    });
    ids.collect()
}

fn events(emitted: &[Emitted]) -> Vec<EventId> {
    emitted.iter().flat_map(|it| it.events.clone()).collect()
}

/// An effect as its event's sessions were told of it.
#[derive(Debug)]
struct Told {
    /// Who may be told once more that it is new: the delivery and the call.
    call: Option<(u32, u64)>,
    /// What came of it.
    done: Option<Effect>,
    /// An ack said that it is done.
    by_ack: bool,
}

impl Told {
    /// What is done stays as it was told first.
    fn is(&mut self, effect: &Effect) {
        if self.done.is_none() && self.by_ack {
            self.done = Some(effect.clone());
        }
        assert_eq!(self.done.as_ref(), Some(effect));
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Agents {
    sent: Vec<Command>,
    effects: BTreeMap<(TeamId, EventId, String), Told>,
    /// What messages to everybody have become, by the id of their first copy.
    broadcasts: BTreeMap<(TeamId, EventId), BTreeSet<EventId>>,
    /// Events of acks that were refused: they must never be.
    refused: BTreeSet<(TeamId, EventId)>,
}

impl Agents {
    /// # Panics
    /// The answer is not the one that the design demands.
    pub(crate) fn judge(&mut self, command: &Command, answer: &Answer, coverage: &mut Coverage) {
        let Some(team) = command.team else { return };
        match (&command.op, answer) {
            (Op::BeginEffect(it), Ok(Reply::Effect(outcome, effect))) => {
                self.began(team, it, *outcome, effect, coverage);
            }
            (Op::CompleteEffect(it), Ok(Reply::Effect(_, effect))) => {
                self.completed(team, it.fence.event, effect);
            }
            (Op::ForceEffect(it), Ok(Reply::Effect(EffectOutcome::Forced, effect))) => {
                let told = self.effects.get_mut(&key(team, it.fence.event, effect));
                let told = told.expect("only what was begun is forced");
                assert!(told.done.is_none(), "{effect:?} is done, and forced");
                told.call = None;
            }
            (Op::Ack(ack), Err(why)) => {
                if let Rejection::Part { .. } = why {
                    coverage.saw("emit refused");
                }
                self.refused
                    .extend(ids(&ack.emits).into_iter().map(|it| (team, it)));
            }
            (
                Op::Ack(ack),
                Ok(Reply::Acked {
                    again: false,
                    emitted,
                    ..
                }),
            ) => {
                self.acked(team, ack);
                let wanted = ids(&ack.emits);
                assert_eq!(events(emitted), wanted, "all of it goes out, in order");
                if !wanted.is_empty() {
                    coverage.saw("emit");
                }
            }
            (
                Op::Ack(ack),
                Ok(Reply::Acked {
                    again: true,
                    emitted,
                    ..
                }),
            ) => {
                let first: BTreeSet<EventId> = events(emitted).into_iter().collect();
                let others = ids(&ack.emits).into_iter().filter(|it| !first.contains(it));
                self.refused.extend(others.map(|it| (team, it)));
            }
            (Op::Submit(it), Ok(_)) => {
                self.refused.remove(&(team, it.event));
            }
            (Op::Send(_), Ok(Reply::Sent(_))) => coverage.saw("message sent"),
            (Op::Send(it), Ok(Reply::Broadcast(sent))) => {
                coverage.saw("message to everybody");
                self.broadcast(team, &it.message, sent);
            }
            (Op::Send(_), Err(Rejection::Nobody)) => coverage.saw("message to nobody"),
            _ => {}
        }
    }

    /// Each tag hears it once; and sent again, it is what it was, whoever has attached since, for as long as
    /// it is known.
    fn broadcast(
        &mut self,
        team: TeamId,
        message: &Message,
        sent: &[(Option<Tag>, EventId, Taken)],
    ) {
        let events: BTreeSet<EventId> = sent.iter().map(|it| it.1).collect();
        let tags: BTreeSet<_> = sent.iter().filter_map(|it| it.0.as_ref()).collect();
        assert!(!events.is_empty() && events.len() == sent.len());
        let new = sent.iter().filter(|it| it.2 == Taken::Accepted).count();
        assert!(new == 0 || new == sent.len(), "a part of it: {sent:?}");
        let message = (team, message.to[0].event);
        if new > 0 {
            assert_eq!(tags.len(), sent.len(), "a tag twice: {sent:?}");
            self.broadcasts.insert(message, events);
            return;
        }
        let first = &self.broadcasts[&message];
        assert!(events.is_subset(first), "{events:?} of {first:?}");
    }

    fn began(
        &mut self,
        team: TeamId,
        begin: &BeginEffect,
        outcome: EffectOutcome,
        effect: &Effect,
        coverage: &mut Coverage,
    ) {
        let call = begin.nonce.map(|it| (begin.fence.delivery, it));
        let key = key(team, begin.fence.event, effect);
        let Some(told) = self.effects.get_mut(&key) else {
            assert_eq!(outcome, EffectOutcome::New, "{begin:?}");
            let told = Told {
                call,
                done: None,
                by_ack: false,
            };
            self.effects.insert(key, told);
            return;
        };
        match outcome {
            EffectOutcome::New => {
                assert!(
                    call.is_some() && told.call == call,
                    "new twice: {begin:?} {told:?}"
                );
            }
            EffectOutcome::Done => told.is(effect),
            EffectOutcome::Unfinished => {
                assert!(told.done.is_none() && !told.by_ack, "{begin:?}");
                coverage.saw("effect unfinished");
            }
            EffectOutcome::Forced | EffectOutcome::Completed => panic!("{begin:?}: {outcome:?}"),
        }
    }

    /// The first word on what came of an effect stays.
    fn completed(&mut self, team: TeamId, event: EventId, effect: &Effect) {
        let told = self.effects.get_mut(&key(team, event, effect));
        let told = told.expect("only what was begun is completed");
        assert!(matches!(effect.state, EffectState::Done { .. }));
        told.by_ack |= told.done.is_none();
        told.is(effect);
    }

    /// What an ack says of effects counts with it.
    fn acked(&mut self, team: TeamId, ack: &Ack) {
        for completion in &ack.effects {
            let key = (team, ack.fence.event, completion.key.to_string());
            let told = self.effects.get_mut(&key);
            told.expect("only what was begun is completed").by_ack = true;
        }
    }

    /// What was refused is not there; what a ledger says of an event that is forgotten is no more.
    pub(crate) fn check(&mut self, events: &Events) {
        for id in &self.refused {
            assert!(!events.contains_key(id), "{id:?} outlived its refused ack");
        }
        self.effects
            .retain(|it, _| events.contains_key(&(it.0, it.1)));
        self.broadcasts.retain(|it, sent| {
            sent.iter()
                .any(|event| events.contains_key(&(it.0, *event)))
        });
    }
}

fn key(team: TeamId, event: EventId, effect: &Effect) -> (TeamId, EventId, String) {
    (team, event, effect.key.to_string())
}
