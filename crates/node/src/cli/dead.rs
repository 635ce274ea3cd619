//! `ackord dead`: events that nobody could finish.

use std::time::Duration;

use ackord_client::{Client, Error, v1};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::changes::{Changes, seen};
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
    /// None: it cannot be read.
    done: Option<u64>,
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
        let done = act.done();
        let mut changes = Changes::new(self.events.len());
        for event_id in self.events {
            match act.to(client, event_id.clone()).await {
                Ok(()) => {
                    changes.made();
                    let sentence = format!("{done} {event_id}");
                    output.done(&Done { event_id, done }, &sentence);
                }
                Err(failure) => changes.failed(&event_id, failure),
            }
        }
        changes.end(done, "events")
    }

    async fn run_job(self, client: &Client, output: Output, act: Act) -> Result<(), Failure> {
        let question = v1::StartJobRequest {
            kind: act.job().into(),
            tag: self.which.queue.filter(),
            cause: self.which.cause().into(),
            event_type: self.which.event_type.clone(),
        };
        let started = client.start_job(question).await?;
        let job_id = started.job_id;
        note(format!(
            "{job_id} has begun; the cluster carries it on whatever happens here"
        ));
        let job = self.job(client, &job_id, started.position).await;
        let job = match job {
            Err(error) if !self.no_wait => {
                let what = format!("{job_id} has begun, and nobody says how far it is: {error}");
                return Err(Failure::partly(what).next("see what is left with `ackord dead list`"));
            }
            job => seen(job),
        };
        let view = JobView::new(job_id, job.as_ref());
        output.done(&view, &view.sentence(act));
        Ok(())
    }

    /// The job, once it has ended; as it is, if nobody waits for that.
    async fn job(
        &self,
        client: &Client,
        job_id: &str,
        mut at_least: Option<v1::Position>,
    ) -> Result<v1::Job, Error> {
        loop {
            let question = v1::GetJobRequest {
                job_id: job_id.to_owned(),
                at_least: at_least.take(),
            };
            let job = client.get_job(question).await?.job.unwrap_or_default();
            if self.no_wait || job.ended_at_ms > 0 {
                return Ok(job);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

impl JobView {
    fn new(job_id: String, job: Option<&v1::Job>) -> Self {
        Self {
            job_id,
            done: job.map(|it| it.done),
            ended: job.is_some_and(|it| it.ended_at_ms > 0),
        }
    }

    fn sentence(&self, act: Act) -> String {
        let so_far = if self.ended { "" } else { " so far" };
        match self.done {
            Some(count) => format!("{} {count} events{so_far}", act.done()),
            None => format!("{} has begun", self.job_id),
        }
    }
}
