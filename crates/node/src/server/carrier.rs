//! Where two rooms meet that do not know each other: the API asks for a session's deliveries, the
//! hub has them.

use std::sync::Arc;

use ackord_core::command::Fence;
use ackord_core::id::SessionId;
use ackord_core::model::Token;
use ackord_delivery::{Closed, Hub, Push, StreamId};
use ackord_grpc::{Full, Inbox, Sessions};
use ackord_proto::v1::attach_response::Message;
use ackord_proto::{to_wire, v1};
use futures::StreamExt;

/// The hub, as the API wants it.
#[derive(Debug)]
pub(super) struct Carrier(pub(super) Hub);

impl Sessions for Carrier {
    fn open(
        &self,
        session: SessionId,
        stream: u64,
        nonce: u64,
        token: Arc<Token>,
    ) -> Result<Inbox, Full> {
        let id = StreamId { session, stream };
        match self.0.open(id, nonce, token) {
            Ok(inbox) => Ok(inbox.map(message).boxed()),
            Err(ackord_delivery::Full) => Err(Full),
        }
    }

    fn bye(&self, session: SessionId, stream: u64) {
        self.0.bye(StreamId { session, stream });
    }

    fn heard(&self, session: SessionId) {
        self.0.heard(session);
    }

    fn answered(&self, fence: Fence) {
        self.0.answered(fence);
    }

    fn answering(&self, session: SessionId, stream: u64, fence: Fence) {
        self.0.answering(StreamId { session, stream }, fence);
    }

    fn not_answered(&self, session: SessionId, stream: u64, fence: Fence) {
        self.0.not_answered(StreamId { session, stream }, fence);
    }
}

fn message(push: Push) -> Message {
    match push {
        Push::Deliver(it) => Message::Deliver(to_wire::deliver(
            &it.event,
            &it.content,
            &it.lease,
            &it.settings,
            &it.ledger,
        )),
        Push::Revoke(fence, cause) => Message::Revoke(to_wire::revoke(fence, cause)),
        Push::Closed(cause) => Message::Closed(v1::Closed {
            cause: close_cause(cause).into(),
        }),
    }
}

const fn close_cause(cause: Closed) -> v1::CloseCause {
    match cause {
        Closed::Superseded => v1::CloseCause::Superseded,
        Closed::Revoked => v1::CloseCause::Revoked,
        Closed::ShuttingDown => v1::CloseCause::ShuttingDown,
        Closed::Bye => v1::CloseCause::Bye,
        Closed::Stalled => v1::CloseCause::Stalled,
        Closed::Forgotten => v1::CloseCause::Forgotten,
        Closed::Isolated => v1::CloseCause::Isolated,
    }
}
