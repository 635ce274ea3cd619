//! The last word on an event: which one it means, and what comes of it.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

use ackord_client::{Delivery, Error, Nack};

use super::{Tools, said, words};
use crate::desk::{NoneMeant, Said};
use crate::room::{Meant, NotMeant, Note};

/// The event that an answer speaks of.
#[derive(Debug, Clone, Default)]
pub(super) struct Named {
    pub(super) event_id: Option<String>,
    pub(super) delivery: Option<u32>,
}

/// What an answer means.
#[derive(Debug)]
pub(super) enum Meaning {
    /// This delivery.
    Of(Box<Delivery>),
    /// What was answered so before: nothing is left to do but to say so.
    Before(String),
}

/// What an answer says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// What it does to the event.
    how: &'static str,
    /// Told apart from what others say.
    said: Said,
}

impl Words {
    /// Those of a call that acknowledges, by all that it was given.
    pub(super) fn of_ack(given: &impl Debug) -> Self {
        Self::new("acknowledged", given)
    }

    pub(super) fn of_nack(named: &Named, nack: &Nack) -> Self {
        Self::new("given back", &(named, nack))
    }

    fn new(how: &'static str, all: &impl Debug) -> Self {
        let mut hasher = DefaultHasher::new();
        format!("{all:?}").hash(&mut hasher);
        let said = Said(hasher.finish());
        Self { how, said }
    }
}

impl Tools {
    /// The delivery that an answer speaks of.
    pub(super) async fn meant_by(&self, words: Words, named: Named) -> Result<Meaning, String> {
        let meant = Meant {
            event_id: named.event_id,
            delivery: named.delivery,
            said: Some(words.said),
        };
        match self.found(meant).await? {
            Ok(delivery) => Ok(Meaning::Of(Box::new(delivery))),
            Err(NotMeant::None(NoneMeant::Repeated { answered, now })) => {
                let told = words::repeated(words.how, &answered, now.as_ref());
                Ok(Meaning::Before(told))
            }
            Err(why) => Err(words::not_meant(&why)),
        }
    }

    /// Brings an answer to the cluster, whether or not anybody goes on waiting for what comes of it.
    pub(super) async fn settle<F, T>(
        &self,
        delivery: &Delivery,
        words: Words,
        bring: impl FnOnce(Delivery) -> F,
    ) -> Result<T, String>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let (room, fence) = (self.room.clone(), delivery.fence().clone());
        let bring = bring(delivery.clone());
        let settling = tokio::spawn(async move {
            room.tell(Note::Answers(fence.clone(), words.said)).await;
            let outcome = bring.await;
            if outcome.is_err() {
                room.tell(Note::NotAnswered(fence)).await;
            }
            outcome
        });
        let ended = |_| Err(Error::Unknown("this adapter is ending".to_owned()));
        told(delivery, settling.await.unwrap_or_else(ended))
    }
}

/// What the cluster says of a delivery; a refusal tells what that means for the work.
pub(super) fn told<T>(delivery: &Delivery, answer: Result<T, Error>) -> Result<T, String> {
    let is_lost = matches!(&answer, Err(Error::Refused(_))) && delivery.loss().is_some();
    said(answer).map_err(|why| match is_lost {
        true => format!(
            "{} is not yours any more, so this does not count ({why}). Do not go on with it.",
            delivery.event_id
        ),
        false => why,
    })
}
