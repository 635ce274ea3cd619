//! What a session says of a delivery: done, not done, seen, going on.
//!
//! An answer goes through the session while it lives, whatever becomes of its streams meanwhile;
//! after the session has ended, it goes by itself, and is judged by its fence all the same.

use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use ackord_proto::v1::attach_request::Message;
use ackord_proto::v1::session_service_client::SessionServiceClient;
use ackord_proto::v1::{self, RefusalReason, answer, extend_result};
use tokio::sync::oneshot;

use super::attendant::{Order, Question};
use super::delivery::{Delivery, instant};
use super::hold::Loss;
use super::work::Ack;
use crate::client::Client;
use crate::error::{Error, Refusal};
use crate::event::millis;
use crate::retry::{Kind, Retry};
use crate::servers::Server;
use crate::verdict::Verdict;

/// The largest answer to a delivery that a server reads: a larger one would break the session's stream.
const REQUEST_BYTES_MAX: usize = (4 << 20) - 1024;

/// "The work is not done."
#[derive(Debug, Clone, Default)]
pub struct Nack {
    reject: bool,
    delay: Option<Duration>,
    reason: String,
    note: String,
}

impl Nack {
    /// The event is tried again after its backoff; an attempt is spent.
    pub fn retry(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            ..Self::default()
        }
    }

    /// Nobody should try again: the event becomes a dead letter.
    pub fn reject(reason: impl Into<String>) -> Self {
        Self {
            reject: true,
            ..Self::retry(reason)
        }
    }

    /// Wait so long before the next try, instead of the usual backoff: up to 24 h. Not with
    /// [`Nack::reject`].
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// What the next session should know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

impl Delivery {
    /// The work is done. `summary` says what was done; it may be empty.
    ///
    /// # Errors
    /// Refused: the delivery is superseded or gone; or the ack is too large, and the delivery goes on as
    /// it was. Unknown: it may count; ack again.
    pub async fn ack(&self, summary: impl Into<String>) -> Result<v1::Acked, Error> {
        self.ack_with(Ack::new(summary)).await
    }

    /// The work is done, and this goes with it: all of it, or the ack is refused, names the part that
    /// is wrong, and the delivery goes on as it was.
    ///
    /// # Errors
    /// As [`Delivery::ack`]; and refused for one of its parts, which the refusal's field names.
    pub async fn ack_with(&self, ack: Ack) -> Result<v1::Acked, Error> {
        let Ack {
            summary,
            effects,
            emits,
        } = ack;
        let ack = v1::Ack {
            fence: self.named(),
            summary,
            effects,
            emits,
        };
        match self.answer(Message::Ack(ack)).await? {
            answer::Result::Acked(acked) => Ok(acked),
            other => Err(foreign(&other)),
        }
    }

    /// The work is not done.
    ///
    /// # Errors
    /// As [`Delivery::ack`].
    pub async fn nack(&self, nack: Nack) -> Result<v1::Nacked, Error> {
        let Nack {
            reject,
            delay,
            reason,
            note,
        } = nack;
        let delay_ms = delay.map(millis);
        let nack = v1::Nack {
            fence: self.named(),
            reject,
            delay_ms,
            reason,
            note,
        };
        match self.answer(Message::Nack(nack)).await? {
            answer::Result::Nacked(nacked) => Ok(nacked),
            other => Err(foreign(&other)),
        }
    }

    /// The work has begun: from here on, the lease runs.
    ///
    /// # Errors
    /// As [`Delivery::ack`].
    pub async fn claim(&self) -> Result<(), Error> {
        self.ask(Message::Claim(v1::Claim {
            fence: self.named(),
        }))
        .await
        .map(|_| ())
    }

    /// The work goes on: the lease begins anew. Returns until when it holds. `note` replaces the
    /// checkpoint note, which the next session is told if the event comes back.
    ///
    /// # Errors
    /// As [`Delivery::ack`]; and refused at the queue's cap.
    pub async fn extend(&self, note: Option<String>) -> Result<SystemTime, Error> {
        let extension = v1::Extension {
            fence: self.named(),
            note: note.unwrap_or_default(),
        };
        match self.ask(Message::Extend(extension)).await? {
            answer::Result::Extended(extended) => Ok(instant(extended.until_ms)),
            other => Err(foreign(&other)),
        }
    }

    pub(super) fn named(&self) -> Option<v1::Fence> {
        Some(self.fence().clone())
    }

    /// Says the last word on a delivery.
    async fn answer(&self, message: Message) -> Result<answer::Result, Error> {
        self.finally(self.ask(message)).await
    }

    /// The same, however it is said.
    pub(super) async fn finally<T>(
        &self,
        said: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let _answering = self.hold().answering();
        let outcome = said.await;
        match &outcome {
            Ok(_) => self.hold().lose(Loss::Finished),
            Err(Error::Refused(_) | Error::Failed(_)) => {
                self.hold().answered.store(false, Ordering::Release);
            }
            Err(Error::Unknown(_)) => {}
        }
        outcome
    }

    pub(super) async fn ask(&self, message: Message) -> Result<answer::Result, Error> {
        fits(&message)?;
        let mut retry = Retry::new(kind(&message), self.answer_deadline());
        loop {
            let attempt = self.attempt(message.clone(), &retry);
            match retry.run_to_the_end(attempt).await {
                Ok(result) => {
                    self.client().wire().seen.note(place(&result));
                    return Ok(result);
                }
                Err(verdict) => retry.after(verdict).await?,
            }
        }
    }

    async fn attempt(&self, message: Message, retry: &Retry) -> Result<answer::Result, Verdict> {
        let (reply, answer) = oneshot::channel();
        let question = Question {
            hold: self.hold().clone(),
            message: message.clone(),
            again: false,
            reply: Some(reply),
        };
        if self.orders().send(Order::Ask(question)).await.is_ok() {
            let ended = || Verdict::Lost("the session ended before the answer came".to_owned());
            return answer.await.unwrap_or_else(|_| Err(ended()));
        }
        let client = self.client().within(retry.left());
        let outcome = ask_alone(&client, message).await;
        if let Err(Error::Refused(refusal)) = &outcome {
            self.hold().refused(refusal);
        }
        outcome.map_err(Verdict::Final)
    }
}

/// Asks without the session, which has ended.
async fn ask_alone(client: &Client, message: Message) -> Result<answer::Result, Error> {
    match message {
        Message::Ack(ack) => {
            let answered = client.ack(v1::AckRequest { ack: Some(ack) }).await?;
            Ok(answer::Result::Acked(answered.acked.unwrap_or_default()))
        }
        Message::Nack(nack) => {
            let answered = client.nack(v1::NackRequest { nack: Some(nack) }).await?;
            Ok(answer::Result::Nacked(answered.nacked.unwrap_or_default()))
        }
        Message::Extend(extension) => extend_alone(client, extension).await,
        // An extension implies the claim, which has no call of its own.
        Message::Claim(claim) => {
            let extension = v1::Extension {
                fence: claim.fence,
                note: String::new(),
            };
            extend_alone(client, extension).await
        }
        Message::Checkpoint(it) => {
            let question = v1::CheckpointRequest {
                checkpoint: Some(it),
            };
            let answered = client.checkpoint(question).await?;
            let checkpointed = answered.checkpointed.unwrap_or_default();
            Ok(answer::Result::Checkpointed(checkpointed))
        }
        Message::Hello(_) | Message::Bye(_) => {
            Err(Error::failed("only answers to a delivery are asked"))
        }
    }
}

async fn extend_alone(client: &Client, extension: v1::Extension) -> Result<answer::Result, Error> {
    let question = v1::ExtendRequest {
        items: vec![extension],
    };
    let send = |server: &Server, request| {
        let mut client = SessionServiceClient::new(server.channel.clone());
        async move { client.extend(request).await }
    };
    let wire = client.wire();
    let extended = wire
        .call_judged(Kind::Repeatable, &question, send, extended)
        .await?;
    Ok(answer::Result::Extended(extended))
}

/// What became of the one extension that was asked for.
fn extended(answered: v1::ExtendResponse) -> Result<v1::Extended, Verdict> {
    match answered.results.into_iter().next().and_then(|it| it.result) {
        Some(extend_result::Result::Extended(it)) => Ok(it),
        Some(extend_result::Result::Refusal(it)) => Err(Verdict::of_refusal(it)),
        None => Err(Verdict::Lost("the server sent an empty answer".to_owned())),
    }
}

/// How an answer may be repeated.
pub(super) fn kind(message: &Message) -> Kind {
    match message {
        Message::Ack(_) => Kind::Recorded,
        Message::Nack(_)
        | Message::Claim(_)
        | Message::Extend(_)
        | Message::Checkpoint(_)
        | Message::Hello(_)
        | Message::Bye(_) => Kind::Repeatable,
    }
}

/// Where an answer says that it stands in the log.
fn place(result: &answer::Result) -> Option<v1::Position> {
    match result {
        answer::Result::Acked(it) => it.position,
        answer::Result::Nacked(it) => it.position,
        answer::Result::Claimed(it) => it.position,
        answer::Result::Extended(it) => it.position,
        answer::Result::Checkpointed(it) => it.position,
        answer::Result::Refusal(_) => None,
    }
}

/// Refuses an answer that no server reads. It was not given, so another one can be.
fn fits(message: &Message) -> Result<(), Error> {
    let bytes = message.encoded_len();
    if bytes <= REQUEST_BYTES_MAX {
        return Ok(());
    }
    let message =
        format!("the answer takes {bytes} bytes, and a request at most {REQUEST_BYTES_MAX}");
    let what_to_do = "say less, or put what is large into a store and say where it is";
    Err(Error::Refused(Box::new(Refusal::local(
        RefusalReason::TooLarge,
        message,
        what_to_do,
    ))))
}

/// The server answered another question than it was asked.
pub(super) fn foreign(result: &answer::Result) -> Error {
    Error::Unknown(format!(
        "the server gave an answer of another kind: {result:?}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nack_of(bytes: usize) -> Message {
        Message::Nack(v1::Nack {
            note: "x".repeat(bytes),
            ..v1::Nack::default()
        })
    }

    #[test]
    fn an_answer_that_no_server_reads_is_too_large() {
        let refused = fits(&nack_of(REQUEST_BYTES_MAX)).expect_err("its name comes on top");
        assert_eq!(refused.reason(), Some(RefusalReason::TooLarge));
        assert!(fits(&nack_of(REQUEST_BYTES_MAX - 100)).is_ok());
    }

    #[test]
    fn an_extension_tells_where_it_stands() {
        let position = Some(v1::Position {
            epoch: 0,
            group: 0,
            index: 7,
        });
        let extended = v1::Extended {
            until_ms: 1,
            position,
        };
        assert_eq!(place(&answer::Result::Extended(extended)), position);
    }
}
