//! A sample of each kind of row.

use ackord_core::id::{JobId, NodeId, QueueId, SessionId, TeamId, TokenId};
use ackord_core::model::{
    Class, Content, ContentHash, DeadCause, DeadLetter, Dedup, DedupKey, DueKind, Filter, Finished,
    Health, Job, JobKind, Lane, Lease, Link, Meta, Mode, Node, Outcome, Parked, Phase, Process,
    Queue, QueueSettings, Role, Run, Runs, Session, StrictHold, Team, Token,
};
use ackord_core::rows::{Key, Row};
use ackord_core::text::{
    ContentType, EventType, Label, MetaKey, MetaValue, OrderingKey, PeerAddress, SessionKey, Tag,
    TeamName,
};
use ackord_core::time::{Millis, Position, Timestamp};
use bytes::Bytes;

use super::events::{self, EVENT};
use super::text;

const TEAM: TeamId = TeamId(2);
const QUEUE: QueueId = QueueId(3);
const AT: Timestamp = Timestamp(1_790_000_000_123);
const PLACE: Position = Position {
    index: 70_001,
    offset: 2,
};

/// Each row under a key of its kind, with the ending of its sample's name.
pub(super) fn all() -> Vec<(&'static str, Key, Row)> {
    let mut samples = in_memory();
    samples.extend(
        events::all()
            .into_iter()
            .map(|(ending, it)| (ending, Key::Event(it.team, it.id), Row::Event(Box::new(it)))),
    );
    samples.extend(beside_events().into_iter().map(|(key, row)| ("", key, row)));
    samples
}

fn in_memory() -> Vec<(&'static str, Key, Row)> {
    vec![
        ("", Key::Meta, Row::Meta(meta())),
        (
            "_after_an_outage",
            Key::Meta,
            Row::Meta(Meta {
                alarms_from: Timestamp(1_790_000_600_123),
                ..meta()
            }),
        ),
        ("", Key::Node(NodeId(1)), Row::Node(node())),
        (
            "_removed",
            Key::Node(NodeId(1)),
            Row::Node(Node {
                disk: None,
                removed: Some(AT),
                process: None,
                ..node()
            }),
        ),
        ("", Key::Team(TEAM), Row::Team(team())),
        ("", Key::Token(TokenId(5)), Row::Token(token())),
        ("", Key::Queue(QUEUE), Row::Queue(Box::new(queue()))),
        (
            "",
            Key::Session(SessionId(12)),
            Row::Session(Box::new(session())),
        ),
        (
            "_detached",
            Key::Session(SessionId(12)),
            Row::Session(Box::new(detached_session())),
        ),
        ("", Key::Job(JobId(8)), Row::Job(job())),
    ]
}

fn beside_events() -> Vec<(Key, Row)> {
    let key = text(OrderingKey::new("pull 17"));
    let dedup = Dedup {
        event: EVENT,
        content: ContentHash(u128::MAX / 3),
        expires: AT,
    };
    let lane = Lane {
        holder: EVENT,
        waiting: 2,
        head: PLACE,
    };
    let dead = DeadLetter {
        event: EVENT,
        queue: QUEUE,
        at: AT,
        cause: DeadCause::Undeliverable,
    };
    let finished = Finished {
        event: EVENT,
        queue: QUEUE,
        at: AT,
        outcome: Outcome::Purged,
    };
    vec![
        (Key::Content(TEAM, EVENT), Row::Content(content())),
        (Key::Dedup(TEAM, DedupKey(1)), Row::Dedup(dedup)),
        (Key::Lane(QUEUE, key.clone()), Row::Lane(lane)),
        (Key::LaneWaiting(QUEUE, key, PLACE), Row::EventRef(EVENT)),
        (
            Key::Fresh(QUEUE, Class::Normal, PLACE),
            Row::EventRef(EVENT),
        ),
        (
            Key::Returned(QUEUE, Class::Normal, PLACE),
            Row::EventRef(EVENT),
        ),
        (Key::Due(AT, TEAM, EVENT, DueKind::Wake), Row::Due),
        (Key::Dead(TEAM, PLACE), Row::DeadLetter(dead)),
        (Key::Finished(TEAM, PLACE), Row::Finished(finished)),
    ]
}

fn meta() -> Meta {
    Meta {
        format: 1,
        cluster: 0x1122_3344_5566_7788_99aa_bbcc_ddee_ff00,
        now: AT,
        last_id: 12,
        due_from: Timestamp(1_789_999_999_000),
        due_len: 4,
        sweep_next: Timestamp(1_790_000_060_000),
        sweep_team: TEAM,
        alarms_from: Timestamp(0),
    }
}

fn node() -> Node {
    Node {
        id: NodeId(1),
        address: text(PeerAddress::new("a.ackord:7500")),
        disk: Some(0x0102_0304_0506_0708),
        removed: None,
        process: Some(Process {
            incarnation: 0xfeed_beef_0102_0304,
            started: PLACE,
        }),
    }
}

fn team() -> Team {
    Team {
        id: TEAM,
        name: text(TeamName::new("platform")),
        created: AT,
        dedup_kept: Millis(604_800_000),
        events_kept: Millis(86_400_000),
        dead_kept: Millis(172_800_000),
        finished_from: Position {
            index: 40,
            offset: 0,
        },
        dead_from: Position {
            index: 50,
            offset: 1,
        },
    }
}

fn token() -> Token {
    Token {
        id: TokenId(5),
        team: Some(TEAM),
        hash: [9; 32],
        roles: vec![
            Role::Admin,
            Role::Manage,
            Role::Submit,
            Role::Session,
            Role::Approve,
            Role::Observe,
        ],
        tags: vec![text(Tag::new("deploy")), text(Tag::new("repo/ackord"))],
        label: Some(text(Label::new("GitHub webhooks"))),
        created: AT,
        expires: Some(Timestamp(1_800_000_000_000)),
        revoked: Some(Timestamp(1_795_000_000_000)),
    }
}

fn queue() -> Queue {
    let run = |index, len| Run {
        head: Position { index, offset: 1 },
        len,
    };
    Queue {
        id: QUEUE,
        team: TEAM,
        tag: Some(text(Tag::new("deploy"))),
        mode: Mode::Draining,
        settings: QueueSettings {
            lease: Millis(60_000),
            claim_limit: Millis(30_000),
            lease_cap: Millis(3_600_000),
            attempts: 4,
            strict: true,
            leases_per_minute: Some(90),
        },
        revision: 6,
        runs: [
            Runs {
                fresh: run(1, 2),
                returned: run(3, 4),
            },
            Runs {
                fresh: run(5, 6),
                returned: run(7, 8),
            },
            Runs {
                fresh: run(9, 10),
                returned: run(11, 12),
            },
        ],
        streak: 15,
        strict_hold: Some(StrictHold {
            event: EVENT,
            class: Class::Interrupt,
            position: PLACE,
            ready: true,
        }),
        rate_next: AT,
        delayed: 20,
        backoff: 21,
        waiting: 22,
        dead: 23,
        held: 0,
    }
}

pub(super) fn session() -> Session {
    Session {
        id: SessionId(12),
        team: TEAM,
        key: text(SessionKey::new("agent-7")),
        nonce: 0x0102_0304_0506_0708,
        former: Vec::new(),
        queue: QUEUE,
        token: TokenId(5),
        node: NodeId(1),
        stream: 4,
        link: Link::Attached,
        health: Health::Well,
        idle_since: Position {
            index: 69_000,
            offset: 0,
        },
        lease: Some(Lease {
            event: EVENT,
            delivery: 3,
            class: Class::Interrupt,
            position: PLACE,
            length: Millis(300_000),
            phase: Phase::Claimed,
            until: Timestamp(1_790_000_300_000),
            claim_by: Timestamp(1_790_000_615_000),
            cap: Timestamp(1_790_043_200_000),
            since: Timestamp(0),
        }),
        parked: Some(Parked {
            event: EVENT,
            delivery: 2,
            class: Class::Normal,
        }),
        attached: AT,
        attached_at: PLACE,
        seen: Timestamp(1_790_000_001_000),
        accepts_messages: true,
    }
}

fn detached_session() -> Session {
    Session {
        link: Link::Detached {
            since: AT,
            until: Timestamp(1_790_000_060_123),
        },
        health: Health::Deaf,
        lease: None,
        parked: None,
        ..session()
    }
}

fn job() -> Job {
    Job {
        id: JobId(8),
        team: TEAM,
        kind: JobKind::PurgeDead,
        filter: Filter {
            queue: Some(QUEUE),
            cause: Some(DeadCause::Attempts),
            event_type: Some(text(EventType::new("push"))),
        },
        before: PLACE,
        cursor: Position {
            index: 60_000,
            offset: 3,
        },
        done: 512,
        created: AT,
        ended: Some(Timestamp(1_790_000_010_000)),
    }
}

pub(super) fn content() -> Content {
    Content {
        content_type: Some(text(ContentType::new("application/json"))),
        meta: vec![
            (
                text(MetaKey::new("delivery")),
                text(MetaValue::new("72d3162e")),
            ),
            (
                text(MetaKey::new("sender")),
                text(MetaValue::new("octocat")),
            ),
        ],
        instruction: None,
        shown_bytes: None,
        body: Bytes::from_static(b"{\"number\":17}"),
    }
}
