//! Requests of one connection that are being answered.
//!
//! Some answers are told only once, as a new token is. Where the cluster ends the connection, those are waited
//! for a moment longer. And a token that was replaced ends only once its plugin was told of the new one and all
//! its acks are decided, for they come with the old one.

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::time::timeout;

use crate::frame::{Asked, Request};
use crate::limits::{LAST_ANSWERS_MAX, REQUEST_MAX, REQUESTS_MAX};
use crate::requests::{Answer, Asker, Done};

/// See the module.
pub(crate) struct Work {
    asker: Arc<Asker>,
    under_way: FuturesUnordered<BoxFuture<'static, Step>>,
    /// Those under way whose answers are told only once.
    secrets: usize,
    /// The token that is to end, until it has.
    replaced: Option<String>,
    is_retiring: bool,
}

enum Step {
    Answered(Answered),
    /// The token that was replaced has ended, or nobody could end it.
    Retired,
}

/// A request that is to be answered.
pub(crate) struct Answered {
    pub(crate) id: String,
    pub(crate) answer: Answer,
    rest: Rest,
}

/// What is to be done once an answer was written.
pub(crate) struct Rest {
    is_secret: bool,
    replaced: Option<String>,
}

impl Answered {
    /// The request's id, what it is answered, and what is to be done then.
    pub(crate) fn into_parts(self) -> (String, Answer, Rest) {
        (self.id, self.answer, self.rest)
    }
}

impl Work {
    pub(crate) fn new(asker: Asker) -> Self {
        Self {
            asker: Arc::new(asker),
            under_way: FuturesUnordered::new(),
            secrets: 0,
            replaced: None,
            is_retiring: false,
        }
    }

    /// Begins to answer a request.
    pub(crate) fn begin(&mut self, request: Request) {
        let Request { id, asked } = request;
        let is_secret = matches!(asked, Ok(Asked::TokenRotate(_) | Asked::TokenCreate(_)));
        self.secrets += usize::from(is_secret);
        let asker = Arc::clone(&self.asker);
        let answered = async move {
            let done = match asked {
                Ok(asked) => timeout(REQUEST_MAX, asker.answer(asked)).await,
                Err(why) => Ok(Done::from(Err(why))),
            };
            let done = done.unwrap_or_else(|_| {
                let why = "nobody knows whether it was done: look, and try again";
                Done::from(Err(why.to_owned()))
            });
            Step::Answered(Answered {
                id,
                answer: done.answer,
                rest: Rest {
                    is_secret,
                    replaced: done.replaced,
                },
            })
        };
        self.under_way.push(answered.boxed());
    }

    /// Whether one more may be begun.
    pub(crate) fn has_room(&self) -> bool {
        self.under_way.len() < REQUESTS_MAX
    }

    /// Whether nothing is under way.
    pub(crate) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Whether an answer is still to be written that is told only once.
    pub(crate) fn has_secrets(&self) -> bool {
        self.secrets > 0
    }

    /// The next one that is to be answered; none: there is none. May be dropped, and asked again.
    pub(crate) async fn next(&mut self) -> Option<Answered> {
        loop {
            match self.under_way.next().await? {
                Step::Answered(answered) => return Some(answered),
                Step::Retired => self.replaced = None,
            }
        }
    }

    /// The answer was written.
    pub(crate) fn written(&mut self, rest: Rest) {
        self.secrets -= usize::from(rest.is_secret);
        if rest.replaced.is_some() {
            self.replaced = rest.replaced;
        }
    }

    /// No ack is on its way: a token that was replaced may end.
    pub(crate) fn retire(&mut self) {
        let Some(token_id) = self.replaced.clone().filter(|_| !self.is_retiring) else {
            return;
        };
        self.is_retiring = true;
        let asker = Arc::clone(&self.asker);
        let retired = async move {
            asker.retire(&token_id).await;
            Step::Retired
        };
        self.under_way.push(retired.boxed());
    }

    /// The connection has ended: what is under way is dropped, and a token that was replaced ends now.
    pub(crate) async fn end(self) {
        if let Some(token_id) = self.replaced {
            // Twice is once.
            let _ = timeout(LAST_ANSWERS_MAX, self.asker.retire(&token_id)).await;
        }
    }
}
