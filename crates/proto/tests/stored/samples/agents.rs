//! Samples of what sessions say to each other, do outside, and hand to each other.

use ackord_core::command::{
    Ack, Actor, Addressed, Attach, BeginEffect, Checkpoint, Command, CompleteEffect, Completion,
    DedupClaim, Emit, Entry, Fence, ForceEffect, Handoff, Message, Moment, Op, Process, Send,
    Submit,
};
use ackord_core::history::{History, StepKind};
use ackord_core::id::{EventId, NodeId, QueueId, SessionId, TeamId, TokenId};
use ackord_core::model::{
    AckRecord, Class, ContentHash, DedupKey, DedupKind, Effect, EffectState, Event, EventState,
    Lease, Ledger, Origin, Outcome, Sender, Session,
};
use ackord_core::rows::{Key, Row};
use ackord_core::text::{
    EffectKey, EffectResult, EventType, MessageText, Note, OrderingKey, Reason, SessionKey, Tag,
    ThreadId,
};
use ackord_core::time::{Millis, Position, Timestamp};
use bytes::Bytes;

use super::events::{self, EVENT, step};
use super::{rows, text};

const TEAM: TeamId = TeamId(2);
const OTHER: EventId = EventId(0x0192_a3b4_c5d6_e7f8_0000_0000_0000_0001);
const AT: Timestamp = Timestamp(1_790_000_000_123);
const PLACE: Position = Position {
    index: 70_001,
    offset: 2,
};
const FENCE: Fence = Fence {
    event: EVENT,
    delivery: 3,
};

/// Each command alone in an entry, with the ending of its sample's name.
pub(super) fn commands() -> Vec<(&'static str, Entry)> {
    let note = text(Note::new("tests pass,\nreview is left"));
    let message = send().message;
    let ops = vec![
        (
            "",
            Op::Checkpoint(Checkpoint {
                fence: FENCE,
                note: note.clone(),
            }),
        ),
        (
            "",
            Op::Handoff(Handoff {
                fence: FENCE,
                tag: text(Tag::new("deploy")),
                note: Some(note),
            }),
        ),
        ("", Op::Send(Box::new(send()))),
        ("_reply", Op::Send(Box::new(reply()))),
        ("_broadcast", Op::Send(Box::new(broadcast()))),
        (
            "",
            Op::BeginEffect(BeginEffect {
                fence: FENCE,
                key: key(),
                nonce: Some(0x0102_0304_0506_0708),
            }),
        ),
        (
            "",
            Op::CompleteEffect(CompleteEffect {
                fence: FENCE,
                completion: completion(),
            }),
        ),
        (
            "",
            Op::ForceEffect(ForceEffect {
                fence: FENCE,
                key: key(),
                reason: Some(text(Reason::new("there is no such payment"))),
                nonce: None,
            }),
        ),
        (
            "_nonce",
            Op::ForceEffect(ForceEffect {
                fence: FENCE,
                key: key(),
                reason: None,
                nonce: Some(0x0102_0304_0506_0708),
            }),
        ),
        (
            "_emits",
            Op::Ack(Ack {
                fence: FENCE,
                summary: None,
                effects: vec![completion()],
                emits: vec![
                    Emit::Submit(Box::new(submit())),
                    Emit::Message(Box::new(message)),
                ],
            }),
        ),
        (
            "_no_messages",
            Op::Attach(Attach {
                key: text(SessionKey::new("agent-7")),
                nonce: 7,
                tag: None,
                node: NodeId(1),
                accepts_messages: false,
            }),
        ),
    ];
    ops.into_iter()
        .map(|(ending, op)| (ending, entry(op)))
        .collect()
}

/// Each row under a key of its kind, with the ending of its sample's name.
pub(super) fn rows() -> Vec<(&'static str, Key, Row)> {
    let (sent, acked) = (sent(), acked());
    vec![
        ("", Key::Ledger(TEAM, EVENT), Row::Ledger(ledger())),
        (
            "_sent",
            Key::Event(sent.team, sent.id),
            Row::Event(Box::new(sent)),
        ),
        (
            "_emits",
            Key::Event(acked.team, acked.id),
            Row::Event(Box::new(acked)),
        ),
        (
            "_handed_off",
            Key::Event(TEAM, EVENT),
            Row::Event(Box::new(handed_off())),
        ),
        (
            "_no_messages",
            Key::Session(SessionId(12)),
            Row::Session(Box::new(deaf_to_messages())),
        ),
        (
            "_former",
            Key::Session(SessionId(12)),
            Row::Session(Box::new(taken_over())),
        ),
    ]
}

fn entry(op: Op) -> Entry {
    Entry {
        format: 1,
        at: AT,
        commands: vec![Command {
            by: Actor::Token(TokenId(5)),
            team: Some(TEAM),
            op,
        }],
    }
}

fn key() -> EffectKey {
    text(EffectKey::new("charge order 17"))
}

fn completion() -> Completion {
    Completion {
        key: key(),
        result: Some(text(EffectResult::new("pi_3Oq"))),
    }
}

fn send() -> Send {
    let addressed = |event, tag| Addressed {
        event,
        tag: Some(text(Tag::new(tag))),
        dedup: Some(DedupClaim {
            key: DedupKey(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
            kind: DedupKind::Client,
            content: ContentHash(17),
        }),
    };
    Send {
        from: Some(Process {
            key: text(SessionKey::new("agent-7")),
            nonce: 0x0102_0304_0506_0708,
        }),
        broadcast: false,
        message: Message {
            to: vec![addressed(EVENT, "deploy"), addressed(OTHER, "review")],
            text: text(MessageText::new("the branch is green,\ngo on")),
            class: Class::Priority,
            ordering_key: Some(text(OrderingKey::new("pull 17"))),
            not_before: Some(Moment::After(Millis(5_000))),
            expires: Some(Moment::After(Millis(600_000))),
            thread: Some(text(ThreadId::new("pull-17"))),
            in_reply_to: Some(OTHER),
        },
    }
}

fn reply() -> Send {
    Send {
        from: None,
        broadcast: false,
        message: Message {
            to: vec![Addressed {
                event: EVENT,
                tag: None,
                dedup: None,
            }],
            text: text(MessageText::new("done")),
            class: Class::Normal,
            ordering_key: None,
            not_before: None,
            expires: None,
            thread: None,
            in_reply_to: Some(OTHER),
        },
    }
}

fn broadcast() -> Send {
    let mut send = send();
    send.broadcast = true;
    send.message.to.iter_mut().for_each(|it| it.tag = None);
    send
}

fn submit() -> Submit {
    Submit {
        event: EVENT,
        tag: None,
        class: Class::Normal,
        ordering_key: None,
        dedup: None,
        event_type: text(EventType::new("push")),
        content_type: None,
        meta: vec![],
        body: Bytes::from_static(b"{}"),
        not_before: None,
        expires: None,
        attempts: None,
        lease: None,
        replayed_from: None,
    }
}

fn ledger() -> Ledger {
    let begun = Effect {
        key: key(),
        delivery: 3,
        since: AT,
        nonce: Some(0x0102_0304_0506_0708),
        forced: 0,
        state: EffectState::Unfinished,
    };
    let done = Effect {
        key: text(EffectKey::new("mail")),
        nonce: None,
        forced: 2,
        state: EffectState::Done {
            at: AT,
            result: Some(text(EffectResult::new("sent"))),
        },
        ..begun.clone()
    };
    Ledger {
        effects: vec![begun, done],
    }
}

fn sent() -> Event {
    Event {
        event_type: text(EventType::new("ackord.message")),
        origin: Origin::Session(Box::new(Sender {
            token: TokenId(5),
            key: text(SessionKey::new("agent-7")),
            tag: Some(text(Tag::new("deploy"))),
        })),
        ..events::bare(EventState::Ready)
    }
}

fn acked() -> Event {
    let ended = EventState::Ended {
        outcome: Outcome::Done,
        at: AT,
        position: PLACE,
    };
    let handed_off = StepKind::HandedOff {
        delivery: 2,
        to: text(Tag::new("deploy")),
        position: PLACE,
    };
    let forced = StepKind::Forced {
        delivery: 3,
        key: key(),
        reason: Some(text(Reason::new("there is no such payment"))),
    };
    Event {
        delivery: 3,
        effects: 2,
        handed_off: 2,
        ack: Some(Box::new(AckRecord {
            delivery: 3,
            session: None,
            at: AT,
            position: PLACE,
            summary: None,
            emitted: vec![vec![EVENT, OTHER].into(), vec![].into(), vec![OTHER].into()],
        })),
        history: History {
            steps: vec![step(0, handed_off), step(1, forced)],
            dropped: 0,
        },
        ..events::bare(ended)
    }
}

fn handed_off() -> Event {
    Event {
        delivery: 2,
        handed_off: 2,
        handed_off_from: Some(QueueId(9)),
        ..events::bare(EventState::Ready)
    }
}

fn taken_over() -> Session {
    Session {
        former: vec![0x0102_0304_0506_0709, 1],
        ..rows::session()
    }
}

fn deaf_to_messages() -> Session {
    let session = rows::session();
    let lease = session.lease.map(|it| Lease { since: AT, ..it });
    Session {
        lease,
        accepts_messages: false,
        ..session
    }
}
