//! `ackord dead`: events that nobody could finish.

use std::time::Duration;

use ackord_client::{Client, v1};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::connection::Connection;
use super::event::Queue;
use super::event::view::DeadView;
use super::failure::Failure;
use super::output::{Output, note};
use super::paging::Limit;

/// How often a job is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Dead {
    /// Lists dead letters, oldest first
    ///
    /// Example: ackord dead list --tag build --cause attempts
    List {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        limit: Limit,
    },
    /// Sends dead letters round again
    ///
    /// Example: ackord dead replay --all --tag build
    Replay(Chosen),
    /// Removes dead letters for good
    ///
    /// Example: ackord dead purge evt_01k4…
    Purge(Chosen),
}

/// Which dead letters.
#[derive(Debug, Args)]
pub(crate) struct Which {
    #[command(flatten)]
    queue: Queue,
    /// Only those dead for this cause
    #[arg(long)]
    cause: Option<Cause>,
    /// Only of this type
    #[arg(
        long = "type",
        value_name = "TYPE",
        default_value = "",
        hide_default_value = true
    )]
    event_type: String,
}

/// Some by their ids, or all that fit.
#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// Ids of events
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    events: Vec<String>,
    /// All that fit --tag, --untagged, --cause and --type; the cluster works through them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    which: Which,
    /// Do not wait until the cluster is through with all of them
    #[arg(long, requires = "all")]
    no_wait: bool,
}

/// Why an event is dead.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Cause {
    /// All attempts were spent
    Attempts,
    /// Delivered fifty times without an ack
    Undeliverable,
    /// Its TTL ended before a session had it
    Expired,
    /// A session said that nobody should try again
    Rejected,
    /// No route of its source matched it: see `ackord source reroute`
    Unmatched,
}

#[derive(Serialize)]
struct Done {
    event_id: String,
    done: &'static str,
}

#[derive(Serialize)]
struct JobView {
    job_id: String,
    done: u64,
    ended: bool,
}

impl Dead {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = connection.client()?;
        match self {
            Self::List { which, limit } => which.list(&client, output, &limit).await,
            Self::Replay(chosen) => chosen.run(&client, output, Act::Replay).await,
            Self::Purge(chosen) => chosen.run(&client, output, Act::Purge).await,
        }
    }
}

/// What is done to dead letters.
#[derive(Debug, Clone, Copy)]
enum Act {
    Replay,
    Purge,
}

impl Act {
    fn done(self) -> &'static str {
        match self {
            Self::Replay => "replayed",
            Self::Purge => "purged",
        }
    }

    async fn to(self, client: &Client, event_id: String) -> Result<(), Failure> {
        match self {
            Self::Replay => drop(client.replay(v1::ReplayRequest { event_id }).await?),
            Self::Purge => drop(client.purge(v1::PurgeRequest { event_id }).await?),
        }
        Ok(())
    }

    fn job(self) -> v1::JobKind {
        match self {
            Self::Replay => v1::JobKind::ReplayDead,
            Self::Purge => v1::JobKind::PurgeDead,
        }
    }
}

impl Which {
    fn cause(&self) -> v1::DeadCause {
        match self.cause {
            None => v1::DeadCause::Unspecified,
            Some(Cause::Attempts) => v1::DeadCause::Attempts,
            Some(Cause::Undeliverable) => v1::DeadCause::Undeliverable,
            Some(Cause::Expired) => v1::DeadCause::Expired,
            Some(Cause::Rejected) => v1::DeadCause::Rejected,
            Some(Cause::Unmatched) => v1::DeadCause::Unmatched,
        }
    }

    async fn list(&self, client: &Client, output: Output, limit: &Limit) -> Result<(), Failure> {
        let fetch = |page_size, page_token| async move {
            let question = v1::ListDeadRequest {
                tag: self.queue.filter(),
                cause: self.cause().into(),
                event_type: self.event_type.clone(),
                page_size,
                page_token,
                at_least: None,
            };
            client
                .list_dead(question)
                .await
                .map(|it| (it.events, it.next_page_token))
        };
        limit
            .show::<_, DeadView, _>(output, "no dead letters", fetch)
            .await
    }
}

impl Chosen {
    async fn run(self, client: &Client, output: Output, act: Act) -> Result<(), Failure> {
        if self.all {
            return self.run_job(client, output, act).await;
        }
        for event_id in self.events {
            act.to(client, event_id.clone()).await?;
            let sentence = format!("{} {event_id}", act.done());
            output.done(
                &Done {
                    event_id,
                    done: act.done(),
                },
                &sentence,
            );
        }
        Ok(())
    }

    async fn run_job(self, client: &Client, output: Output, act: Act) -> Result<(), Failure> {
        let question = v1::StartJobRequest {
            kind: act.job().into(),
            tag: self.which.queue.filter(),
            cause: self.which.cause().into(),
            event_type: self.which.event_type.clone(),
        };
        let started = client.start_job(question).await?;
        let (job_id, mut at_least) = (started.job_id, started.position);
        note(format!(
            "{job_id} has begun; the cluster carries it on whatever happens here"
        ));
        let job = loop {
            let question = v1::GetJobRequest {
                job_id: job_id.clone(),
                at_least: at_least.take(),
            };
            let job = client.get_job(question).await?.job.unwrap_or_default();
            if self.no_wait || job.ended_at_ms > 0 {
                break job;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
        let ended = job.ended_at_ms > 0;
        let so_far = if ended { "" } else { " so far" };
        let sentence = format!("{} {} events{so_far}", act.done(), job.done);
        output.done(
            &JobView {
                job_id,
                done: job.done,
                ended,
            },
            &sentence,
        );
        Ok(())
    }
}
