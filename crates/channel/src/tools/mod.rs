//! The tools that a model may call, one function each, in files by what they are about.
//!
//! A result is words. What goes wrong is words too, and says what to do: a model reads both alike, and nothing
//! that it passes ends the adapter.

mod account;
mod answer;
mod args;
mod cron;
mod dead;
mod effect;
mod event;
mod look;
mod parcel;
mod secrets;
mod session;
mod silence;
mod source;
mod table;
mod words;

use std::path::PathBuf;

use ackord_client::{Client, Delivery};
use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;

use crate::desktop::Desktop;
use crate::room::{Door, Line, Meant, NotMeant, Note};
use crate::secret_file::SecretFile;
pub(crate) use effect::ledger;
pub(crate) use table::{TOOLS, Tool};

/// What a tool says: its result, or what went wrong.
pub(crate) type Told = Result<String, String>;

/// What tools need.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(crate) room: Door,
    pub(crate) line: Line,
    pub(crate) desktop: Desktop,
    pub(crate) about: About,
}

/// What was configured, as far as tools speak of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    /// The session's key.
    pub(crate) key: String,
    /// By which the cluster knows this process of it.
    pub(crate) nonce: u64,
    /// Its tag.
    pub(crate) tag: Option<String>,
    /// Where providers reach the cluster.
    pub(crate) webhook_url: Option<String>,
    /// Where the token is kept.
    pub(crate) token_file: Option<SecretFile>,
    /// Where new tokens are put.
    pub(crate) tokens_dir: Option<PathBuf>,
    /// Bytes of a body that are shown at once.
    pub(crate) shown_bytes: usize,
}

impl Tools {
    /// The way to the room.
    pub(crate) fn door(&self) -> &Door {
        &self.room
    }

    /// Calls a tool.
    pub(crate) async fn call(&self, tool: &Tool, arguments: JsonObject) -> Told {
        self.room.tell(Note::Called).await;
        tool.run(self, arguments).await
    }

    fn client(&self) -> Result<Client, String> {
        self.line.client()
    }

    /// The delivery that a call speaks of. To name it proves that the model has seen it.
    async fn delivery(
        &self,
        event_id: Option<String>,
        delivery: Option<u32>,
    ) -> Result<Delivery, String> {
        let meant = Meant {
            event_id,
            delivery,
            said: None,
        };
        let found = self.found(meant).await?;
        found.map_err(|why| words::not_meant(&why))
    }

    async fn found(&self, meant: Meant) -> Result<Result<Delivery, NotMeant>, String> {
        let found = self.room.ask(|reply| Note::Meant(meant, reply)).await;
        found.ok_or_else(|| "this adapter is ending".to_owned())
    }

    /// The id that was named, or that of the event at hand.
    async fn event_id(&self, named: Option<String>) -> Result<String, String> {
        match named {
            Some(named) => {
                // To speak of the event at hand by its name proves that it was seen.
                let meant = Meant {
                    event_id: Some(named.clone()),
                    ..Meant::default()
                };
                let _foreign: Option<Result<Delivery, NotMeant>> =
                    self.room.ask(|reply| Note::Meant(meant, reply)).await;
                Ok(named)
            }
            None => Ok(self.delivery(None, None).await?.event_id.clone()),
        }
    }
}

/// Reads what a tool was given.
fn read<T: DeserializeOwned>(tool: &Tool, arguments: JsonObject) -> Result<T, String> {
    serde_json::from_value(arguments.into()).map_err(|error| {
        format!(
            "{} was called with something else than it takes: {error}. Nothing was done",
            tool.name
        )
    })
}

/// What the cluster answered, or why it did not, in words.
fn said<T>(answer: Result<T, ackord_client::Error>) -> Result<T, String> {
    answer.map_err(|error| crate::room::words(&error))
}

/// Whether this is the name of a tool.
pub(crate) fn is_tool(name: &str) -> bool {
    TOOLS.iter().any(|it| it.name == name)
}
