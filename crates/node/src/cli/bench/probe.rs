//! What a submit costs at this moment: with idle sessions, and with busy ones.

use std::time::Duration;

use ackord_client::{Client, Event, SessionOptions, v1};
use tokio::time::sleep;

use super::cycle::Cycles;
use super::latency::LatencyView;
use super::load::{Bound, rate};
use super::place::{Bodies, Tags};
use super::submit::submits;
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;

/// Submits of a probe by a single caller, whose latency is told.
const ALONE: u64 = 500;
/// Submits of a probe by many callers, whose rate is told.
const TOGETHER: u64 = 20_000;
const CALLERS: usize = 64;
/// How often a job is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What a submit costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Of one caller alone.
    pub(super) latency: LatencyView,
    /// Of many callers together.
    pub(super) per_second: f64,
}

/// Each submit finds an idle session: it is delivered in the same entry. Counted are full cycles.
pub(super) async fn with_idle_sessions(
    connection: &Connection,
    bodies: &Bodies,
) -> Result<Cost, Failure> {
    let tags = Tags::new("idle", CALLERS);
    let alone = Cycles::start(connection, &tags, 1, 1).await?;
    let (_, _, timed) = alone
        .run("probe, idle sessions", &tags, bodies, Bound::count(ALONE))
        .await?;
    let tags = Tags::new("idle", CALLERS);
    let together = Cycles::start(connection, &tags, CALLERS, CALLERS).await?;
    let bound = Bound::count(TOGETHER);
    let (count, took, _) = together
        .run("probe, idle sessions", &tags, bodies, bound)
        .await?;
    let latency = timed.submit.expect("cycles time their submits");
    Ok(Cost {
        latency,
        per_second: rate(count, took),
    })
}

/// Each submit finds a session that is at work: it is queued.
pub(super) async fn with_busy_sessions(
    connection: &Connection,
    bodies: &Bodies,
) -> Result<Cost, Failure> {
    let client = connection.client()?;
    let tags = Tags::new("busy", 1);
    let options = SessionOptions::new(tags.of(0)).tag(tags.of(0));
    let mut session = client.attach(options).await?;
    client
        .submit(Event::new("bench", "").tag(tags.of(0)))
        .await?;
    let held = session.next().await?;
    let label = "probe, busy sessions";
    let (times, _) = submits(label, &client, &tags, bodies, 1, Bound::count(ALONE)).await?;
    let together = submits(
        label,
        &client,
        &tags,
        bodies,
        CALLERS,
        Bound::count(TOGETHER),
    );
    let (all, took) = together.await?;
    empty(&client, tags.of(0)).await?;
    session.bye().await;
    drop(held);
    Ok(Cost {
        latency: times.view(),
        per_second: rate(all.count(), took),
    })
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
