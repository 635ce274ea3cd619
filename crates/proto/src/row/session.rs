//! A session.

use ackord_core::id::{NodeId, QueueId, SessionId, TeamId, TokenId};
use ackord_core::model::{Link, Session};
use ackord_core::time::Timestamp;

use crate::decode_error::{DecodeError, Fault};
use crate::form::{Coded, Stored, constant, optional, required, text};
use crate::stored;
use crate::stored::session::Link as LinkForm;
use crate::text::owned;

impl Stored for Session {
    type Form = stored::Session;

    fn store(&self) -> stored::Session {
        stored::Session {
            id: self.id.0,
            team: self.team.0,
            key: owned(&self.key),
            nonce: self.nonce,
            queue: self.queue.0,
            token: self.token.0,
            node: self.node.0,
            stream: self.stream,
            link: Some(store_link(self.link)),
            health: self.health.code(),
            idle_since: Some(self.idle_since.store()),
            lease: self.lease.as_ref().map(Stored::store),
            parked: self.parked.as_ref().map(Stored::store),
            attached_ms: self.attached.0,
            attached_at: Some(self.attached_at.store()),
            seen_ms: self.seen.0,
            no_messages: !self.accepts_messages,
            former: self.former.clone(),
        }
    }

    fn load(form: stored::Session) -> Result<Self, DecodeError> {
        Ok(Self {
            id: SessionId(form.id),
            team: TeamId(form.team),
            key: text(form.key, "key")?,
            nonce: form.nonce,
            former: form.former,
            queue: QueueId(form.queue),
            token: TokenId(form.token),
            node: NodeId(form.node),
            stream: form.stream,
            link: load_link(form.link)?,
            health: constant(form.health, "health")?,
            idle_since: required(form.idle_since, "idle_since")?,
            lease: optional(form.lease, "lease")?,
            parked: optional(form.parked, "parked")?,
            attached: Timestamp(form.attached_ms),
            attached_at: required(form.attached_at, "attached_at")?,
            seen: Timestamp(form.seen_ms),
            accepts_messages: !form.no_messages,
        })
    }
}

fn store_link(link: Link) -> LinkForm {
    match link {
        Link::Attached => LinkForm::Attached(stored::Unit {}),
        Link::Detached { since, until } => LinkForm::Detached(stored::Detached {
            since_ms: since.0,
            until_ms: until.0,
        }),
    }
}

fn load_link(form: Option<LinkForm>) -> Result<Link, DecodeError> {
    match form.ok_or_else(|| DecodeError::new("link", Fault::Missing))? {
        LinkForm::Attached(stored::Unit {}) => Ok(Link::Attached),
        LinkForm::Detached(stored::Detached { since_ms, until_ms }) => Ok(Link::Detached {
            since: Timestamp(since_ms),
            until: Timestamp(until_ms),
        }),
    }
}
