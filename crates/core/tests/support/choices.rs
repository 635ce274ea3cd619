//! Any bytes at all as commands to the machine: what the fuzzer runs, and a test with it.
//!
//! Names are few, so that commands meet each other's things; some numbers are wild. Nothing here
//! knows what a sensible session would do.

mod agents;
mod crons;
mod sources;

use ackord_core::command::{
    Ack, Actor, AdmitNode, Attach, Birth, Cancel, Claim, Command, Confirm, CreateTeam, CreateToken,
    DedupClaim, Detach, Entry, Extend, Extension, Fence, FirstMember, Moment, Nack, Op, Purge,
    RaiseFormat, RemoveNode, Replay, RevokeToken, SetMode, SetQueue, SetTeam, StartJob, StartNode,
    Submit, Tick, Written,
};
use ackord_core::id::{EventId, NodeId, SessionId, TeamId, TokenId};
use ackord_core::model::{
    Class, ContentHash, DeadCause, DedupKey, DedupKind, JobKind, Mode, QueueSettings, Role,
};
use ackord_core::text::{
    EventType, Note, OrderingKey, PeerAddress, Reason, SessionKey, Summary, Tag, TeamName,
};
use ackord_core::time::{Millis, Timestamp};

use super::machine::entry;
use super::twins::Twins;

/// Batches of one run at the most: a long input says no more than several short ones.
const BATCHES_MAX: usize = 200;

/// Tells the machine what the bytes say.
///
/// # Panics
/// The machine does, or breaks an invariant.
pub(crate) fn run(bytes: &[u8]) {
    let mut choices = Choices {
        bytes,
        now: Timestamp(1_000_000),
    };
    let mut twins = Twins::default();
    if choices.flag().unwrap_or_default() {
        twins.batch(&[entry(choices.now, beginning())]);
    }
    for _ in 0..BATCHES_MAX {
        let Some(entries) = choices.entries() else {
            return;
        };
        twins.batch(&entries);
    }
}

/// A cluster with two teams, a token of each kind, and a source.
fn beginning() -> Vec<Command> {
    let by_cluster = |team: Option<u64>, op| Command {
        by: Actor::Cluster,
        team: team.map(TeamId),
        op,
    };
    let token = |team, hash, roles: &[Role], tags: &[u8]| {
        by_cluster(
            Some(team),
            Op::CreateToken(CreateToken {
                hash: [hash; 32],
                roles: roles.to_vec(),
                tags: tags.iter().filter_map(|it| tag(*it)).collect(),
                label: None,
                expires: None,
            }),
        )
    };
    let all = [
        Role::Admin,
        Role::Manage,
        Role::Submit,
        Role::Session,
        Role::Approve,
    ];
    vec![
        by_cluster(
            None,
            Op::Birth(Birth {
                cluster: 1,
                admin: [0; 32],
                members: (0..3).map(first_member).collect(),
            }),
        ),
        by_cluster(None, Op::CreateTeam(CreateTeam { name: team_name(0) })),
        by_cluster(None, Op::CreateTeam(CreateTeam { name: team_name(1) })),
        token(2, 4, &all, &[]),
        token(2, 5, &all[1..], &[1]),
        token(3, 6, &all, &[]),
        Command {
            by: Actor::Token(TokenId(4)),
            team: Some(TeamId(2)),
            op: Op::CreateSource(sources::first()),
        },
    ]
}

fn first_member(number: u8) -> FirstMember {
    FirstMember {
        address: address(number),
        disk: number.checked_sub(1).map(u64::from),
    }
}

fn address(number: u8) -> PeerAddress {
    PeerAddress::new(format!("h{number}:1")).expect("a valid address")
}

fn tag(number: u8) -> Option<Tag> {
    let name = ["", "a", "b"][usize::from(number % 3)];
    Tag::new(name).ok()
}

fn team_name(number: u8) -> TeamName {
    TeamName::new(format!("team-{number}")).expect("a valid name")
}

/// Choices that bytes make. None: there are no more.
struct Choices<'a> {
    bytes: &'a [u8],
    now: Timestamp,
}

impl Choices<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn below(&mut self, end: u8) -> Option<u8> {
        Some(self.byte()? % end)
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.byte()? % 2 == 1)
    }

    /// Something in one of four cases.
    fn maybe<T>(&mut self, some: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.below(4)? {
            0 => some(self).map(Some),
            _ => Some(None),
        }
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let at = usize::from(self.byte()?) % all.len();
        Some(all[at])
    }

    fn number(&mut self) -> Option<u64> {
        match self.byte()? {
            255 => Some(u64::MAX),
            254 => Some(u64::MAX - 1),
            253 => Some(u64::from(u32::MAX)),
            it => Some(u64::from(it % 32)),
        }
    }

    fn small(&mut self) -> Option<u32> {
        self.number()
            .map(|it| u32::try_from(it).unwrap_or(u32::MAX))
    }

    fn span(&mut self) -> Option<Millis> {
        let minute = 60_000;
        self.one_of(&[
            Millis(0),
            Millis(1),
            Millis(1000),
            Millis(5000),
            Millis(15_000),
            Millis(minute),
            Millis(5 * minute),
            Millis(10 * minute),
            Millis(60 * minute),
            Millis(24 * 60 * minute),
            Millis(30 * 24 * 60 * minute),
            Millis(u64::MAX),
        ])
    }

    fn entries(&mut self) -> Option<Vec<Entry>> {
        let count = 1 + self.below(3)?;
        (0..count).map(|_| self.entry()).collect()
    }

    fn entry(&mut self) -> Option<Entry> {
        let far = self.byte()? == 255;
        if let Some(span) = self.maybe(Self::span)?.filter(|it| far || it.0 < u64::MAX) {
            self.now = self.now.after(span);
        }
        let count = 1 + self.below(4)?;
        let commands: Option<_> = (0..count).map(|_| self.command()).collect();
        Some(entry(self.now, commands?))
    }

    fn command(&mut self) -> Option<Command> {
        match self.below(10)? {
            0 | 1 => return self.of_sources(),
            2 => return self.of_crons(),
            3 | 4 => return self.of_agents(),
            _ => {}
        }
        let by = match self.below(8)? {
            0 => Actor::Token(TokenId(self.number()?)),
            1 => Actor::Token(TokenId(1)),
            2 => Actor::Token(TokenId(5)),
            3 => Actor::Token(TokenId(6)),
            4 | 5 => Actor::Token(TokenId(4)),
            _ => Actor::Cluster,
        };
        let team = match self.below(16)? {
            0 => None,
            1 => Some(TeamId(self.number()?)),
            2 | 3 => Some(TeamId(3)),
            _ => Some(TeamId(2)),
        };
        let op = self.op()?;
        Some(Command { by, team, op })
    }

    fn op(&mut self) -> Option<Op> {
        Some(match self.below(33)? {
            0 => Op::Birth(Birth {
                cluster: self.number()?.into(),
                admin: [self.byte()?; 32],
                members: (0..self.below(4)?).map(first_member).collect(),
            }),
            1 => Op::StartNode(StartNode {
                node: self.node()?,
                disk: self.below(4)?.into(),
                incarnation: self.below(4)?.into(),
                after: self.maybe(|it| Some(it.below(4)?.into()))?,
            }),
            2 => Op::CreateTeam(CreateTeam {
                name: team_name(self.below(4)?),
            }),
            3 => Op::SetTeam(SetTeam {
                dedup_kept: self.maybe(Self::span)?,
                events_kept: self.maybe(Self::span)?,
                dead_kept: self.maybe(Self::span)?,
            }),
            4 => Op::CreateToken(self.create_token()?),
            5 => Op::RevokeToken(RevokeToken {
                token: TokenId(self.number()?),
            }),
            6 => Op::SetQueue(self.set_queue()?),
            7 => Op::SetMode(SetMode {
                tag: self.tag()?,
                mode: self.one_of(&[Mode::Active, Mode::Paused, Mode::Draining])?,
            }),
            8..=12 => Op::Submit(Box::new(self.submit()?)),
            13 => Op::Cancel(Cancel {
                event: self.event()?,
                reason: None,
            }),
            14..=16 => Op::Attach(self.attach()?),
            17 => Op::Detach(Detach {
                session: self.session()?,
                stream: self.number()?,
                bye: self.flag()?,
            }),
            18 => Op::Confirm(Confirm {
                node: self.node()?,
                written: self.some(|it| {
                    Some(Written {
                        session: it.session()?,
                        fence: it.fence()?,
                    })
                })?,
                seen: self.some(Self::session)?,
            }),
            19 => Op::Claim(Claim {
                fence: self.fence()?,
            }),
            20..=22 => Op::Ack(Ack {
                fence: self.fence()?,
                summary: self.maybe(|_| Summary::new("done").ok())?,
                effects: self.some(Self::completion)?,
                emits: self.emits()?,
            }),
            23 | 24 => Op::Nack(Nack {
                fence: self.fence()?,
                reject: self.flag()?,
                delay: self.maybe(Self::span)?,
                reason: self.maybe(|_| Reason::new("because").ok())?,
                note: self.maybe(|_| Note::new("so far").ok())?,
            }),
            25 => Op::Extend(Extend {
                items: self.some(|it| {
                    Some(Extension {
                        fence: it.fence()?,
                        note: it.maybe(|_| Note::new("going on").ok())?,
                    })
                })?,
            }),
            26 => Op::Replay(Replay {
                event: self.event()?,
            }),
            27 => Op::Purge(Purge {
                event: self.event()?,
            }),
            28 => Op::StartJob(self.start_job()?),
            29 => Op::AdmitNode(AdmitNode {
                disk: self.below(4)?.into(),
                address: address(self.below(4)?),
            }),
            30 => Op::RemoveNode(RemoveNode { node: self.node()? }),
            31 => Op::RaiseFormat(RaiseFormat {
                format: self.below(3)?.into(),
            }),
            _ => Op::Tick(Tick),
        })
    }

    fn some<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.below(4)?;
        (0..count).map(|_| one(self)).collect()
    }

    fn create_token(&mut self) -> Option<CreateToken> {
        let role = |it: &mut Self| {
            it.one_of(&[
                Role::Admin,
                Role::Manage,
                Role::Submit,
                Role::Session,
                Role::Approve,
                Role::Observe,
            ])
        };
        Some(CreateToken {
            hash: [self.byte()?; 32],
            roles: self.some(role)?,
            tags: self
                .some(|it| it.byte().map(|it| tag(1 + it % 2)))?
                .into_iter()
                .flatten()
                .collect(),
            label: None,
            expires: self.maybe(Self::instant)?,
        })
    }

    fn set_queue(&mut self) -> Option<SetQueue> {
        Some(SetQueue {
            tag: self.tag()?,
            settings: QueueSettings {
                lease: self.span()?,
                claim_limit: self.span()?,
                lease_cap: self.span()?,
                attempts: self.small()?,
                strict: self.flag()?,
                leases_per_minute: self.maybe(Self::small)?,
            },
            revision: self.maybe(Self::number)?,
        })
    }

    /// One of a few.
    fn dedup(&mut self) -> Option<DedupClaim> {
        Some(DedupClaim {
            key: DedupKey(self.below(4)?.into()),
            kind: self.one_of(&[DedupKind::Client, DedupKind::Source])?,
            content: ContentHash(self.below(2)?.into()),
        })
    }

    fn submit(&mut self) -> Option<Submit> {
        let moment = |it: &mut Self| match it.flag()? {
            true => it.span().map(Moment::After),
            false => it.instant().map(Moment::At),
        };
        Some(Submit {
            event: self.event()?,
            tag: self.tag()?,
            class: self.one_of(&[
                Class::Interrupt,
                Class::Priority,
                Class::Normal,
                Class::Normal,
            ])?,
            ordering_key: self
                .maybe(|it| OrderingKey::new(["x", "y"][usize::from(it.below(2)?)]).ok())?,
            dedup: self.maybe(Self::dedup)?,
            event_type: EventType::new("push").expect("a valid type"),
            content_type: None,
            meta: vec![],
            body: vec![0; usize::from(self.below(4)?)].into(),
            not_before: self.maybe(moment)?,
            expires: self.maybe(moment)?,
            attempts: self.maybe(Self::small)?,
            lease: self.maybe(Self::span)?,
            replayed_from: None,
        })
    }

    fn attach(&mut self) -> Option<Attach> {
        Some(Attach {
            key: SessionKey::new(["r", "s", "t", "u"][usize::from(self.below(4)?)])
                .expect("a valid key"),
            nonce: self.below(6)?.into(),
            tag: self.tag()?,
            node: self.node()?,
            accepts_messages: self.below(4)? > 0,
        })
    }

    fn start_job(&mut self) -> Option<StartJob> {
        let kinds = [
            JobKind::ReplayDead,
            JobKind::PurgeDead,
            JobKind::CancelQueue,
        ];
        Some(StartJob {
            kind: kinds[usize::from(self.below(3)?)].clone(),
            tag: self.maybe(Self::tag)?,
            cause: self.maybe(|it| {
                it.one_of(&[
                    DeadCause::Attempts,
                    DeadCause::Undeliverable,
                    DeadCause::Expired,
                    DeadCause::Rejected,
                    DeadCause::Unmatched,
                ])
            })?,
            event_type: self.maybe(|_| EventType::new("push").ok())?,
        })
    }

    fn tag(&mut self) -> Option<Option<Tag>> {
        self.byte().map(tag)
    }

    fn event(&mut self) -> Option<EventId> {
        self.below(12).map(|it| EventId(it.into()))
    }

    /// Sessions and queues are numbered together, from 8 on.
    fn session(&mut self) -> Option<SessionId> {
        self.number().map(SessionId)
    }

    fn node(&mut self) -> Option<NodeId> {
        match self.byte()? {
            255 => Some(NodeId(u64::MAX)),
            it => Some(NodeId(u64::from(it % 4))),
        }
    }

    fn fence(&mut self) -> Option<Fence> {
        Some(Fence {
            event: self.event()?,
            delivery: match self.below(8)? {
                7 => self.small()?,
                it => it.into(),
            },
        })
    }

    fn instant(&mut self) -> Option<Timestamp> {
        match self.flag()? {
            true => self.number().map(Timestamp),
            false => self.span().map(|it| self.now.after(it)),
        }
    }
}
