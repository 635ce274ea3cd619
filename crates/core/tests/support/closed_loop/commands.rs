//! What a step says to the machine.

use ackord_core::command::{
    Ack, Actor, Attach, BeginEffect, Cancel, Checkpoint, Claim, Command, CompleteEffect,
    Completion, Confirm, DedupClaim, Detach, Extend, Extension, Fence, FirstMember, ForceEffect,
    Handoff, Moment, Nack, Op, Purge, Replay, SetMode, SetQueue, StartJob, StartNode, Submit, Tick,
    Written,
};
use ackord_core::id::{EventId, NodeId, SessionId, TeamId, TokenId};
use ackord_core::model::{ContentHash, DedupKey, DedupKind, JobKind, Mode, QueueSettings};
use ackord_core::text::{
    EffectKey, EffectResult, EventType, Note, OrderingKey, PeerAddress, SessionKey, Tag,
};
use ackord_core::time::Millis;

use super::clients::Client;
use super::steps::{Act, Step, Submission};
use super::world::World;

/// The two teams, and the token of each.
pub(super) const TEAMS: [(TeamId, TokenId); 2] = [(TeamId(2), TokenId(4)), (TeamId(3), TokenId(5))];
pub(super) const TAGS: [Option<&str>; 3] = [None, Some("build"), Some("test")];
/// Sessions: of the first team, but for the last one.
pub(super) const SESSIONS: usize = 6;
pub(super) const NODES: u8 = 2;

/// The node that a number of a step stands for.
fn node_of(number: u8) -> NodeId {
    NodeId((number % NODES + 1).into())
}

/// A node with which the cluster begins.
pub(super) fn first_member(number: u8) -> FirstMember {
    FirstMember {
        address: PeerAddress::new(format!("h{number}:1")).expect("a valid address"),
        disk: None,
    }
}

impl World {
    /// The command of a step, if there is somebody to say it.
    pub(super) fn command(&mut self, step: &Step) -> Option<Command> {
        match *step {
            Step::Submit(ref it) => Some(self.submit(it)),
            Step::Attach {
                session,
                another,
                queue,
                node,
            } => {
                let index = usize::from(session) % SESSIONS;
                Some(self.attach(index, another, queue, node_of(node)))
            }
            Step::Leave { session, bye } => {
                let client = self.client(session);
                let (session, stream) = (client.id?, client.stream.take()?);
                client.has = None;
                Some(cluster(Op::Detach(Detach {
                    session,
                    stream,
                    bye,
                })))
            }
            Step::Report { node } => Some(self.report(node_of(node))),
            Step::Act { session, act } => {
                let team = team_of(usize::from(session) % SESSIONS);
                let fence = self.client(session).has?;
                let op = self.act_on(team, fence, act);
                Some(by(team, op))
            }
            Step::Late { delivery, act } => {
                let deliveries = &self.model.deliveries;
                let (team, fence) =
                    *deliveries.get(usize::from(delivery) % deliveries.len().max(1))?;
                let op = self.act_on(team, fence, act);
                Some(by(team, op))
            }
            Step::Send {
                session,
                everybody,
                interrupt,
                again,
            } => self.send(usize::from(session) % SESSIONS, everybody, interrupt, again),
            Step::Ask {
                session,
                request,
                has,
                short,
            } => self.ask(usize::from(session) % SESSIONS, request, has, short),
            Step::Answer {
                approval,
                allow,
                own,
            } => self.answer(approval, allow, own),
            Step::Cancel { event } => {
                let (team, event) = self.event(event)?;
                Some(by(
                    team,
                    Op::Cancel(Cancel {
                        event,
                        reason: None,
                    }),
                ))
            }
            Step::Replay { event } => {
                let (team, event) = self.event(event)?;
                Some(by(team, Op::Replay(Replay { event })))
            }
            Step::Purge { event } => {
                let (team, event) = self.event(event)?;
                Some(by(team, Op::Purge(Purge { event })))
            }
            Step::Job {
                ref kind,
                queue,
                cause,
            } => {
                let (team, tag) = queue_of(queue.unwrap_or_default());
                let cancel = *kind == JobKind::CancelQueue;
                Some(by(
                    team,
                    Op::StartJob(StartJob {
                        kind: kind.clone(),
                        tag: queue.map(|_| tag),
                        cause: cause.filter(|_| !cancel),
                        event_type: None,
                    }),
                ))
            }
            Step::Settings {
                queue,
                strict,
                rate,
                attempts,
                short,
            } => {
                let settings = settings(strict, rate, attempts, short);
                Some(set_queue(queue, settings))
            }
            Step::Mode { queue, mode } => Some(set_mode(queue, mode)),
            Step::Restart { node } => {
                let node = node_of(node);
                self.clients.break_node(node);
                let after = self.starts.get(&node).copied();
                let incarnation = after.unwrap_or_default() + 1;
                self.starts.insert(node, incarnation);
                Some(cluster(Op::StartNode(StartNode {
                    node,
                    disk: node.0,
                    incarnation,
                    after,
                })))
            }
            Step::Cron(ref it) => self.cron_step(it),
            Step::Source(ref it) => self.source_step(it),
            Step::Tick => Some(cluster(Op::Tick(Tick))),
        }
    }

    fn client(&mut self, session: u8) -> &mut Client {
        &mut self.clients.all[usize::from(session) % SESSIONS]
    }

    fn event(&self, number: u16) -> Option<(TeamId, EventId)> {
        let index = usize::from(number) % self.submitted.len().max(1);
        self.submitted.get(index).copied()
    }

    pub(super) fn attach(
        &mut self,
        index: usize,
        another: bool,
        queue: u8,
        node: NodeId,
    ) -> Command {
        let team = team_of(index);
        let client = &self.clients.all[index];
        let nonce = match another {
            true => client.latest + 1,
            false => client.nonce,
        };
        let op = Op::Attach(Attach {
            key: session_key(index),
            nonce,
            tag: TAGS[usize::from(queue) % TAGS.len()].map(tag),
            node,
            accepts_messages: true,
        });
        by(team, op)
    }

    fn report(&mut self, node: NodeId) -> Command {
        let (mine, others) = self.clients.written.drain(..).partition(|it| it.0 == node);
        self.clients.written = others;
        let mine: Vec<(NodeId, SessionId, Fence)> = mine;
        let written = mine.iter().map(|it| Written {
            session: it.1,
            fence: it.2,
        });
        let seen = self
            .clients
            .all
            .iter()
            .filter(|it| it.node == node && it.stream.is_some());
        cluster(Op::Confirm(Confirm {
            node,
            written: written.collect(),
            seen: seen.filter_map(|it| it.id).collect(),
        }))
    }

    fn submit(&mut self, it: &Submission) -> Command {
        let (team, tag) = queue_of(it.queue);
        let fresh = EventId::new(self.now.0, self.submitted.len() as u128);
        let known = it
            .id
            .and_then(|it| self.event(it))
            .filter(|it| it.0 == team);
        let event = known.map_or(fresh, |it| it.1);
        self.submitted.push((team, event));
        let after = |it: Option<u16>| it.map(|it| Moment::After(Millis::from_secs(it.into())));
        by(
            team,
            Op::Submit(Box::new(Submit {
                event,
                tag,
                class: it.class,
                ordering_key: it
                    .key
                    .map(|it| OrderingKey::new(format!("k{it}")).expect("valid")),
                dedup: it.dedup.map(|(key, content)| DedupClaim {
                    key: DedupKey(key.into()),
                    kind: DedupKind::Client,
                    content: ContentHash(content.into()),
                }),
                event_type: EventType::new("push").expect("valid"),
                content_type: None,
                meta: vec![],
                body: vec![].into(),
                not_before: after(it.delay_s),
                expires: after(it.ttl_s),
                attempts: it.attempts,
                lease: None,
                replayed_from: None,
            })),
        )
    }
}

pub(super) fn cluster(op: Op) -> Command {
    Command {
        by: Actor::Cluster,
        team: None,
        op,
    }
}

pub(super) fn by(team: TeamId, op: Op) -> Command {
    let token = TEAMS.iter().find(|it| it.0 == team).expect("one of two").1;
    Command {
        by: Actor::Token(token),
        team: Some(team),
        op,
    }
}

pub(super) fn team_of(session: usize) -> TeamId {
    TEAMS[usize::from(session == SESSIONS - 1)].0
}

pub(super) fn session_key(index: usize) -> SessionKey {
    SessionKey::new(format!("s{index}")).expect("valid")
}

pub(super) fn tag(name: &str) -> Tag {
    Tag::new(name).expect("valid")
}

/// Queues of the first team, and one of the second.
pub(super) fn queue_of(number: u8) -> (TeamId, Option<Tag>) {
    match number % 4 {
        3 => (TEAMS[1].0, None),
        it => (TEAMS[0].0, TAGS[usize::from(it)].map(tag)),
    }
}

pub(super) fn settings(
    strict: bool,
    rate: Option<u32>,
    attempts: u32,
    short: bool,
) -> QueueSettings {
    let default = QueueSettings::default();
    let lease_cap = if short {
        default.lease
    } else {
        default.lease_cap
    };
    QueueSettings {
        strict,
        leases_per_minute: rate,
        attempts,
        lease_cap,
        ..default
    }
}

pub(super) fn set_queue(queue: u8, settings: QueueSettings) -> Command {
    let (team, tag) = queue_of(queue);
    by(
        team,
        Op::SetQueue(SetQueue {
            tag,
            settings,
            revision: None,
        }),
    )
}

pub(super) fn set_mode(queue: u8, mode: Mode) -> Command {
    let (team, tag) = queue_of(queue);
    by(team, Op::SetMode(SetMode { tag, mode }))
}

/// An answer that needs nothing but its delivery.
pub(super) fn answer(fence: Fence, act: Act) -> Op {
    let nack = |reject| Nack {
        fence,
        reject,
        delay: None,
        reason: None,
        note: None,
    };
    match act {
        Act::Claim => Op::Claim(Claim { fence }),
        Act::Ack | Act::AckWith { .. } => Op::Ack(Ack {
            fence,
            summary: None,
            effects: vec![],
            emits: vec![],
        }),
        Act::Checkpoint => Op::Checkpoint(Checkpoint {
            fence,
            note: Note::new("this far").expect("valid"),
        }),
        Act::HandOff(queue) => Op::Handoff(Handoff {
            fence,
            tag: tag(["build", "test"][usize::from(queue % 2)]),
            note: None,
        }),
        Act::Begin(effect, call) => Op::BeginEffect(BeginEffect {
            fence,
            key: effect_key(effect),
            nonce: (call > 0).then_some(call.into()),
        }),
        Act::Complete(effect) => Op::CompleteEffect(CompleteEffect {
            fence,
            completion: completion(fence, effect),
        }),
        Act::Force(effect) => Op::ForceEffect(ForceEffect {
            fence,
            key: effect_key(effect),
            reason: None,
            nonce: None,
        }),
        Act::Retry => Op::Nack(nack(false)),
        Act::Reject => Op::Nack(nack(true)),
        Act::Extend => {
            let note = Note::new("so far").ok();
            Op::Extend(Extend {
                items: vec![Extension { fence, note }],
            })
        }
    }
}

pub(super) fn effect_key(number: u8) -> EffectKey {
    EffectKey::new(format!("effect {number}")).expect("valid")
}

/// The result tells which delivery it is of.
pub(super) fn completion(fence: Fence, effect: u8) -> Completion {
    Completion {
        key: effect_key(effect),
        result: EffectResult::new(format!("of delivery {}", fence.delivery)).ok(),
    }
}
