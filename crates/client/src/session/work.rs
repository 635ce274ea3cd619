//! What a session does with a delivery besides answering it: effects outside, notes, and handing it to
//! another tag.

use ackord_proto::v1;
use ackord_proto::v1::answer;
use ackord_proto::v1::attach_request::Message;

use super::delivery::Delivery;
use crate::error::Error;

/// What goes with an ack.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ack {
    /// What was done; may be empty.
    pub summary: String,
    /// Effects that are done: recorded with the ack, or it is refused.
    pub effects: Vec<v1::EffectCompletion>,
    /// What is published with it: all of it, or nothing and the ack is refused.
    pub emits: Vec<v1::Emit>,
}

impl Ack {
    /// An ack with nothing but its summary.
    pub fn new(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            ..Self::default()
        }
    }

    /// An effect is done, and this came of it.
    #[must_use]
    pub fn effect(mut self, key: impl Into<String>, result: impl Into<String>) -> Self {
        self.effects.push(v1::EffectCompletion {
            key: key.into(),
            result: result.into(),
        });
        self
    }

    /// Submits an event with the ack.
    #[must_use]
    pub fn submit(self, event: v1::SubmitItem) -> Self {
        self.emit(v1::emit::Emit::Submit(event))
    }

    /// Sends a message with the ack.
    #[must_use]
    pub fn message(self, message: v1::Message) -> Self {
        self.emit(v1::emit::Emit::Message(message))
    }

    /// Publishes this with the ack: what it may be is more than events and messages, such as a change of
    /// a cron.
    #[must_use]
    pub fn emit(mut self, emit: v1::emit::Emit) -> Self {
        self.emits.push(v1::Emit { emit: Some(emit) });
        self
    }
}

impl Delivery {
    /// A note on how far the work is, for whoever goes on with it.
    ///
    /// # Errors
    /// As [`Delivery::ack`].
    pub async fn checkpoint(&self, note: impl Into<String>) -> Result<(), Error> {
        let checkpoint = v1::Checkpoint {
            fence: self.named(),
            note: note.into(),
        };
        match self.ask(Message::Checkpoint(checkpoint)).await? {
            answer::Result::Checkpointed(_) => Ok(()),
            other => Err(super::answer::foreign(&other)),
        }
    }

    /// "I am about to do this outside": says whether to do it. Answers `NEW` to nobody else.
    ///
    /// # Errors
    /// As [`Delivery::ack`]; and refused where the event has too many effects.
    pub async fn begin_effect(
        &self,
        key: impl Into<String>,
    ) -> Result<v1::BeginEffectResponse, Error> {
        let question = v1::BeginEffectRequest {
            fence: self.named(),
            key: key.into(),
            nonce: rand::random::<u64>().max(1),
        };
        self.heed(self.client().begin_effect(question).await)
    }

    /// "It is done, and this came of it." Answers the first result that was given.
    ///
    /// # Errors
    /// As [`Delivery::ack`]; and refused where nobody has begun it.
    pub async fn complete_effect(
        &self,
        key: impl Into<String>,
        result: impl Into<String>,
    ) -> Result<v1::CompleteEffectResponse, Error> {
        let completion = v1::EffectCompletion {
            key: key.into(),
            result: result.into(),
        };
        let question = v1::CompleteEffectRequest {
            fence: self.named(),
            completion: Some(completion),
        };
        self.heed(self.client().complete_effect(question).await)
    }

    /// "I have looked outside: it did not happen. I do it now." Stands in the history, with the reason.
    ///
    /// # Errors
    /// As [`Delivery::complete_effect`].
    pub async fn force_effect(
        &self,
        key: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<v1::ForceEffectResponse, Error> {
        let question = v1::ForceEffectRequest {
            fence: self.named(),
            key: key.into(),
            reason: reason.into(),
            nonce: rand::random::<u64>().max(1),
        };
        self.heed(self.client().force_effect(question).await)
    }

    /// Gives the event to another tag. `note` replaces the checkpoint note; empty: it stays. The
    /// delivery is over.
    ///
    /// # Errors
    /// As [`Delivery::ack`]; and refused where the other queue takes nothing.
    pub async fn hand_off(
        &self,
        tag: impl Into<String>,
        note: impl Into<String>,
    ) -> Result<v1::HandoffResponse, Error> {
        let question = v1::HandoffRequest {
            fence: self.named(),
            tag: tag.into(),
            note: note.into(),
        };
        let handed = async { self.heed(self.client().handoff(question).await) };
        self.finally(handed).await
    }

    /// Learns from a refusal whether the delivery still is the session's.
    fn heed<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        if let Err(Error::Refused(refusal)) = &outcome {
            self.hold().refused(refusal);
        }
        outcome
    }
}
