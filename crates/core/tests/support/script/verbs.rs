//! Verbs to commands.

use ackord_core::answer::{Answer, Reply};
use ackord_core::command::{
    Actor, AdmitNode, Attach, Birth, Cancel, Claim, Command, Confirm, CreateTeam, CreateToken,
    DedupClaim, Detach, Extend, Extension, Fence, FirstMember, Moment, Nack, Op, Purge,
    RaiseFormat, RemoveNode, Replay, RevokeToken, SetMode, SetQueue, SetTeam, StartJob, StartNode,
    Submit, Tick, Written,
};
use ackord_core::id::{EventId, NodeId, SessionId, TeamId, TokenId};
use ackord_core::model::{
    Class, ContentHash, DeadCause, DedupKey, DedupKind, JobKind, Mode, QueueSettings, Role,
};
use ackord_core::text::{
    EventType, Note, OrderingKey, PeerAddress, Reason, SessionKey, Tag, TeamName,
};

use super::line::Line;
use super::world::{BEGIN, World};

impl World {
    /// The command that a line asks for.
    pub(crate) fn command(&mut self, verb: &str, line: &mut Line) -> Command {
        let (by, team) = self.asker(verb, line);
        let op = match verb {
            "birth" => Op::Birth(Birth {
                cluster: u128::from(line.number("cluster").unwrap_or(1)),
                admin: secret("root"),
                members: first_members(line),
            }),
            "admit" => Op::AdmitNode(AdmitNode {
                disk: line.name().parse().expect("a disk is a number"),
                address: address(line.arg("at").expect("a node is somewhere")),
            }),
            "remove" => Op::RemoveNode(RemoveNode {
                node: NodeId(line.name().parse().expect("a node is a number")),
            }),
            "raise" => Op::RaiseFormat(RaiseFormat {
                format: line.name().parse().expect("a format is a number"),
            }),
            "node" => Op::StartNode(start_node(line)),
            "team" => {
                let name = line.name();
                Op::CreateTeam(CreateTeam {
                    name: TeamName::new(name).expect("a valid name"),
                })
            }
            "set-team" => Op::SetTeam(SetTeam {
                dedup_kept: line.span("dedup_kept"),
                events_kept: line.span("events_kept"),
                dead_kept: line.span("dead_kept"),
            }),
            "token" => Op::CreateToken(create_token(line)),
            "revoke" => Op::RevokeToken(RevokeToken {
                token: self.token(&line.name()),
            }),
            "queue" => Op::SetQueue(set_queue(line)),
            "pause" => set_mode(line, Mode::Paused),
            "resume" => set_mode(line, Mode::Active),
            "drain" => set_mode(line, Mode::Draining),
            "submit" => Op::Submit(Box::new(self.submit(line))),
            "cancel" => Op::Cancel(Cancel {
                event: self.event(&line.name()),
                reason: reason(line),
            }),
            "replay" => Op::Replay(Replay {
                event: self.event(&line.name()),
            }),
            "purge" => Op::Purge(Purge {
                event: self.event(&line.name()),
            }),
            "job" => Op::StartJob(start_job(line)),
            "tick" => Op::Tick(Tick),
            _ => self.session_op(verb, line),
        };
        Command { by, team, op }
    }

    /// What sessions and their nodes do.
    fn session_op(&mut self, verb: &str, line: &mut Line) -> Op {
        match verb {
            "attach" => Op::Attach(Attach {
                key: SessionKey::new(line.name()).expect("a valid key"),
                nonce: line.number("nonce").unwrap_or(1),
                tag: line.arg("tag").map(tag),
                accepts_messages: !line.flag("no-messages"),
                node: node(line),
            }),
            "detach" => {
                let name = line.name();
                let session = self.session(&name);
                let known = self.machine.state.sessions().find(|it| it.id == session);
                Op::Detach(Detach {
                    session,
                    stream: line
                        .number("stream")
                        .unwrap_or_else(|| known.map_or(1, |it| it.stream)),
                    bye: line.flag("bye"),
                })
            }
            "confirm" => {
                let names = std::mem::take(&mut line.names);
                let written = |it: &[String]| Written {
                    session: self.session(&it[0]),
                    fence: self.fence(&it[1]),
                };
                Op::Confirm(Confirm {
                    written: names.chunks(2).map(written).collect(),
                    seen: vec![],
                    node: node(line),
                })
            }
            "seen" => {
                let names = std::mem::take(&mut line.names);
                Op::Confirm(Confirm {
                    written: vec![],
                    seen: names.iter().map(|it| self.session(it)).collect(),
                    node: node(line),
                })
            }
            "claim" => Op::Claim(Claim {
                fence: self.fence(&line.name()),
            }),
            "ack" => Op::Ack(self.ack(line)),
            "nack" => Op::Nack(Nack {
                fence: self.fence(&line.name()),
                reject: line.flag("reject"),
                delay: line.span("delay"),
                reason: reason(line),
                note: note(line),
            }),
            "extend" => {
                let note = note(line);
                let names = std::mem::take(&mut line.names);
                let item = |it: &String| Extension {
                    fence: self.fence(it),
                    note: note.clone(),
                };
                Op::Extend(Extend {
                    items: names.iter().map(item).collect(),
                })
            }
            "cron" | "set-cron" | "uncron" | "pause-cron" | "resume-cron" | "fire" | "decide" => {
                self.cron_op(verb, line)
            }
            _ => self.agent_op(verb, line),
        }
    }

    /// Who asks, and for which team: the team's own token, unless the line says otherwise.
    fn asker(&mut self, verb: &str, line: &mut Line) -> (Actor, Option<TeamId>) {
        let by = line.arg("by");
        let named = line.arg("team");
        let none = named.as_deref() == Some("-");
        let team = named.unwrap_or_else(|| String::from("acme"));
        let (by, team) = match verb {
            "birth" | "node" | "admit" | "remove" | "detach" | "confirm" | "seen" | "tick" => {
                (by.unwrap_or_else(|| String::from("cluster")), None)
            }
            "decide" => (by.unwrap_or_else(|| String::from("cluster")), Some(team)),
            "receive" => {
                let source = line.names.first().expect("a source is named");
                let itself = format!("source:{source}");
                (by.unwrap_or(itself), Some(team))
            }
            "team" | "raise" => (by.unwrap_or_else(|| String::from("root")), None),
            _ => (by.unwrap_or_else(|| team.clone()), Some(team)),
        };
        let by = if by == "cluster" {
            Actor::Cluster
        } else if let Some(source) = by.strip_prefix("source:") {
            Actor::Source(self.source(source))
        } else {
            Actor::Token(self.token(&by))
        };
        let known = |it: String| self.teams.get(&it).copied().unwrap_or(TeamId(999));
        (by, team.filter(|_| !none).map(known))
    }

    /// Remembers the names that a command gave.
    pub(crate) fn learn(&mut self, command: &Command, answer: &Answer) {
        match (&command.op, answer) {
            (Op::Birth(_), Ok(Reply::Token(id))) => {
                self.tokens.insert(String::from("root"), *id);
            }
            (Op::CreateTeam(it), Ok(Reply::Team(id))) => {
                self.teams.insert(it.name.to_string(), *id);
            }
            (Op::CreateToken(it), Ok(Reply::Token(id))) => {
                let name = String::from_utf8_lossy(&it.hash);
                self.tokens
                    .insert(name.trim_end_matches('\0').to_owned(), *id);
            }
            (Op::CreateSource(it), Ok(Reply::Source(id, _))) => {
                self.sources.insert(it.slug.to_string(), *id);
            }
            (Op::RequestApproval(_), _) => self.learn_approval(command, answer),
            _ => self.learn_cron(command, answer),
        }
    }

    pub(crate) fn token(&self, name: &str) -> TokenId {
        self.tokens.get(name).copied().unwrap_or(TokenId(999))
    }

    /// The id of an event: the first one that a script names is 1, and so on.
    pub(crate) fn event(&mut self, name: &str) -> EventId {
        let next = EventId(self.events.len() as u128 + 1);
        *self.events.entry(name.to_owned()).or_insert(next)
    }

    pub(crate) fn session(&self, name: &str) -> SessionId {
        let known = self.sessions.iter().rev().find(|it| it.1 == name);
        known.map_or(SessionId(999), |it| *it.0)
    }

    pub(super) fn fence(&mut self, text: &str) -> Fence {
        let (event, delivery) = text.split_once('/').expect("a fence is event/delivery");
        Fence {
            event: self.event(event),
            delivery: delivery.parse().expect("a delivery is a number"),
        }
    }

    pub(super) fn submit(&mut self, line: &mut Line) -> Submit {
        let event = self.event(&line.name());
        let kind = if line.flag("source") {
            DedupKind::Source
        } else {
            DedupKind::Client
        };
        let content = line.arg("content").unwrap_or_default();
        let moment = |it| Moment::After(it);
        Submit {
            event,
            tag: line.arg("tag").map(tag),
            class: line.arg("class").map_or(Class::Normal, |it| class(&it)),
            ordering_key: line
                .arg("key")
                .map(|it| OrderingKey::new(it).expect("a valid key")),
            dedup: line.arg("dedup").map(|it| DedupClaim {
                key: DedupKey(hash(&it)),
                kind,
                content: ContentHash(hash(&content)),
            }),
            event_type: EventType::new(line.arg("type").unwrap_or_else(|| String::from("push")))
                .expect("a valid type"),
            content_type: None,
            meta: vec![],
            body: vec![
                0;
                line.number("body")
                    .map_or(2, |it| usize::try_from(it).expect("64 bits"))
            ]
            .into(),
            not_before: line.span("delay").map(moment),
            expires: line.span("ttl").map(moment),
            attempts: line
                .number("attempts")
                .map(|it| u32::try_from(it).expect("a small number")),
            lease: line.span("lease"),
            replayed_from: None,
        }
    }
}

/// Each node has a disk of its own, unless the line names another one.
fn start_node(line: &mut Line) -> StartNode {
    let node: u64 = line.name().parse().expect("a node is a number");
    StartNode {
        node: NodeId(node),
        disk: line
            .number("disk")
            .unwrap_or_else(|| node.saturating_add(100)),
        incarnation: line.number("incarnation").unwrap_or(1),
        after: line.number("after"),
    }
}

/// Three, unless the line names others: `members=h1:1,h2:1 disks=-,7`.
fn first_members(line: &mut Line) -> Vec<FirstMember> {
    let addresses = line.arg("members");
    let addresses = addresses.unwrap_or_else(|| String::from("h1:1,h2:1,h3:1"));
    let disks = line.arg("disks").unwrap_or_default();
    let mut disks = disks.split(',').map(|it| it.parse().ok());
    let addresses = addresses.split(',').filter(|it| !it.is_empty());
    let member = |it: &str| FirstMember {
        address: address(it.to_owned()),
        disk: disks.next().flatten(),
    };
    addresses.map(member).collect()
}

fn address(text: String) -> PeerAddress {
    PeerAddress::new(text).expect("a valid address")
}

fn create_token(line: &mut Line) -> CreateToken {
    let name = line.name();
    let list = |it: Option<String>| -> Vec<String> {
        it.map(|it| it.split(',').map(str::to_owned).collect())
            .unwrap_or_default()
    };
    let expires = line.arg("expires").map(|it| super::line::span(&it));
    CreateToken {
        hash: secret(&name),
        roles: list(line.arg("roles")).iter().map(|it| role(it)).collect(),
        tags: list(line.arg("tags")).into_iter().map(tag).collect(),
        label: None,
        expires: expires.map(|it| BEGIN.after(it)),
    }
}

fn set_queue(line: &mut Line) -> SetQueue {
    let tag = queue(line);
    let default = QueueSettings::default();
    let small = |it: u64| u32::try_from(it).expect("a small number");
    SetQueue {
        tag,
        settings: QueueSettings {
            lease: line.span("lease").unwrap_or(default.lease),
            claim_limit: line.span("claim_limit").unwrap_or(default.claim_limit),
            lease_cap: line.span("cap").unwrap_or(default.lease_cap),
            attempts: line.number("attempts").map_or(default.attempts, small),
            strict: line.flag("strict"),
            leases_per_minute: line.number("rate").map(small),
        },
        revision: line.number("revision"),
    }
}

fn set_mode(line: &mut Line, mode: Mode) -> Op {
    Op::SetMode(SetMode {
        tag: queue(line),
        mode,
    })
}

fn start_job(line: &mut Line) -> StartJob {
    let kind = match line.name().as_str() {
        "replay" => JobKind::ReplayDead,
        "purge" => JobKind::PurgeDead,
        "cancel" => JobKind::CancelQueue,
        other => panic!("no such job: {other}"),
    };
    StartJob {
        kind,
        tag: line.arg("tag").map(|it| (it != "-").then(|| tag(it))),
        cause: line.arg("cause").map(|it| match it.as_str() {
            "attempts" => DeadCause::Attempts,
            "undeliverable" => DeadCause::Undeliverable,
            "expired" => DeadCause::Expired,
            "rejected" => DeadCause::Rejected,
            "unmatched" => DeadCause::Unmatched,
            other => panic!("no such cause: {other}"),
        }),
        event_type: line
            .arg("type")
            .map(|it| EventType::new(it).expect("a valid type")),
    }
}

fn node(line: &mut Line) -> NodeId {
    NodeId(line.number("node").unwrap_or(1))
}

/// The name of a queue: a tag, or `-` for the untagged one.
fn queue(line: &mut Line) -> Option<Tag> {
    let name = line.name();
    (name != "-").then(|| tag(name))
}

pub(crate) fn tag(text: String) -> Tag {
    Tag::new(text).expect("a valid tag")
}

pub(super) fn reason(line: &mut Line) -> Option<Reason> {
    line.arg("reason")
        .map(|it| Reason::new(it).expect("a valid text"))
}

pub(super) fn note(line: &mut Line) -> Option<Note> {
    line.arg("note")
        .map(|it| Note::new(it).expect("a valid text"))
}

pub(super) fn class(text: &str) -> Class {
    match text {
        "interrupt" => Class::Interrupt,
        "priority" => Class::Priority,
        "normal" => Class::Normal,
        _ => panic!("no such class: {text}"),
    }
}

fn role(text: &str) -> Role {
    match text {
        "admin" => Role::Admin,
        "manage" => Role::Manage,
        "submit" => Role::Submit,
        "session" => Role::Session,
        "approve" => Role::Approve,
        "observe" => Role::Observe,
        _ => panic!("no such role: {text}"),
    }
}

/// Stands for the hash of a token's secret: its name, which is at most 32 bytes long.
fn secret(name: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..name.len()].copy_from_slice(name.as_bytes());
    hash
}

/// FNV-1a of 128 bits; stands for the edge's SHA-256 over namespace and key.
pub(super) fn hash(text: &str) -> u128 {
    text.bytes()
        .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |it, byte| {
            (it ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        })
}
