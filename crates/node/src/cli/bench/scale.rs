//! `ackord bench scale`: what ten million pending events cost.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::drain::{Drained, drain};
use super::fill::Fill;
use super::latency::LatencyView;
use super::place::{Bodies, Tags};
use super::probe::{self, Cost};
use super::process::{disk_bytes, resident_bytes};
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;
use crate::cli::output::{Card, Output};
use crate::cli::values::{bytes, length};

/// The first look; each further one is at ten times as many.
const FIRST_LOOK: u64 = 10_000;
/// Events that are taken for the cost of a dispatch after the drain, by so many sessions.
const LAST_DISPATCHES: u64 = 400;
const LAST_SESSIONS: usize = 8;

/// How much.
#[derive(Debug, Args)]
pub(crate) struct Scale {
    /// Pending events in the end
    #[arg(long, value_name = "COUNT", default_value_t = 10_000_000)]
    events: u64,
    /// Tags that they are spread over
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    tags: usize,
    /// Events that are left in the end
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    keep: u64,
    /// Bytes of a body, at random
    #[arg(long, value_name = "COUNT", default_value_t = 128)]
    body_bytes: usize,
    /// A twentieth of the events is delayed, up to so long
    #[arg(long, value_name = "LENGTH", value_parser = length, default_value = "10m")]
    delay_max: Duration,
    /// The server's process, whose memory is told
    #[arg(long)]
    pid: Option<u32>,
}

/// One look.
#[derive(Serialize)]
struct Look {
    when: String,
    pending: u64,
    /// Submits a second on the way here, or acks.
    per_second: f64,
    rss_bytes: Option<u64>,
    disk_bytes: Option<u64>,
    submit_idle: LatencyView,
    cycles_idle_per_second: f64,
    submit_busy: LatencyView,
    submits_busy_per_second: f64,
    /// After the drain: from an ack to the next delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    dispatch: Option<LatencyView>,
}

impl Scale {
    pub(super) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = connection.client()?;
        let tags = Tags::new("scale", self.tags);
        let bodies = Bodies::new(self.body_bytes);
        let fill = Fill {
            client: &client,
            tags: &tags,
            bodies: &bodies,
            delay_max: self.delay_max,
        };
        let mut pending = 0;
        for stop in looks(self.events) {
            let per_second = fill.run(pending, stop).await?;
            pending = stop;
            let when = format!("at {pending}");
            output.card(&self.look(connection, when, pending, per_second).await?);
        }
        let drained = drain(
            connection,
            &tags,
            self.tags,
            pending.saturating_sub(self.keep),
        )
        .await?;
        pending -= drained.count;
        let last = drain(
            connection,
            &tags,
            LAST_SESSIONS,
            LAST_DISPATCHES.min(pending),
        )
        .await?;
        pending -= last.count;
        output.card(&self.last_look(connection, pending, &drained, &last).await?);
        Ok(())
    }

    async fn last_look(
        &self,
        connection: &Connection,
        pending: u64,
        drained: &Drained,
        last: &Drained,
    ) -> Result<Look, Failure> {
        let when = format!("after a drain of {}", drained.count);
        let look = self
            .look(connection, when, pending, drained.per_second)
            .await?;
        Ok(Look {
            dispatch: Some(last.dispatch.view()),
            ..look
        })
    }

    async fn look(
        &self,
        connection: &Connection,
        when: String,
        pending: u64,
        per_second: f64,
    ) -> Result<Look, Failure> {
        let rss_bytes = self.pid.map(resident_bytes).transpose()?;
        let disk_bytes = disk(&connection.data_dir)?;
        let bodies = Bodies::new(self.body_bytes);
        let Cost {
            latency: submit_idle,
            per_second: cycles_idle_per_second,
        } = probe::with_idle_sessions(connection, &bodies).await?;
        let Cost {
            latency: submit_busy,
            per_second: submits_busy_per_second,
        } = probe::with_busy_sessions(connection, &bodies).await?;
        Ok(Look {
            when,
            pending,
            per_second,
            rss_bytes,
            disk_bytes,
            submit_idle,
            cycles_idle_per_second,
            submit_busy,
            submits_busy_per_second,
            dispatch: None,
        })
    }
}

/// The numbers of events to look at.
fn looks(events: u64) -> Vec<u64> {
    let tens = std::iter::successors(Some(FIRST_LOOK), |it| it.checked_mul(10));
    tens.take_while(|it| *it < events).chain([events]).collect()
}

/// What is on disk, if the server's is this one.
fn disk(data_dir: &Path) -> Result<Option<u64>, Failure> {
    data_dir
        .is_dir()
        .then(|| disk_bytes(data_dir))
        .transpose()
        .map_err(Failure::from)
}

impl Card for Look {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let amount = |it: Option<u64>| it.map_or_else(String::new, bytes);
        let cost = |latency: LatencyView, rate: f64, of: &str| {
            format!("{}  ({rate:.0} {of}/s together)", latency.line())
        };
        vec![
            ("look", self.when.clone()),
            ("pending", self.pending.to_string()),
            ("per second", format!("{:.0}", self.per_second)),
            ("memory", amount(self.rss_bytes)),
            ("disk", amount(self.disk_bytes)),
            (
                "submit, sessions idle",
                cost(self.submit_idle, self.cycles_idle_per_second, "cycles"),
            ),
            (
                "submit, sessions busy",
                cost(self.submit_busy, self.submits_busy_per_second, "submits"),
            ),
            (
                "ack to next",
                self.dispatch.map_or_else(String::new, |it| it.line()),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_at_powers_of_ten_and_at_the_end() {
        assert_eq!(looks(1_000_000), [10_000, 100_000, 1_000_000]);
        assert_eq!(looks(25_000), [10_000, 25_000]);
        assert_eq!(looks(500), [500]);
    }
}
