//! The hub as a stream and the pump see it, without a machine.

mod deliveries;
mod reports;
mod revocations;
mod streams;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use ackord_core::action::{Action, CloseCause, RevokeCause};
use ackord_core::command::{Detach, Fence};
use ackord_core::history::History;
use ackord_core::id::{EventId, NodeId, QueueId, SessionId, TeamId, TokenId};
use ackord_core::model::{
    Class, Content, Event, EventState, Lease, Ledger, Origin, Phase, QueueSettings, Role, Token,
};
use ackord_core::text::EventType;
use ackord_core::time::{Millis, Position, Timestamp};
use bytes::Bytes;
use futures::Stream;

use crate::delivery::{Closed, Delivery, Push};
use crate::hub::{Hub, StreamId};
use crate::inbox::Inbox;

const NODE: NodeId = NodeId(1);
/// The nonce of a session's process.
const PROCESS: u64 = 5;
const FIRST: StreamId = StreamId {
    session: SessionId(7),
    stream: 1,
};
const SECOND: StreamId = StreamId {
    session: SessionId(7),
    stream: 2,
};
const OTHER: StreamId = StreamId {
    session: SessionId(8),
    stream: 1,
};

fn token(id: u64) -> Arc<Token> {
    Arc::new(Token {
        id: TokenId(id),
        team: Some(TeamId(1)),
        hash: [1; 32],
        roles: vec![Role::Session],
        tags: vec![],
        label: None,
        created: Timestamp(0),
        expires: None,
        revoked: None,
    })
}

fn fence(event: u128) -> Fence {
    Fence {
        event: EventId(event),
        delivery: 1,
    }
}

fn deliver(id: StreamId, event: u128) -> Action {
    let (session, stream) = (id.session, id.stream);
    Action::Deliver {
        node: NODE,
        session,
        stream,
        fence: fence(event),
    }
}

fn revoke(id: StreamId, event: u128, cause: RevokeCause) -> Action {
    let (session, stream) = (id.session, id.stream);
    Action::Revoke {
        node: NODE,
        session,
        stream,
        fence: fence(event),
        cause,
    }
}

fn delivery(event: u128) -> Box<Delivery> {
    Box::new(Delivery {
        lease: Lease {
            event: EventId(event),
            delivery: 1,
            class: Class::Normal,
            position: Position::default(),
            length: Millis(1),
            phase: Phase::Offered,
            until: Timestamp(1),
            claim_by: Timestamp(1),
            cap: Timestamp(1),
            since: Timestamp(1),
        },
        event: Box::new(Event {
            id: EventId(event),
            team: TeamId(1),
            queue: QueueId(1),
            class: Class::Normal,
            key: None,
            event_type: EventType::new("t").expect("valid"),
            origin: Origin::Token(TokenId(1)),
            accepted: Timestamp(0),
            accepted_at: Position::default(),
            position: Position::default(),
            state: EventState::Ready,
            delivery: 1,
            deliveries: 1,
            attempts: 0,
            attempts_max: None,
            lease: None,
            expires: None,
            body_bytes: 0,
            replayed_from: None,
            note: None,
            effects: 0,
            handed_off: 0,
            handed_off_from: None,
            ack: None,
            earlier_acks: Vec::new(),
            history: History::default(),
        }),
        content: Content {
            content_type: None,
            meta: vec![],
            instruction: None,
            shown_bytes: None,
            body: Bytes::new(),
        },
        settings: QueueSettings::default(),
        ledger: Ledger::default(),
    })
}

fn open(hub: &Hub, id: StreamId) -> Inbox {
    hub.open(id, PROCESS, token(1)).expect("there is room")
}

fn act(hub: &Hub, action: Action) {
    hub.change(|it| it.act(action));
}

/// Does the pump's work: every delivery that is asked for is there.
fn pump(hub: &Hub) {
    let wanted = hub.change(|it| it.take_unread(100));
    for (id, fence) in wanted {
        hub.change(|it| it.read(id, fence, Some(delivery(fence.event.0))));
    }
}

/// What the stream would write now; none: it waits.
fn next(inbox: &mut Inbox) -> Option<Push> {
    match pin!(inbox).poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(push) => Some(push.expect("not read beyond its end")),
        Poll::Pending => None,
    }
}

fn delivered(inbox: &mut Inbox) -> u128 {
    match next(inbox) {
        Some(Push::Deliver(it)) => it.event.id.0,
        it => panic!("no delivery but {it:?}"),
    }
}

fn closed(inbox: &mut Inbox) -> Closed {
    match next(inbox) {
        Some(Push::Closed(it)) => it,
        it => panic!("not closed but {it:?}"),
    }
}

fn lost(hub: &Hub) -> Vec<Detach> {
    hub.change(|it| it.take_lost(100))
}

fn detach(id: StreamId, bye: bool) -> Detach {
    Detach {
        session: id.session,
        stream: id.stream,
        bye,
    }
}
