//! What a plugin asks, and the fields that it expects back.

mod account;
mod cron;
mod history;
mod present;
mod session;
mod source;
mod token;

use serde_json::Value;
use tonic::{Response, Status};

use crate::cluster::{Cluster, words};
use crate::frame::Asked;

/// An answer, or why there is none: in words, for whoever reads them is an agent.
pub(crate) type Answer = Result<Value, String>;

/// What came of a request.
pub(crate) struct Done {
    pub(crate) answer: Answer,
    /// The token that ends once the answer was told.
    pub(crate) replaced: Option<String>,
}

impl From<Answer> for Done {
    fn from(answer: Answer) -> Self {
        Self {
            answer,
            replaced: None,
        }
    }
}

/// One connection, as its requests see it.
pub(crate) struct Asker {
    pub(crate) cluster: Cluster,
    /// Empty: none.
    pub(crate) tag: String,
    pub(crate) key: String,
    pub(crate) nonce: u64,
    /// The token of the connection.
    pub(crate) token_id: String,
    /// What paths of webhooks are added to.
    pub(crate) base: String,
}

impl Asker {
    /// Carries out a request.
    pub(crate) async fn answer(&self, asked: Asked) -> Done {
        let answer = match asked {
            Asked::CronCreate(it) => cron::create(self, it).await,
            Asked::CronDelete(it) => cron::delete(self, it).await,
            Asked::CronList => cron::list(self).await,
            Asked::SourceCreate(it) => source::create(self, *it).await,
            Asked::SourceList => source::list(self).await,
            Asked::SourceDelete(it) => source::delete(self, it).await,
            Asked::EventHistory(it) => history::events(self, &it).await,
            Asked::AccountInfo => account::info(self).await,
            Asked::TokenRotate(it) => return token::rotate(self, it).await,
            Asked::TokenCreate(it) => token::create(self, it).await,
            Asked::TokenList => token::list(self).await,
            Asked::SessionSend(it) => session::send(self, it).await,
            Asked::SessionList => session::list(self).await,
        };
        answer.into()
    }

    /// Ends a token that was replaced.
    pub(crate) async fn retire(&self, token_id: &str) {
        token::retire(self, token_id).await;
    }
}

/// What was answered, or the refusal in words.
fn said<T>(answer: Result<Response<T>, Status>) -> Result<T, String> {
    answer.map(Response::into_inner).map_err(|it| words(&it))
}

/// A text, if it says something.
fn stated(text: String) -> Option<String> {
    Some(text).filter(|it| !it.is_empty())
}
