//! `ackord bench crons`.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ackord_client::v1::instruction::Instruction;
use ackord_client::{Client, v1};
use clap::Args;
use serde::Serialize;
use tokio::time::sleep;

use super::latency::LatencyView;
use super::load::{self, Bound, rate};
use super::place::{Bodies, Tags};
use super::process::Process;
use super::submit::submits;
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;
use crate::cli::output::{self, Output};
use crate::cli::values::{length, millis};

/// Submits begin so long before the crons are due.
const AHEAD: Duration = Duration::from_secs(2);
/// How often is looked whether all ticks are decided.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Crons of one page of a list.
const PAGE: u32 = 1_000;

/// How many, and what goes on meanwhile.
#[derive(Debug, Args)]
pub(crate) struct Crons {
    /// Crons that are due at one instant
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    crons: u32,
    /// From now until that instant: long enough to make them all
    #[arg(long, value_name = "LENGTH", value_parser = length, default_value = "2m")]
    lead: Duration,
    /// Callers, each with one submit at a time, from two seconds before that instant
    #[arg(long, value_name = "COUNT", default_value_t = 64)]
    callers: usize,
    /// Bytes of a body, at random
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    body_bytes: usize,
    #[command(flatten)]
    bound: Bound,
    /// The server's process on this machine, whose memory is told
    #[arg(long)]
    pid: Option<u32>,
}

/// What a burst of ticks is like.
#[derive(Debug, Serialize)]
struct Figures {
    bench: &'static str,
    crons: u32,
    /// What the server's memory has grown by for each.
    bytes_each: Option<u64>,
    /// From the instant of the ticks, as the cluster's time tells it.
    first_decided_ms: u64,
    last_decided_ms: u64,
    ticks_per_second: f64,
    submits: u64,
    submits_per_second: f64,
    submit: LatencyView,
}

impl output::Card for Figures {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let decided = format!(
            "the first after {} ms, the last after {} ms",
            self.first_decided_ms, self.last_decided_ms
        );
        let each = self.bytes_each.map(|it| format!("{it} B each"));
        vec![
            ("bench", self.bench.to_owned()),
            ("crons", self.crons.to_string()),
            ("memory", each.unwrap_or_default()),
            ("decided", decided),
            ("ticks/s", format!("{:.0}", self.ticks_per_second)),
            ("submits/s", format!("{:.0}", self.submits_per_second)),
            ("submit", self.submit.line()),
        ]
    }
}

impl Crons {
    pub(super) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = connection.client()?;
        let tags = Tags::new("crons", 1);
        let server = self.pid.map(|pid| Process { pid });
        let memory = || server.map(Process::memory).transpose();
        let before = memory()?;
        let due = now().saturating_add(self.lead);
        let burst = Burst {
            client: client.clone(),
            tag: tags.of(0),
            due_ms: millis(due),
        };
        burst.make(self.crons, self.callers).await?;
        let left = due.checked_sub(now()).ok_or_else(|| {
            Failure::failed("making the crons took longer than the lead")
                .next("say a longer --lead")
        })?;
        let grown = before.zip(memory()?).map(|(before, after)| {
            after.resident.saturating_sub(before.resident) / u64::from(self.crons.max(1))
        });

        sleep(left.saturating_sub(AHEAD)).await;
        let bodies = Bodies::new(self.body_bytes);
        let submitted = submits("submit", &client, &tags, &bodies, self.callers, self.bound);
        let (times, took) = submitted.await?;
        let decided = burst.decided(self.crons).await?;
        burst.remove(decided.ids, self.callers).await?;
        output.card(&Figures {
            bench: "crons",
            crons: self.crons,
            bytes_each: grown,
            first_decided_ms: decided.first_ms,
            last_decided_ms: decided.last_ms,
            ticks_per_second: rate(
                u64::from(self.crons),
                Duration::from_millis(decided.last_ms.max(1)),
            ),
            submits: times.count(),
            submits_per_second: rate(times.count(), took),
            submit: times.view(),
        });
        Ok(())
    }
}

/// Crons that are due together.
struct Burst {
    client: Client,
    /// The queue of their events, and the beginning of their labels.
    tag: String,
    due_ms: u64,
}

/// When their ticks were decided, from the instant on at which they were due.
struct Decided {
    ids: Vec<String>,
    first_ms: u64,
    last_ms: u64,
}

impl Burst {
    async fn make(&self, count: u32, callers: usize) -> Result<(), Failure> {
        let bound = Bound::count(count.into());
        let made = load::run("make crons", bound, callers, |_, tickets| {
            let (client, tag, due_ms) = (self.client.clone(), self.tag.clone(), self.due_ms);
            async move {
                while let Some(number) = tickets.take() {
                    client.create_cron(creation(&tag, number, due_ms)).await?;
                    tickets.done();
                }
                Ok(())
            }
        });
        made.await?;
        Ok(())
    }

    /// Waits until all ticks are decided.
    async fn decided(&self, count: u32) -> Result<Decided, Failure> {
        let begin = Instant::now();
        loop {
            let crons = self.crons().await?;
            let ticks = crons.iter().filter_map(|it| it.last_tick.as_ref());
            let times: Vec<u64> = ticks.map(|it| it.decided_at_ms).collect();
            if times.len() >= usize::try_from(count).unwrap_or(usize::MAX) {
                let after = |at: Option<&u64>| at.map_or(0, |it| it.saturating_sub(self.due_ms));
                return Ok(Decided {
                    first_ms: after(times.iter().min()),
                    last_ms: after(times.iter().max()),
                    ids: crons.into_iter().map(|it| it.id).collect(),
                });
            }
            let seconds = begin.elapsed().as_secs();
            output::progress(&format!("{} ticks decided, {seconds} s", times.len()));
            sleep(LOOK_EVERY).await;
        }
    }

    /// Those of this run.
    async fn crons(&self) -> Result<Vec<v1::Cron>, Failure> {
        let (mut found, mut page_token) = (vec![], String::new());
        loop {
            let question = v1::ListCronsRequest {
                page_size: PAGE,
                page_token,
                at_least: None,
            };
            let page = self.client.list_crons(question).await?;
            let own = |it: &v1::Cron| it.terms.as_ref().is_some_and(|it| it.tag == self.tag);
            found.extend(page.crons.into_iter().filter(own));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(found);
            }
        }
    }

    async fn remove(&self, ids: Vec<String>, callers: usize) -> Result<(), Failure> {
        let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let ids = std::sync::Arc::new(ids);
        let removed = load::run(
            "remove crons",
            Bound::count(count),
            callers,
            |_, tickets| {
                let (client, ids) = (self.client.clone(), ids.clone());
                async move {
                    while let Some(number) = tickets.take() {
                        let at = usize::try_from(number).unwrap_or(usize::MAX);
                        let cron = ids[at].clone();
                        let question = v1::DeleteCronRequest {
                            cron,
                            revision: None,
                        };
                        client.delete_cron(question).await?;
                        tickets.done();
                    }
                    Ok(())
                }
            },
        );
        removed.await?;
        Ok(())
    }
}

fn creation(tag: &str, number: u64, due_ms: u64) -> v1::CreateCronRequest {
    v1::CreateCronRequest {
        terms: Some(v1::CronTerms {
            label: format!("{tag}-{number}"),
            schedule: "@every 366d".to_owned(),
            tag: tag.to_owned(),
            starts_at_ms: due_ms,
            ..v1::CronTerms::default()
        }),
        instruction: Some(v1::Instruction {
            instruction: Some(Instruction::Skill("bench".to_owned())),
        }),
        paused: false,
    }
}

fn now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}
