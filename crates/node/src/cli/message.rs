//! `ackord message`: what people say to sessions. What sessions say to each other, they say themselves.

use std::time::Duration;

use ackord_client::v1;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::connection::Connection;
use super::failure::Failure;
use super::output::Output;
use super::submit::Class;
use super::values::{length, millis, stated, word};

/// In place of tags: each that has somebody there.
const EVERYBODY: &str = "*";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Message {
    /// Sends a message to tags: one event for each, all of them or none
    ///
    /// It waits for a session if none is there. To '*' it goes to each tag, up to 24, that has a session
    /// attached now and that the token may submit to; not to one that drains, or of which a session takes
    /// no messages. Needs a token with role submit.
    ///
    /// Example: ackord message send deploy review --text "the branch is green"
    ///
    /// Example: ackord message send '*' --text "hold the deploys" --class priority
    #[command(verbatim_doc_comment)]
    Send {
        /// To whom: tags, or '*' for everybody who is there
        #[arg(required = true, value_name = "TAG")]
        tags: Vec<String>,
        #[command(flatten)]
        said: Said,
    },
    /// Answers a message of a session: goes to the tag of that session, in the same conversation
    ///
    /// Example: ackord message reply evt_01k4… --text "go on"
    Reply {
        /// The message's id
        event: String,
        #[command(flatten)]
        said: Said,
    },
}

/// What is said, and how.
#[derive(Debug, Args)]
pub(crate) struct Said {
    /// What to say
    #[arg(long)]
    text: String,
    /// Precedence
    #[arg(long, default_value = "normal")]
    class: Class,
    /// Dead if no session has it for so long
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    ttl: Option<Duration>,
    /// Not delivered for so long
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    delay: Option<Duration>,
    /// Names the conversation
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    thread: String,
    /// Sent again under the same key, it is queued once
    #[arg(
        long,
        value_name = "KEY",
        default_value = "",
        hide_default_value = true
    )]
    key: String,
}

/// One event that a message has become.
#[derive(Serialize)]
struct SentView {
    tag: Option<String>,
    event_id: String,
    outcome: String,
}

impl Message {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let (tags, in_reply_to, said) = match self {
            Self::Send { tags, said } => (tags, String::new(), said),
            Self::Reply { event, said } => (Vec::new(), event, said),
        };
        let broadcast = tags == [EVERYBODY];
        let tags = if broadcast { Vec::new() } else { tags };
        let message = v1::Message {
            tags: tags.clone(),
            broadcast,
            text: said.text,
            class: v1::Class::from(said.class).into(),
            ttl_ms: said.ttl.map(millis).unwrap_or_default(),
            delay_ms: said.delay.map(millis).unwrap_or_default(),
            thread_id: said.thread,
            in_reply_to,
            ..v1::Message::default()
        };
        let question = v1::SendRequest {
            message: Some(message),
            dedup_key: said.key,
            ..v1::SendRequest::default()
        };
        let sent = connection.client()?.send(question).await?;
        let tags = if broadcast { sent.tags } else { tags };
        for (at, event) in sent.events.into_iter().enumerate() {
            let view = SentView {
                tag: tags.get(at).cloned().and_then(stated),
                outcome: word(event.outcome().as_str_name(), "SUBMIT_OUTCOME"),
                event_id: event.event_id,
            };
            let away = if broadcast {
                "a tag that has forgotten it"
            } else {
                "the sender"
            };
            let to = view.tag.as_deref().unwrap_or(away);
            let sentence = format!("{} to {to}: {}", view.outcome, view.event_id);
            output.done(&view, &sentence);
        }
        Ok(())
    }
}
