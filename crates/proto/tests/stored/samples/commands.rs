//! A sample of each command.

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
    ContentType, EventType, Label, MetaKey, MetaValue, Note, OrderingKey, PeerAddress, Reason,
    SessionKey, Summary, Tag, TeamName,
};
use ackord_core::time::{Millis, Timestamp};
use bytes::Bytes;

use super::text;

const EVENT: EventId = EventId(0x0192_a3b4_c5d6_e7f8_0918_2736_4554_6372);
const FENCE: Fence = Fence {
    event: EVENT,
    delivery: 3,
};

/// Each command alone in an entry, with the ending of its sample's name.
pub(super) fn all() -> Vec<(&'static str, Entry)> {
    let mut samples = vec![("", entry(Vec::new()))];
    let ops = of_the_cluster()
        .into_iter()
        .chain(of_a_team())
        .chain(of_events());
    samples.extend(ops.map(|(ending, op)| (ending, entry(vec![asked_for(op)]))));
    samples
}

fn entry(commands: Vec<Command>) -> Entry {
    Entry {
        format: 1,
        at: Timestamp(1_790_000_000_123),
        commands,
    }
}

fn asked_for(op: Op) -> Command {
    let is_clusters = matches!(
        op,
        Op::Birth(_) | Op::StartNode(_) | Op::AdmitNode(_) | Op::RemoveNode(_) | Op::Tick(_)
    );
    if is_clusters {
        return Command {
            by: Actor::Cluster,
            team: None,
            op,
        };
    }
    Command {
        by: Actor::Token(TokenId(5)),
        team: Some(TeamId(2)),
        op,
    }
}

fn of_the_cluster() -> Vec<(&'static str, Op)> {
    vec![
        (
            "",
            Op::Birth(Birth {
                cluster: 0x1122_3344_5566_7788_99aa_bbcc_ddee_ff00,
                admin: [7; 32],
                members: vec![],
            }),
        ),
        (
            "_members",
            Op::Birth(Birth {
                cluster: 0x1122_3344_5566_7788_99aa_bbcc_ddee_ff00,
                admin: [7; 32],
                members: vec![
                    FirstMember {
                        address: address(),
                        disk: Some(0x0102_0304_0506_0708),
                    },
                    FirstMember {
                        address: text(PeerAddress::new("b.ackord:7500")),
                        disk: None,
                    },
                ],
            }),
        ),
        (
            "",
            Op::AdmitNode(AdmitNode {
                disk: 0x0102_0304_0506_0708,
                address: address(),
            }),
        ),
        ("", Op::RemoveNode(RemoveNode { node: NodeId(4) })),
        ("", Op::RaiseFormat(RaiseFormat { format: 2 })),
        (
            "_disk",
            Op::StartNode(StartNode {
                node: NodeId(3),
                disk: 0x1112_1314_1516_1718,
                incarnation: 0xfeed_beef_0102_0304,
                after: None,
            }),
        ),
        (
            "",
            Op::StartNode(StartNode {
                node: NodeId(3),
                disk: 0,
                incarnation: 0xfeed_beef_0102_0304,
                after: Some(0x0506_0708_090a_0b0c),
            }),
        ),
        ("", Op::Tick(Tick)),
    ]
}

fn address() -> PeerAddress {
    text(PeerAddress::new("a.ackord:7500"))
}

fn of_a_team() -> Vec<(&'static str, Op)> {
    let settings = QueueSettings {
        lease: Millis(60_000),
        claim_limit: Millis(30_000),
        lease_cap: Millis(3_600_000),
        attempts: 4,
        strict: true,
        leases_per_minute: Some(90),
    };
    vec![
        (
            "",
            Op::CreateTeam(CreateTeam {
                name: text(TeamName::new("platform")),
            }),
        ),
        (
            "",
            Op::SetTeam(SetTeam {
                dedup_kept: Some(Millis(604_800_000)),
                events_kept: None,
                dead_kept: Some(Millis(0)),
            }),
        ),
        (
            "",
            Op::CreateToken(CreateToken {
                hash: [9; 32],
                roles: vec![Role::Submit, Role::Observe],
                tags: vec![text(Tag::new("repo/ackord"))],
                label: Some(text(Label::new("GitHub webhooks"))),
                expires: Some(Timestamp(1_800_000_000_000)),
            }),
        ),
        ("", Op::RevokeToken(RevokeToken { token: TokenId(6) })),
        (
            "",
            Op::SetQueue(SetQueue {
                tag: Some(text(Tag::new("deploy"))),
                settings,
                revision: Some(0),
            }),
        ),
        (
            "",
            Op::SetMode(SetMode {
                tag: None,
                mode: Mode::Paused,
            }),
        ),
        (
            "",
            Op::StartJob(StartJob {
                kind: JobKind::ReplayDead,
                tag: Some(Some(text(Tag::new("deploy")))),
                cause: Some(DeadCause::Attempts),
                event_type: Some(text(EventType::new("push"))),
            }),
        ),
        (
            "_untagged",
            Op::StartJob(StartJob {
                kind: JobKind::CancelQueue,
                tag: Some(None),
                cause: None,
                event_type: None,
            }),
        ),
    ]
}

fn of_events() -> Vec<(&'static str, Op)> {
    let reason = Some(text(Reason::new("the branch is gone")));
    let note = Some(text(Note::new("tests pass,\nreview is left")));
    vec![
        ("", Op::Submit(Box::new(full_submit()))),
        ("_bare", Op::Submit(Box::new(bare_submit()))),
        (
            "",
            Op::Cancel(Cancel {
                event: EVENT,
                reason: reason.clone(),
            }),
        ),
        (
            "",
            Op::Attach(Attach {
                key: text(SessionKey::new("agent-7")),
                nonce: 0x0102_0304_0506_0708,
                tag: Some(text(Tag::new("deploy"))),
                node: NodeId(1),
                accepts_messages: true,
            }),
        ),
        (
            "",
            Op::Detach(Detach {
                session: SessionId(12),
                stream: 4,
                bye: true,
            }),
        ),
        (
            "",
            Op::Confirm(Confirm {
                node: NodeId(1),
                written: vec![Written {
                    session: SessionId(12),
                    fence: FENCE,
                }],
                seen: vec![SessionId(12), SessionId(300)],
            }),
        ),
        ("", Op::Claim(Claim { fence: FENCE })),
        (
            "",
            Op::Ack(Ack {
                fence: FENCE,
                summary: Some(text(Summary::new("merged, and deployed"))),
                effects: vec![],
                emits: vec![],
            }),
        ),
        (
            "",
            Op::Nack(Nack {
                fence: FENCE,
                reject: true,
                delay: Some(Millis(5_000)),
                reason,
                note: note.clone(),
            }),
        ),
        (
            "",
            Op::Extend(Extend {
                items: vec![
                    Extension { fence: FENCE, note },
                    Extension {
                        fence: Fence {
                            delivery: 1,
                            ..FENCE
                        },
                        note: None,
                    },
                ],
            }),
        ),
        ("", Op::Replay(Replay { event: EVENT })),
        ("", Op::Purge(Purge { event: EVENT })),
    ]
}

fn full_submit() -> Submit {
    Submit {
        event: EVENT,
        tag: Some(text(Tag::new("deploy"))),
        class: Class::Priority,
        ordering_key: Some(text(OrderingKey::new("pull 17"))),
        dedup: Some(DedupClaim {
            key: DedupKey(u128::MAX - 1),
            kind: DedupKind::Client,
            content: ContentHash(0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100),
        }),
        event_type: text(EventType::new("pull_request.opened")),
        content_type: Some(text(ContentType::new("application/json"))),
        meta: vec![(
            text(MetaKey::new("sender")),
            text(MetaValue::new("octocat")),
        )],
        body: Bytes::from_static(b"{\"number\":17}"),
        not_before: Some(Moment::At(Timestamp(1_790_000_100_000))),
        expires: Some(Moment::After(Millis(3_600_000))),
        attempts: Some(3),
        lease: Some(Millis(120_000)),
        replayed_from: Some(EventId(1)),
    }
}

fn bare_submit() -> Submit {
    Submit {
        event: EVENT,
        tag: None,
        class: Class::Interrupt,
        ordering_key: None,
        dedup: None,
        event_type: text(EventType::new("stop")),
        content_type: None,
        meta: Vec::new(),
        body: Bytes::new(),
        not_before: Some(Moment::After(Millis(0))),
        expires: Some(Moment::At(Timestamp(1_790_000_200_000))),
        attempts: None,
        lease: None,
        replayed_from: None,
    }
}
