//! What an attached client reads.

use std::pin::Pin;
use std::task::{Context, Poll};

use ackord_proto::v1;
use ackord_proto::v1::attach_response::Message;
use futures::Stream;
use tokio::sync::mpsc;
use tonic::Status;

use super::Attached;
use crate::sessions::Inbox;

/// One message to the client, or why there are no more.
pub(crate) type Response = Result<v1::AttachResponse, Status>;

/// The messages of one stream. It is asked for the next one when the connection has room, so
/// what it has given away counts as written. Dropped, the session has lost its stream.
pub(crate) struct Outgoing {
    attached: Option<v1::Attached>,
    /// None once it is over.
    open: Option<Open>,
}

struct Open {
    inbox: Inbox,
    answers: mpsc::Receiver<Response>,
}

impl Outgoing {
    pub(super) fn new(attached: Attached, answers: mpsc::Receiver<Response>) -> Self {
        let Attached {
            session,
            stream,
            position,
            token,
            inbox,
        } = attached;
        let attached = v1::Attached {
            session_id: session.to_string(),
            stream,
            position: Some(position),
            token_id: token.to_string(),
        };
        Self {
            attached: Some(attached),
            open: Some(Open { inbox, answers }),
        }
    }
}

impl Open {
    /// Answers first: they are bounded by what the client asks.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Response>> {
        match self.answers.poll_recv(cx) {
            Poll::Ready(answer) => Poll::Ready(answer),
            Poll::Pending => self
                .inbox
                .as_mut()
                .poll_next(cx)
                .map(|it| it.map(|it| Ok(message(it)))),
        }
    }
}

impl Stream for Outgoing {
    type Item = Response;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Response>> {
        if let Some(attached) = self.attached.take() {
            return Poll::Ready(Some(Ok(message(Message::Attached(attached)))));
        }
        let Some(open) = &mut self.open else {
            return Poll::Ready(None);
        };
        let next = std::task::ready!(open.poll(cx));
        if is_last(next.as_ref()) {
            self.open = None;
        }
        Poll::Ready(next)
    }
}

fn message(message: Message) -> v1::AttachResponse {
    v1::AttachResponse {
        message: Some(message),
    }
}

fn is_last(next: Option<&Response>) -> bool {
    match next {
        None | Some(Err(_)) => true,
        Some(Ok(response)) => matches!(response.message, Some(Message::Closed(_))),
    }
}
