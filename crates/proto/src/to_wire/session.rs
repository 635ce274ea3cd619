//! Sessions.

use ackord_core::command::Fence;
use ackord_core::model::{Health, Lease, Link, Session};
use ackord_core::text::Tag;
use ackord_core::time::Timestamp;

use super::constant::{class, lease_phase, session_health};
use super::place::fence;
use crate::text::{owned, owned_or_empty};
use crate::v1;

/// A session that takes from the queue with this tag, and waits for an approval since `asked`.
#[must_use]
pub fn session(session: &Session, tag: Option<&Tag>, asked: Option<Timestamp>) -> v1::Session {
    let detached_until_ms = match session.link {
        Link::Attached => 0,
        Link::Detached { since: _, until } => until.0,
    };
    let parked = session.parked.map(|it| Fence {
        event: it.event,
        delivery: it.delivery,
    });
    let (state, since) = state(session, asked);
    v1::Session {
        id: session.id.to_string(),
        key: owned(&session.key),
        tag: owned_or_empty(tag),
        node_id: session.node.to_string(),
        stream: session.stream,
        link: session_link(session.link).into(),
        detached_until_ms,
        health: session_health(session.health).into(),
        lease: session.lease.as_ref().map(lease),
        parked: parked.map(fence),
        attached_at_ms: session.attached.0,
        seen_at_ms: session.seen.0,
        token_id: session.token.to_string(),
        accepts_messages: session.accepts_messages,
        state: state.into(),
        state_since_ms: since.0,
    }
}

/// What a session does, and since when.
fn state(session: &Session, asked: Option<Timestamp>) -> (v1::SessionState, Timestamp) {
    match (session.link, session.lease, session.health) {
        (Link::Detached { since, .. }, _, _) => (v1::SessionState::Offline, since),
        (Link::Attached, _, _) if asked.is_some() => {
            (v1::SessionState::Blocked, asked.unwrap_or_default())
        }
        (Link::Attached, Some(lease), _) => (v1::SessionState::Working, lease.since),
        (Link::Attached, None, Health::Well) => (v1::SessionState::Idle, Timestamp(0)),
        (Link::Attached, None, Health::Deaf) => (v1::SessionState::Deaf, Timestamp(0)),
        (Link::Attached, None, Health::Unreachable) => {
            (v1::SessionState::Unreachable, Timestamp(0))
        }
    }
}

/// Whether a session has a stream.
#[must_use]
pub const fn session_link(link: Link) -> v1::SessionLink {
    match link {
        Link::Attached => v1::SessionLink::Attached,
        Link::Detached { .. } => v1::SessionLink::Detached,
    }
}

fn lease(lease: &Lease) -> v1::Lease {
    v1::Lease {
        fence: Some(fence(Fence {
            event: lease.event,
            delivery: lease.delivery,
        })),
        class: class(lease.class).into(),
        phase: lease_phase(lease.phase).into(),
        until_ms: lease.until.0,
        cap_at_ms: lease.cap.0,
        since_ms: lease.since.0,
    }
}
