//! `ackord queue`: one for each tag of the team, and one for what has no tag.

mod set;
mod view;

use ackord_client::v1;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::connection::Connection;
use super::failure::Failure;
use super::output::Output;
use super::paging::Limit;
use set::Set;
use view::QueueView;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// Lists queues with their depth
    ///
    /// Example: ackord queue list
    List(Limit),
    /// Shows one queue: settings, depth, sessions
    ///
    /// Example: ackord queue get build
    Get(Which),
    /// Changes settings of a queue; makes the queue if there is none
    ///
    /// Example: ackord queue set build --lease 10m --attempts 5
    Set(Set),
    /// Holds deliveries back; submits are still taken
    ///
    /// Example: ackord queue pause build
    Pause(Which),
    /// Takes and delivers again, after a pause or a drain
    ///
    /// Example: ackord queue resume build
    Resume(Which),
    /// Refuses submits and delivers what is there
    ///
    /// Example: ackord queue drain build
    Drain(Which),
}

/// Which queue.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    /// Its tag; not said: the team's untagged queue
    #[arg(default_value = "", hide_default_value = true)]
    tag: String,
}

#[derive(Serialize)]
struct Changed {
    tag: String,
    mode: &'static str,
    revision: u64,
}

impl Queue {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = &connection.client()?;
        let changed = |which: Which, mode, revision| {
            let tag = which.tag;
            let sentence = format!("{} is {mode}", name(&tag));
            output.done(
                &Changed {
                    tag,
                    mode,
                    revision,
                },
                &sentence,
            );
        };
        match self {
            Self::List(limit) => {
                let fetch = |page_size, page_token| async move {
                    let question = v1::ListQueuesRequest {
                        page_size,
                        page_token,
                        at_least: None,
                    };
                    client
                        .list_queues(question)
                        .await
                        .map(|it| (it.queues, it.next_page_token))
                };
                limit
                    .show::<_, QueueView, _>(output, "no queues", fetch)
                    .await?;
            }
            Self::Get(Which { tag }) => {
                let question = v1::GetQueueRequest {
                    tag,
                    at_least: None,
                };
                let queue = client.get_queue(question).await?.queue.unwrap_or_default();
                output.card(&QueueView::from(queue));
            }
            Self::Set(set) => set.run(client, output).await?,
            Self::Pause(which) => {
                let question = v1::PauseQueueRequest {
                    tag: which.tag.clone(),
                };
                changed(
                    which,
                    "paused",
                    client.pause_queue(question).await?.revision,
                );
            }
            Self::Resume(which) => {
                let question = v1::ResumeQueueRequest {
                    tag: which.tag.clone(),
                };
                changed(
                    which,
                    "active",
                    client.resume_queue(question).await?.revision,
                );
            }
            Self::Drain(which) => {
                let question = v1::DrainQueueRequest {
                    tag: which.tag.clone(),
                };
                changed(
                    which,
                    "draining",
                    client.drain_queue(question).await?.revision,
                );
            }
        }
        Ok(())
    }
}

/// A queue as people call it.
pub(crate) fn name(tag: &str) -> String {
    if tag.is_empty() {
        "the untagged queue".to_owned()
    } else {
        format!("queue {tag}")
    }
}
