//! `ackord event`: looks at events and moves them.

mod step;
pub(crate) mod view;
mod why;

use ackord_client::{Client, v1};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::connection::Connection;
use super::failure::Failure;
use super::output::{Output, note};
use super::paging::Limit;
use super::values::word;
use view::EventView;
use why::WhyView;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Event {
    /// Shows one event with its history, without its body
    ///
    /// Example: ackord event get evt_01k4…
    Get {
        /// The event's id
        event: String,
    },
    /// Lists events, oldest first
    ///
    /// Example: ackord event list --tag build --state ready
    List(List),
    /// Says why an event is where it is
    ///
    /// Example: ackord event why evt_01k4…
    Why {
        /// The event's id
        event: String,
    },
    /// Prints an event's body as it was submitted; with --output json also what came with it
    ///
    /// Example: ackord event body evt_01k4… | jq .action
    Body {
        /// The event's id
        event: String,
    },
    /// Sends a dead or finished event round again: the same id, a new place, no attempts spent
    ///
    /// Example: ackord event replay evt_01k4…
    Replay {
        /// The event's id
        event: String,
    },
    /// Takes an event out before its work is done; a session that has it is told
    ///
    /// Example: ackord event cancel evt_01k4… --reason "wrong branch"
    Cancel {
        /// The event's id
        event: String,
        /// Why, for the history
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
}

/// Which queue's things.
#[derive(Debug, Clone, Args)]
pub(crate) struct Queue {
    /// Only of this queue
    #[arg(long)]
    tag: Option<String>,
    /// Only of the untagged queue
    #[arg(long, conflicts_with = "tag")]
    untagged: bool,
}

impl Queue {
    /// As the API has it: set and empty is the untagged queue, not set is all.
    pub(crate) fn filter(&self) -> Option<String> {
        if self.untagged {
            Some(String::new())
        } else {
            self.tag.clone()
        }
    }
}

/// Which events.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    queue: Queue,
    /// Only in this state
    #[arg(long)]
    state: Option<State>,
    /// Only of this type
    #[arg(
        long = "type",
        value_name = "TYPE",
        default_value = "",
        hide_default_value = true
    )]
    event_type: String,
    #[command(flatten)]
    limit: Limit,
}

/// Where an event is in its life.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Delayed,
    Ready,
    Waiting,
    Leased,
    Parked,
    Backoff,
    Dead,
    Done,
    Cancelled,
    Purged,
}

/// What was done to an event.
#[derive(Serialize)]
struct Done {
    event_id: String,
    done: &'static str,
}

/// A body, for programs.
#[derive(Serialize)]
struct BodyView {
    content_type: Option<String>,
    meta: std::collections::BTreeMap<String, String>,
    #[serde(flatten)]
    body: view::Body,
}

impl Event {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = &connection.client()?;
        match self {
            Self::Get { event } => output.card(&get(client, event).await?),
            Self::List(list) => list.run(client, output).await?,
            Self::Why { event } => {
                let question = v1::WhyRequest {
                    event_id: event,
                    at_least: None,
                };
                output.card(&WhyView::from(client.why(question).await?));
            }
            Self::Body { event } => body(client, event, output).await?,
            Self::Replay { event } => {
                client
                    .replay(v1::ReplayRequest {
                        event_id: event.clone(),
                    })
                    .await?;
                done(output, event, "replayed");
            }
            Self::Cancel { event, reason } => {
                client
                    .cancel(v1::CancelRequest {
                        event_id: event.clone(),
                        reason,
                    })
                    .await?;
                done(output, event, "cancelled");
            }
        }
        Ok(())
    }
}

fn done(output: Output, event_id: String, done: &'static str) {
    let sentence = format!("{done} {event_id}");
    output.done(&Done { event_id, done }, &sentence);
}

async fn get(client: &Client, event_id: String) -> Result<EventView, Failure> {
    let question = v1::GetEventRequest {
        event_id,
        at_least: None,
    };
    let event = client.get_event(question).await?.event.unwrap_or_default();
    Ok(EventView::from(event))
}

async fn body(client: &Client, event_id: String, output: Output) -> Result<(), Failure> {
    let question = v1::GetBodyRequest {
        event_id,
        at_least: None,
    };
    let answer = client.get_body(question).await?;
    if output.is_json() {
        let content_type = super::values::stated(answer.content_type);
        let body = view::Body::from(&answer.body);
        output.done(
            &BodyView {
                content_type,
                meta: answer.meta,
                body,
            },
            "",
        );
        return Ok(());
    }
    for (name, value) in &answer.meta {
        note(format!("{name}: {}", super::output::printable(value)));
    }
    output.bytes(&answer.body);
    Ok(())
}

impl List {
    async fn run(self, client: &Client, output: Output) -> Result<(), Failure> {
        let state = self
            .state
            .map_or(v1::EventState::Unspecified, State::on_the_wire);
        let (tag, event_type) = (&self.queue.filter(), &self.event_type);
        let fetch = |page_size, page_token| async move {
            let question = v1::ListEventsRequest {
                tag: tag.clone(),
                state: state.into(),
                event_type: event_type.clone(),
                page_size,
                page_token,
                at_least: None,
            };
            client
                .list_events(question)
                .await
                .map(|it| (it.events, it.next_page_token))
        };
        self.limit
            .show::<_, EventView, _>(output, "no such events", fetch)
            .await
    }
}

impl State {
    fn on_the_wire(self) -> v1::EventState {
        match self {
            Self::Delayed => v1::EventState::Delayed,
            Self::Ready => v1::EventState::Ready,
            Self::Waiting => v1::EventState::Waiting,
            Self::Leased => v1::EventState::Leased,
            Self::Parked => v1::EventState::Parked,
            Self::Backoff => v1::EventState::Backoff,
            Self::Dead => v1::EventState::Dead,
            Self::Done => v1::EventState::Done,
            Self::Cancelled => v1::EventState::Cancelled,
            Self::Purged => v1::EventState::Purged,
        }
    }
}

/// The short name of a class.
pub(crate) fn class(it: v1::Class) -> String {
    word(it.as_str_name(), "CLASS")
}

/// The short name of why an event is dead; none if it is not.
pub(crate) fn dead_cause(it: v1::DeadCause) -> Option<String> {
    (it != v1::DeadCause::Unspecified).then(|| word(it.as_str_name(), "DEAD_CAUSE"))
}
