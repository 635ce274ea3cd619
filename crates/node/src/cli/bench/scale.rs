//! `ackord bench scale`: what ten million pending events cost a node of the bench's own.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::drain::{Drained, drain};
use super::fill::Fill;
use super::host::Host;
use super::load::rate;
use super::look::{Dispatch, Look, Verdict};
use super::place::{Bodies, Tags};
use super::probe::Probe;
use super::process::{disk_bytes, each_us};
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, note};
use crate::cli::values::length;

/// The first look; each further one is at ten times as many.
const FIRST_LOOK: u64 = 10_000;
/// Of what is pending one in so many is taken for the cost of a dispatch, up to so many, of so
/// many tags.
const DISPATCH_ONE_OF: u64 = 20;
const DISPATCHES_MAX: u64 = 4_000;
const DISPATCH_TAGS: usize = 64;
/// Of each tag's events one in so many is left in the end, and at least so many.
const KEEP_ONE_OF: u64 = 100;
const KEEP_MIN: u64 = 20;
/// Delays are drawn up to so long for each event, unless stated: they end on the way.
const DELAY_PER_EVENT: Duration = Duration::from_micros(20);
/// A look waits so long for what the server still does behind the scenes.
const QUIET_WAIT_MAX: Duration = Duration::from_secs(60);

/// How much.
#[derive(Debug, Args)]
pub(crate) struct Scale {
    /// Pending events in the end
    #[arg(long, value_name = "COUNT", default_value_t = 10_000_000)]
    events: u64,
    /// Tags that they are spread over
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = at_least_one)]
    tags: usize,
    /// Bytes of a body, at random
    #[arg(long, value_name = "COUNT", default_value_t = 128)]
    body_bytes: usize,
    /// A twentieth of the events is delayed, up to so long; if not said, so that the delays end
    /// before the events are drained
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    delay_max: Option<Duration>,
    /// Where the node of the bench has its data, as long as it runs
    #[arg(long, value_name = "DIR", default_value = "./ackord-bench")]
    dir: PathBuf,
}

impl Scale {
    pub(super) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let bodies = Bodies::new(self.body_bytes);
        let mut run = Run {
            host: Host::start(&self.dir).await?,
            like: connection.clone(),
            tags: Tags::new("scale", self.tags),
            probe: Probe::new(&bodies),
            bodies,
            filled: 0,
            left: vec![0; self.tags],
        };
        let events = u32::try_from(self.events)
            .map_err(|_| Failure::usage("so many events do not fit a bench"))?;
        let delay_max = self.delay_max.unwrap_or(DELAY_PER_EVENT * events);
        let mut looks = Vec::new();
        for stop in looks_at(self.events) {
            looks.push(run.fill(stop, delay_max).await?);
            output.card(looks.last().expect("one was made"));
        }
        looks.push(run.drain().await?);
        output.card(looks.last().expect("one was made"));
        output.card(&Verdict::of(&looks));
        Ok(())
    }
}

/// What goes on.
struct Run {
    host: Host,
    like: Connection,
    tags: Tags,
    bodies: Bodies,
    probe: Probe,
    /// Events that were submitted.
    filled: u64,
    /// Those that are left of them, by tag.
    left: Vec<u64>,
}

/// What was done before a look.
struct Way {
    when: String,
    count: u64,
    took: Duration,
    used: Duration,
}

impl Run {
    fn connection(&self) -> Connection {
        self.host.connection(&self.like)
    }

    fn pending(&self) -> u64 {
        self.left.iter().sum()
    }

    /// Fills up to so many events, and looks.
    async fn fill(&mut self, stop: u64, delay_max: Duration) -> Result<Look, Failure> {
        let fill = Fill {
            client: &self.connection().client()?,
            tags: &self.tags,
            bodies: &self.bodies,
            delay_max,
        };
        let server = self.host.process()?;
        let before = server.cpu()?;
        let count = stop - self.pending();
        let took = fill.run(self.filled, self.filled + count).await?;
        let used = server.cpu()?.saturating_sub(before);
        for _ in 0..count {
            let tag = self.filled % self.left.len() as u64;
            self.left[usize::try_from(tag).expect("a tag's number")] += 1;
            self.filled += 1;
        }
        let when = format!("at {stop}");
        self.look(Way {
            when,
            count,
            took,
            used,
        })
        .await
    }

    /// Takes nearly all events out, and looks.
    async fn drain(&mut self) -> Result<Look, Failure> {
        let keep = |left: u64| (left / KEEP_ONE_OF).max(KEEP_MIN);
        let parts: Vec<u64> = self
            .left
            .iter()
            .map(|left| left.saturating_sub(keep(*left)))
            .collect();
        let drained = self.take(&parts).await?;
        let count = drained.count();
        self.look(Way {
            when: format!("after {count} were taken"),
            count,
            took: drained.took,
            used: drained.used,
        })
        .await
    }

    async fn take(&mut self, parts: &[u64]) -> Result<Drained, Failure> {
        let server = self.host.process()?;
        let drained = drain(&self.connection(), server, &self.tags, parts).await?;
        for (left, count) in self.left.iter_mut().zip(&drained.counts) {
            *left -= count;
        }
        Ok(drained)
    }

    async fn look(&mut self, way: Way) -> Result<Look, Failure> {
        note(format!("{}: looking", way.when));
        let server = self.host.process()?;
        let memory = server.memory()?;
        let pending = self.pending();
        server.quiet(QUIET_WAIT_MAX).await?;
        let disk_bytes = disk_bytes(self.host.dir())?;
        let connection = self.connection();
        let idle = self.probe.with_idle_sessions(&connection, server).await?;
        let busy = self.probe.with_busy_sessions(&connection, server).await?;
        server.quiet(QUIET_WAIT_MAX).await?;
        let dispatch = self.dispatch().await?;
        let restart = self.host.restart().await?;
        Ok(Look {
            per_second: rate(way.count, way.took),
            server_us: each_us(way.used, way.count),
            when: way.when,
            pending,
            resident_bytes: memory.resident,
            resident_peak_bytes: memory.peak,
            disk_bytes,
            idle,
            busy,
            dispatch,
            restart_seconds: restart.as_secs_f64(),
        })
    }

    /// What it costs to take from the queues now.
    async fn dispatch(&mut self) -> Result<Dispatch, Failure> {
        let tags = DISPATCH_TAGS.min(self.left.len());
        let count = DISPATCHES_MAX.min(self.pending() / DISPATCH_ONE_OF) / tags as u64;
        let drained = self.take(&vec![count; tags]).await?;
        Ok(Dispatch {
            next: drained.dispatch.view(),
            server_us: each_us(drained.used, drained.count()),
        })
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let count: usize = text.parse().map_err(|_| "not a count".to_owned())?;
    (count > 0)
        .then_some(count)
        .ok_or_else(|| "at least one".to_owned())
}

/// The numbers of events to look at.
fn looks_at(events: u64) -> Vec<u64> {
    let tens = std::iter::successors(Some(FIRST_LOOK), |it| it.checked_mul(10));
    tens.take_while(|it| *it < events).chain([events]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_at_powers_of_ten_and_at_the_end() {
        assert_eq!(looks_at(1_000_000), [10_000, 100_000, 1_000_000]);
        assert_eq!(looks_at(25_000), [10_000, 25_000]);
        assert_eq!(looks_at(500), [500]);
    }
}
