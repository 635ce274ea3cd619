//! `ackord history`: what became of events.

use ackord_client::v1;
use clap::{Args, ValueEnum};

use super::connection::Connection;
use super::event::Queue;
use super::event::view::FinishedView;
use super::failure::Failure;
use super::output::Output;
use super::paging::Limit;

/// Which events.
#[derive(Debug, Args)]
pub(crate) struct History {
    #[command(flatten)]
    queue: Queue,
    /// Only those that ended so
    #[arg(long)]
    state: Option<Ended>,
    #[command(flatten)]
    limit: Limit,
}

/// How an event ended.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Ended {
    Done,
    Cancelled,
    Purged,
}

impl History {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = &connection.client()?;
        let state = match self.state {
            None => v1::EventState::Unspecified,
            Some(Ended::Done) => v1::EventState::Done,
            Some(Ended::Cancelled) => v1::EventState::Cancelled,
            Some(Ended::Purged) => v1::EventState::Purged,
        };
        let tag = &self.queue.filter();
        let fetch = |page_size, page_token| async move {
            let question = v1::ListHistoryRequest {
                tag: tag.clone(),
                state: state.into(),
                page_size,
                page_token,
                at_least: None,
            };
            client
                .list_history(question)
                .await
                .map(|it| (it.events, it.next_page_token))
        };
        self.limit
            .show::<_, FinishedView, _>(output, "nothing is finished yet", fetch)
            .await
    }
}
