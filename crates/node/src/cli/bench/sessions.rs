//! `ackord bench sessions`: what sessions cost the nodes that they are attached to.

use std::time::{Duration, Instant};

use ackord_client::{Session, SessionOptions};
use clap::Args;
use serde::Serialize;
use tokio::time::sleep;

use super::cycle::{Clients, Cycles};
use super::latency::LatencyView;
use super::load::{Bound, rate};
use super::place::{Bodies, Tags};
use super::process::Process;
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;
use crate::cli::output::{self, Output};
use crate::cli::values::length;

/// A server has this long to come to rest.
const REST_MAX: Duration = Duration::from_secs(30);

/// How many sessions, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Sessions {
    /// Sessions that are attached and get nothing, each of a tag of its own
    #[arg(long, value_name = "COUNT", default_value_t = 5_000)]
    idle: usize,
    /// Sessions that take events and acknowledge them at once, beside the others
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    busy: usize,
    /// How long is looked at the idle ones, before the busy ones come
    #[arg(long, value_name = "LENGTH", value_parser = length, default_value = "30s")]
    look: Duration,
    /// Callers that keep the busy ones busy, each with one event at a time
    #[arg(long, value_name = "COUNT", default_value_t = 64)]
    callers: usize,
    /// Bytes of a body, at random; at least 8
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    body_bytes: usize,
    #[command(flatten)]
    bound: Bound,
    /// The servers' processes on this machine, with commas between
    #[arg(long, value_name = "PID", value_delimiter = ',', required = true)]
    pid: Vec<u32>,
}

/// What sessions cost.
#[derive(Debug, Serialize)]
struct Figures {
    bench: &'static str,
    idle: usize,
    busy: usize,
    attached_per_second: f64,
    servers: Vec<Server>,
    cycles: u64,
    cycles_per_second: f64,
    /// From the call of a submit to its delivery.
    deliver: Option<LatencyView>,
    /// From the call of a submit to the answer to its ack.
    cycle: Option<LatencyView>,
}

/// One of the nodes.
#[derive(Debug, Serialize)]
struct Server {
    pid: u32,
    /// Resident bytes before, with the idle sessions, and after the busy ones.
    empty_bytes: u64,
    idle_bytes: u64,
    busy_bytes: u64,
    /// Hundredths of one processor.
    idle_cpu_percent: f64,
    busy_cpu_percent: f64,
}

/// What a server's process has used until a moment.
#[derive(Debug, Clone, Copy)]
struct Used {
    resident: u64,
    cpu: Duration,
    at: Instant,
}

impl output::Card for Figures {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let line = |it: &Option<LatencyView>| it.as_ref().map_or_else(String::new, |it| it.line());
        let mut lines = vec![
            ("bench", self.bench.to_owned()),
            ("idle", self.idle.to_string()),
            ("busy", self.busy.to_string()),
            ("attached/s", format!("{:.0}", self.attached_per_second)),
        ];
        lines.extend(self.servers.iter().map(|it| ("server", it.line())));
        lines.extend([
            ("cycles/s", format!("{:.0}", self.cycles_per_second)),
            ("to delivery", line(&self.deliver)),
            ("to ack", line(&self.cycle)),
        ]);
        lines
    }
}

impl Server {
    fn new(pid: u32, [empty, rested, idle, busy]: [Used; 4]) -> Self {
        Self {
            pid,
            empty_bytes: empty.resident,
            idle_bytes: idle.resident,
            busy_bytes: busy.resident,
            idle_cpu_percent: percent(rested, idle),
            busy_cpu_percent: percent(idle, busy),
        }
    }

    fn line(&self) -> String {
        let mib = |bytes: u64| bytes >> 20;
        format!(
            "{}: {} MiB empty, {} MiB and {:.1} % of a processor with the idle, {} MiB and {:.1} % with the busy",
            self.pid,
            mib(self.empty_bytes),
            mib(self.idle_bytes),
            self.idle_cpu_percent,
            mib(self.busy_bytes),
            self.busy_cpu_percent,
        )
    }
}

impl Sessions {
    pub(super) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let empty = self.used()?;
        let begin = Instant::now();
        let sessions = self.attach(connection).await?;
        let attached = u64::try_from(sessions.len()).unwrap_or(u64::MAX);
        let attached_per_second = rate(attached, begin.elapsed());
        for pid in &self.pid {
            Process { pid: *pid }.quiet(REST_MAX).await?;
        }
        let rested = self.used()?;
        sleep(self.look).await;
        let idle = self.used()?;

        let tags = Tags::new("busy", self.busy);
        let cycles = Cycles::start(connection, &tags, self.busy, self.callers).await?;
        let bodies = Bodies::new(self.body_bytes.saturating_sub(8));
        let (count, took, timed) = cycles.run("busy", &tags, &bodies, self.bound).await?;
        let busy = self.used()?;
        drop(sessions);
        let servers = self
            .pid
            .iter()
            .enumerate()
            .map(|(at, pid)| Server::new(*pid, [empty[at], rested[at], idle[at], busy[at]]));
        output.card(&Figures {
            bench: "sessions",
            idle: self.idle,
            busy: self.busy,
            attached_per_second,
            servers: servers.collect(),
            cycles: count,
            cycles_per_second: rate(count, took),
            deliver: timed.deliver,
            cycle: timed.cycle,
        });
        Ok(())
    }

    async fn attach(&self, connection: &Connection) -> Result<Vec<Session>, Failure> {
        let tags = Tags::new("idle", self.idle);
        let mut clients = Clients::new(connection);
        let mut sessions = Vec::with_capacity(self.idle);
        for number in 0..self.idle {
            let tag = tags.of(number);
            let options = SessionOptions::new(tag.clone()).tag(tag);
            sessions.push(clients.next()?.attach(options).await?);
            output::progress(&format!("{} of {} attached", number + 1, self.idle));
        }
        output::progress_done();
        Ok(sessions)
    }

    fn used(&self) -> Result<Vec<Used>, Failure> {
        let used = |pid: &u32| {
            let process = Process { pid: *pid };
            Ok(Used {
                resident: process.memory()?.resident,
                cpu: process.cpu()?,
                at: Instant::now(),
            })
        };
        self.pid.iter().map(used).collect()
    }
}

/// Processor time between two moments, in hundredths of one processor.
fn percent(from: Used, to: Used) -> f64 {
    let used = to.cpu.saturating_sub(from.cpu).as_secs_f64();
    100.0 * used / (to.at - from.at).as_secs_f64().max(1e-9)
}
