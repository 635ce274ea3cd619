//! An attached session.

use std::collections::VecDeque;

use ackord_proto::v1::answer::Result as Answered;
use ackord_proto::v1::attach_request::Message as Asked;
use ackord_proto::v1::attach_response::Message;
use ackord_proto::v1::{
    Ack, AttachRequest, AttachResponse, Bye, CloseCause, Deliver, Fence, Hello, Refusal, Revoke,
};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use tonic::{Status, Streaming};

use super::Client;

/// A session's stream, as its client sees it.
pub(crate) struct Session {
    requests: UnboundedSender<AttachRequest>,
    responses: Streaming<AttachResponse>,
    /// What came before the answer that was waited for.
    early: VecDeque<Message>,
    seq: u64,
}

/// The first message of a session.
pub(crate) fn hello(key: &str, nonce: u64, tag: &str) -> Asked {
    Asked::Hello(Hello {
        key: key.to_owned(),
        nonce,
        tag: tag.to_owned(),
        ..Hello::default()
    })
}

impl Session {
    /// Attaches a session.
    pub(crate) async fn attach(client: &Client, key: &str, nonce: u64, tag: &str) -> Self {
        let (requests, mut responses) = Self::open(client, Some(hello(key, nonce, tag))).await;
        match next(&mut responses).await.expect("a session attaches") {
            Message::Attached(attached) => assert_ne!(attached.session_id, ""),
            it => panic!("not attached but {it:?}"),
        }
        let responses = responses.expect("open");
        Self {
            requests,
            responses,
            early: VecDeque::new(),
            seq: 0,
        }
    }

    /// Opens a stream that begins with any message.
    pub(crate) async fn open(
        client: &Client,
        first: Option<Asked>,
    ) -> (
        UnboundedSender<AttachRequest>,
        Result<Streaming<AttachResponse>, Status>,
    ) {
        let (requests, outgoing) = unbounded();
        let first = AttachRequest {
            seq: 0,
            message: first,
        };
        requests.unbounded_send(first).expect("the stream is open");
        let responses = client.clone().sessions.attach(outgoing).await;
        (requests, responses.map(tonic::Response::into_inner))
    }

    /// Sends a message without waiting for an answer.
    pub(crate) fn send(&mut self, message: Option<Asked>) -> u64 {
        self.seq += 1;
        let request = AttachRequest {
            seq: self.seq,
            message,
        };
        // A stream that the server has closed takes nothing more.
        let _ = self.requests.unbounded_send(request);
        self.seq
    }

    /// Sends a message and waits for its answer.
    pub(crate) async fn call(&mut self, message: Asked) -> Result<Answered, Refusal> {
        let seq = self.send(Some(message));
        loop {
            match self.read().await.expect("the stream goes on") {
                Message::Answer(answer) => {
                    assert_eq!(answer.seq, seq);
                    return match answer.result.expect("an answer has a result") {
                        Answered::Refusal(refusal) => Err(refusal),
                        it => Ok(it),
                    };
                }
                message => self.early.push_back(message),
            }
        }
    }

    pub(crate) async fn ack(&mut self, fence: Option<Fence>) -> Result<Answered, Refusal> {
        self.call(Asked::Ack(Ack {
            fence,
            summary: "done".to_owned(),
            ..Ack::default()
        }))
        .await
    }

    pub(crate) fn bye(&mut self) {
        self.send(Some(Asked::Bye(Bye {})));
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Message {
        self.try_next().await.expect("the stream goes on")
    }

    /// The next message, or how the stream failed.
    pub(crate) async fn try_next(&mut self) -> Result<Message, Status> {
        match self.early.pop_front() {
            Some(message) => Ok(message),
            None => self.read().await,
        }
    }

    async fn read(&mut self) -> Result<Message, Status> {
        let response = self.responses.message().await?.expect("the stream goes on");
        Ok(response.message.expect("a message has content"))
    }

    /// The next delivery.
    pub(crate) async fn deliver(&mut self) -> Deliver {
        match self.next().await {
            Message::Deliver(deliver) => deliver,
            it => panic!("no delivery but {it:?}"),
        }
    }

    /// The next message, which takes a delivery back.
    pub(crate) async fn revoke(&mut self) -> Revoke {
        match self.next().await {
            Message::Revoke(revoke) => revoke,
            it => panic!("not revoked but {it:?}"),
        }
    }

    /// The last message.
    pub(crate) async fn closed(&mut self) -> CloseCause {
        let cause = match self.next().await {
            Message::Closed(closed) => closed.cause(),
            it => panic!("not closed but {it:?}"),
        };
        let end = self
            .responses
            .message()
            .await
            .expect("a stream that was closed ends well");
        assert_eq!(end, None);
        cause
    }
}

async fn next(
    responses: &mut Result<Streaming<AttachResponse>, Status>,
) -> Result<Message, Status> {
    let responses = responses.as_mut().map_err(|it| it.clone())?;
    let response = responses.message().await?.expect("the stream goes on");
    Ok(response.message.expect("a message has content"))
}
