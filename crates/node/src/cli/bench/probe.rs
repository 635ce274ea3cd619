//! What an event costs at this moment: with idle sessions, and with busy ones.

use std::time::Duration;

use ackord_client::{Client, Event, SessionOptions, v1};
use serde::Serialize;
use tokio::time::sleep;

use super::cycle::Cycles;
use super::latency::LatencyView;
use super::load::{Bound, rate};
use super::place::{Bodies, Tags};
use super::process::{Process, each_us};
use super::submit::submits;
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;

/// Events of a probe by a single caller, whose latency is told.
const ALONE: u64 = 1_000;
/// Events of a probe by many callers, whose rate and price are told: enough that flushes, and the
/// compactions that they lead to, have their part in it.
const TOGETHER: u64 = 150_000;
const CALLERS: usize = 64;
/// How often a job is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What an event costs.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Cost {
    /// A submit of one caller alone.
    pub(super) alone: LatencyView,
    /// Of many callers together.
    pub(super) per_second: f64,
    /// The server's processor time for each of these.
    pub(super) server_us: f64,
}

/// Asks the same at each look, with the same sessions and queues.
pub(super) struct Probe {
    idle: Tags,
    busy: Tags,
    bodies: Bodies,
}

impl Probe {
    pub(super) fn new(bodies: &Bodies) -> Self {
        Self {
            idle: Tags::new("idle", CALLERS),
            busy: Tags::new("busy", 1),
            bodies: bodies.clone(),
        }
    }

    /// Each submit finds an idle session: it is delivered in the same entry, and acknowledged.
    /// Counted are full cycles.
    pub(super) async fn with_idle_sessions(
        &self,
        connection: &Connection,
        server: Process,
    ) -> Result<Cost, Failure> {
        let (tags, bodies) = (&self.idle, &self.bodies);
        let label = "probe, idle sessions";
        let alone = Cycles::start(connection, tags, 1, 1).await?;
        let (_, _, timed) = alone.run(label, tags, bodies, Bound::count(ALONE)).await?;
        let together = Cycles::start(connection, tags, CALLERS, CALLERS).await?;
        let before = server.cpu()?;
        let bound = Bound::count(TOGETHER);
        let (count, took, _) = together.run(label, tags, bodies, bound).await?;
        Ok(Cost {
            alone: timed.submit.expect("cycles time their submits"),
            per_second: rate(count, took),
            server_us: each_us(server.cpu()?.saturating_sub(before), count),
        })
    }

    /// Each submit finds a session that is at work: it is queued.
    pub(super) async fn with_busy_sessions(
        &self,
        connection: &Connection,
        server: Process,
    ) -> Result<Cost, Failure> {
        let client = connection.client()?;
        let (tags, bodies) = (&self.busy, &self.bodies);
        let options = SessionOptions::new(tags.of(0)).tag(tags.of(0));
        let mut session = client.attach(options).await?;
        let first = Event::new("bench", "").tag(tags.of(0));
        client.submit(first).await?;
        let held = session.next().await?;
        let label = "probe, busy sessions";
        let (times, _) = submits(label, &client, tags, bodies, 1, Bound::count(ALONE)).await?;
        let before = server.cpu()?;
        let bound = Bound::count(TOGETHER);
        let (all, took) = submits(label, &client, tags, bodies, CALLERS, bound).await?;
        let used = server.cpu()?.saturating_sub(before);
        empty(&client, tags.of(0)).await?;
        session.bye().await;
        drop(held);
        Ok(Cost {
            alone: times.view(),
            per_second: rate(all.count(), took),
            server_us: each_us(used, all.count()),
        })
    }
}

/// Cancels what the probe has left in its queue, so that the next look counts only what it should.
async fn empty(client: &Client, tag: String) -> Result<(), Failure> {
    let question = v1::StartJobRequest {
        kind: v1::JobKind::CancelQueue.into(),
        tag: Some(tag),
        ..v1::StartJobRequest::default()
    };
    let started = client.start_job(question).await?;
    loop {
        let job_id = started.job_id.clone();
        let question = v1::GetJobRequest {
            job_id,
            at_least: started.position,
        };
        let job = client.get_job(question).await?.job;
        if job.is_none_or(|it| it.ended_at_ms > 0) {
            return Ok(());
        }
        sleep(LOOK_EVERY).await;
    }
}
