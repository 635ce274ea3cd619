//! What an attached client sends.

use std::future::Future;

use ackord_core::command::Fence;
use ackord_core::id::{SessionId, TeamId};
use ackord_proto::v1::answer::Result as Answer;
use ackord_proto::v1::attach_request::Message;
use ackord_proto::{from_wire, v1};
use futures::TryFutureExt;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use super::outgoing::Response;
use crate::api::Api;
use crate::auth::Caller;
use crate::refused::Refused;

/// The other end of a stream. Requests are carried out one after the other, so that a claim and
/// the ack behind it keep their order; a client that does not read its answers is not read
/// either.
pub(super) struct Requests {
    pub(super) api: Api,
    pub(super) caller: Caller,
    pub(super) team: TeamId,
    pub(super) session: SessionId,
    pub(super) stream: u64,
    pub(super) answers: mpsc::Sender<Response>,
}

/// One request, understood.
enum Request {
    Ack(v1::Ack),
    Nack(v1::Nack),
    Claim(v1::Claim),
    Extend(v1::Extension),
    Checkpoint(v1::Checkpoint),
    Bye,
}

impl Requests {
    /// Reads until the stream is over.
    pub(super) async fn run(self, mut requests: Streaming<v1::AttachRequest>) {
        loop {
            let request = tokio::select! {
                biased;
                () = self.answers.closed() => return,
                request = requests.message() => request,
            };
            let next = match request {
                Ok(None) => return,
                Ok(Some(request)) => understand(request),
                Err(status) => Err(Refused::of_stream(&status)),
            };
            let response = match next {
                Ok((_, Request::Bye)) => return self.bye().await,
                Ok((seq, request)) => Ok(self.answer(seq, request).await),
                Err(refused) => {
                    self.api.metrics.refused(refused.reason());
                    Err(Status::from(refused))
                }
            };
            let ended = response.is_err();
            // The client may be gone.
            let _ = self.answers.send(response).await;
            if ended {
                return;
            }
        }
    }

    /// The session ends; the inbox says so to the client.
    async fn bye(self) {
        self.api.sessions.bye(self.session, self.stream);
        self.answers.closed().await;
    }

    async fn answer(&self, seq: u64, request: Request) -> v1::AttachResponse {
        let result = self.carry_out(request).await;
        // Now, and not before: what took long may come behind the end of the session's time.
        self.api.sessions.heard(self.session);
        let result = result.unwrap_or_else(|it| {
            self.api.metrics.refused(it.reason());
            Answer::Refusal(it.into_refusal())
        });
        let answer = v1::Answer {
            seq,
            result: Some(result),
        };
        v1::AttachResponse {
            message: Some(v1::attach_response::Message::Answer(answer)),
        }
    }

    async fn carry_out(&self, request: Request) -> Result<Answer, Refused> {
        let Self {
            api, caller, team, ..
        } = self;
        api.still(caller)?;
        match request {
            Request::Ack(ack) => {
                let fence = from_wire::fence(ack.fence.clone())?;
                let acked = api.ack(caller, *team, ack).map_ok(Answer::Acked);
                self.ending(fence, acked).await
            }
            Request::Nack(nack) => {
                let fence = from_wire::fence(nack.fence.clone())?;
                let nacked = api.nack(caller, *team, nack).map_ok(Answer::Nacked);
                self.ending(fence, nacked).await
            }
            Request::Claim(claim) => api.claim(caller, *team, claim).await.map(Answer::Claimed),
            Request::Extend(item) => api.extend(caller, *team, item).await.map(Answer::Extended),
            Request::Checkpoint(note) => {
                let checkpointed = api.checkpoint(caller, *team, note).await;
                checkpointed.map(Answer::Checkpointed)
            }
            Request::Bye => unreachable!("a bye has no answer"),
        }
    }

    /// Carries out what ends a delivery, so that this stream is not told of that end twice.
    async fn ending(
        &self,
        fence: Fence,
        answer: impl Future<Output = Result<Answer, Refused>>,
    ) -> Result<Answer, Refused> {
        let sessions = &self.api.sessions;
        sessions.answering(self.session, self.stream, fence);
        let answer = answer.await;
        if answer.is_err() {
            sessions.not_answered(self.session, self.stream, fence);
        }
        answer
    }
}

fn understand(request: v1::AttachRequest) -> Result<(u64, Request), Refused> {
    let asked = match request.message {
        Some(Message::Ack(it)) => Request::Ack(it),
        Some(Message::Nack(it)) => Request::Nack(it),
        Some(Message::Claim(it)) => Request::Claim(it),
        Some(Message::Extend(it)) => Request::Extend(it),
        Some(Message::Checkpoint(it)) => Request::Checkpoint(it),
        Some(Message::Bye(v1::Bye {})) => Request::Bye,
        Some(Message::Hello(_)) => return Err(Refused::protocol("a second hello")),
        None => {
            return Err(Refused::protocol(
                "a message has no content that this version knows",
            ));
        }
    };
    Ok((request.seq, asked))
}
