//! Samples of sources: what is asked of them, what comes to them, and the rows of that.

use std::sync::Arc;

use ackord_core::command::{
    Actor, Command, CreateSource, DeleteSource, DeliveryKey, Entry, Moment, Op, OpenPairing,
    Receive, Reroute, Routed, Routing, UpdateSource,
};
use ackord_core::history::{History, StepKind};
use ackord_core::id::{EventId, SourceId, TeamId, TokenId};
use ackord_core::model::{
    Class, Content, DedupKey, Event, EventState, Holding, Instruction, Origin, Run, SealedSecret,
    Secret, Source, SourceMode,
};
use ackord_core::rows::{Key, Row};
use ackord_core::text::{
    ContentType, EventType, KeyId, MetaKey, MetaValue, OrderingKey, Prompt, SecretName, Skill,
    Slug, Tag,
};
use ackord_core::time::{Millis, Position, Timestamp};
use bytes::Bytes;

use super::crons::silence;
use super::events::{self, EVENT, step};
use super::{rows, text};

const SOURCE: SourceId = SourceId(17);
const TEAM: TeamId = TeamId(2);
const AT: Timestamp = Timestamp(1_790_000_000_123);
const PLACE: Position = Position {
    index: 70_001,
    offset: 2,
};

/// Each command alone in an entry, with the ending of its sample's name.
pub(super) fn commands() -> Vec<(&'static str, Entry)> {
    let by = Actor::Token(TokenId(5));
    let changes = [
        ("", Op::CreateSource(create())),
        (
            "_watched",
            Op::CreateSource(CreateSource {
                silence: Some(silence()),
                ..create()
            }),
        ),
        ("", Op::UpdateSource(update())),
        (
            "_watched",
            Op::UpdateSource(UpdateSource {
                silence: Some(Some(silence())),
                ..pause()
            }),
        ),
        (
            "_unwatched",
            Op::UpdateSource(UpdateSource {
                silence: Some(None),
                ..pause()
            }),
        ),
        ("_mode", Op::UpdateSource(pause())),
        (
            "",
            Op::DeleteSource(DeleteSource {
                source: SOURCE,
                revision: Some(3),
            }),
        ),
        (
            "",
            Op::OpenPairing(OpenPairing {
                source: SOURCE,
                span: Millis(600_000),
            }),
        ),
        ("", Op::Reroute(reroute())),
    ];
    let routings = [
        ("", Routing::Events(vec![full_routed(), bare_routed()])),
        (
            "_unmatched",
            Routing::Unmatched {
                event: EVENT,
                tag: Some(text(Tag::new("triage"))),
            },
        ),
        ("_dropped", Routing::Dropped),
    ];
    let received = routings.map(|(ending, it)| (ending, Op::Receive(Box::new(receive(it)))));
    let changes = changes.map(|(ending, op)| (ending, entry(by, op)));
    let received = received.map(|(ending, op)| (ending, entry(Actor::Source(SOURCE), op)));
    changes.into_iter().chain(received).collect()
}

/// Each row under a key of its kind, with the ending of its sample's name.
pub(super) fn rows() -> Vec<(&'static str, Key, Row)> {
    let held = held();
    let event = Key::Event(held.team, held.id);
    let prompted = Content {
        instruction: Some(prompt()),
        shown_bytes: Some(4096),
        ..rows::content()
    };
    vec![
        ("", Key::Source(SOURCE), Row::Source(Arc::new(source()))),
        ("", Key::Holding(SOURCE), Row::Holding(holding())),
        ("", Key::Held(SOURCE, PLACE), Row::EventRef(EVENT)),
        ("_held", event, Row::Event(Box::new(held))),
        (
            "_instruction",
            Key::Content(TEAM, EVENT),
            Row::Content(prompted),
        ),
    ]
}

fn entry(by: Actor, op: Op) -> Entry {
    Entry {
        format: 1,
        at: AT,
        commands: vec![Command {
            by,
            team: Some(TEAM),
            op,
        }],
    }
}

fn sealed(name: &str, expires: Option<Timestamp>) -> SealedSecret {
    SealedSecret {
        name: text(SecretName::new(name)),
        key: text(KeyId::new("k1")),
        sealed: Bytes::from_static(&[1, 2, 0, 255]),
        expires,
    }
}

fn create() -> CreateSource {
    CreateSource {
        slug: text(Slug::new("github")),
        mode: SourceMode::Paused,
        definition: Bytes::from_static(b"definition"),
        secrets: vec![sealed("s1", Some(AT)), sealed("s2", None)],
        silence: None,
    }
}

fn update() -> UpdateSource {
    UpdateSource {
        source: SOURCE,
        revision: Some(3),
        mode: Some(SourceMode::Enabled),
        definition: Some(Bytes::from_static(b"another")),
        secrets: Some(vec![sealed("s2", None)]),
        silence: None,
    }
}

fn pause() -> UpdateSource {
    UpdateSource {
        source: SOURCE,
        revision: None,
        mode: Some(SourceMode::Disabled),
        definition: None,
        secrets: None,
        silence: None,
    }
}

fn reroute() -> Reroute {
    Reroute {
        source: SOURCE,
        revision: 4,
        event: EVENT,
        routed: vec![bare_routed()],
    }
}

fn receive(routing: Routing) -> Receive {
    Receive {
        revision: 3,
        delivery: Some(DeliveryKey {
            key: DedupKey(u128::MAX - 1),
            kept: None,
        }),
        same_body: Some(DeliveryKey {
            key: DedupKey(7),
            kept: Some(Millis(300_000)),
        }),
        event_type: text(EventType::new("pull_request.opened")),
        content_type: Some(text(ContentType::new("application/json"))),
        meta: vec![(
            text(MetaKey::new("ackord.source")),
            text(MetaValue::new("github")),
        )],
        body: Bytes::from_static(b"{\"number\":17}"),
        routing,
    }
}

fn full_routed() -> Routed {
    Routed {
        event: EVENT,
        tag: Some(text(Tag::new("review"))),
        class: Class::Priority,
        ordering_key: Some(text(OrderingKey::new("pull 17"))),
        instruction: Some(Instruction::Skill(text(Skill::new("review-pull")))),
        shown_bytes: Some(65_536),
        not_before: Some(Moment::After(Millis(1000))),
        expires: Some(Moment::At(Timestamp(1_790_000_200_000))),
        attempts: Some(3),
        lease: Some(Millis(120_000)),
    }
}

fn bare_routed() -> Routed {
    Routed {
        event: EventId(2),
        tag: None,
        class: Class::Normal,
        ordering_key: None,
        instruction: Some(prompt()),
        shown_bytes: None,
        not_before: None,
        expires: None,
        attempts: None,
        lease: None,
    }
}

fn prompt() -> Instruction {
    Instruction::Prompt(text(Prompt::new("Look at it.\nSay what is wrong.")))
}

fn source() -> Source {
    Source {
        id: SOURCE,
        team: TEAM,
        slug: text(Slug::new("github")),
        revision: 3,
        mode: SourceMode::Paused,
        definition: Bytes::from_static(b"definition"),
        secrets: vec![Secret {
            sealed: sealed("s1", Some(Timestamp(1_790_000_200_000))),
            created: AT,
        }],
        pairing: Some(Timestamp(1_790_000_600_000)),
        created: AT,
        changed: Timestamp(1_790_000_000_456),
    }
}

fn holding() -> Holding {
    Holding {
        source: SOURCE,
        team: TEAM,
        run: Run {
            head: PLACE,
            len: 12,
        },
    }
}

fn held() -> Event {
    let kinds = [
        StepKind::Accepted,
        StepKind::Rerouted,
        StepKind::Held,
        StepKind::Released,
    ];
    let steps = kinds.into_iter().zip(0..);
    Event {
        origin: Origin::Source(SOURCE),
        position: Position::default(),
        history: History {
            steps: steps.map(|(kind, after)| step(after, kind)).collect(),
            dropped: 0,
        },
        ..events::bare(EventState::Held { until: Some(AT) })
    }
}
