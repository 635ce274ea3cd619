//! A closed loop of callers, with progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::latency::{Latencies, LatencyView};
use crate::cli::failure::Failure;
use crate::cli::output::{Card, is_watched, progress, progress_done};
use crate::cli::values::length;

/// How long a loop goes on.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Bound {
    /// For so long
    #[arg(long, value_name = "LENGTH", value_parser = length, default_value = "10s")]
    duration: Duration,
    /// Until so many are done, instead
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
}

/// Says to each caller whether it should go on; shared by all callers of a loop.
#[derive(Debug)]
pub(super) struct Tickets {
    given: AtomicU64,
    done: AtomicU64,
    count: u64,
    until: Option<Instant>,
}

impl Bound {
    pub(super) fn count(count: u64) -> Self {
        Self {
            duration: Duration::MAX,
            count: Some(count),
        }
    }

    fn tickets(self) -> Tickets {
        let (count, until) = match self.count {
            Some(count) => (count, None),
            None => (u64::MAX, Some(Instant::now() + self.duration)),
        };
        Tickets {
            given: AtomicU64::new(0),
            done: AtomicU64::new(0),
            count,
            until,
        }
    }
}

impl Tickets {
    /// The number of the next thing to do; none: it is enough.
    pub(super) fn take(&self) -> Option<u64> {
        if self.until.is_some_and(|it| it <= Instant::now()) {
            return None;
        }
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        (number < self.count).then_some(number)
    }

    /// One more is done.
    pub(super) fn done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// What came of a loop.
#[derive(Debug)]
pub(super) struct Outcome<T> {
    /// What each caller returned.
    pub(super) callers: Vec<T>,
    pub(super) took: Duration,
}

/// Runs the callers until their tickets are used up. The first that fails ends the loop: figures
/// with failures in them are no figures.
pub(super) async fn run<T, F>(
    label: &str,
    bound: Bound,
    callers: usize,
    caller: impl Fn(usize, Arc<Tickets>) -> F,
) -> Result<Outcome<T>, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let tickets = Arc::new(bound.tickets());
    let begin = Instant::now();
    let shown = Shown(tokio::spawn(show(label.to_owned(), tickets.clone())));
    let tasks: Vec<_> = (0..callers)
        .map(|number| Task(tokio::spawn(caller(number, tickets.clone()))))
        .collect();
    let mut results = Vec::with_capacity(callers);
    for mut task in tasks {
        let result = (&mut task.0).await;
        results.push(result.map_err(|it| Failure::failed(format!("a caller broke: {it}")))??);
    }
    drop(shown);
    Ok(Outcome {
        callers: results,
        took: begin.elapsed(),
    })
}

/// A caller; ends with the loop.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The line of progress; ends with the loop.
struct Shown(JoinHandle<()>);

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.abort();
        progress_done();
    }
}

/// Tells now and then how many are done, and how many a second since it told before.
async fn show(label: String, tickets: Arc<Tickets>) {
    let pause = Duration::from_secs(if is_watched() { 1 } else { 10 });
    let (begin, mut before) = (Instant::now(), (Instant::now(), 0));
    loop {
        sleep(pause).await;
        let done = tickets.done.load(Ordering::Relaxed);
        let per_second = rate(done - before.1, before.0.elapsed());
        let seconds = begin.elapsed().as_secs();
        progress(&format!(
            "{label}: {done} done, {per_second:.0}/s, {seconds} s"
        ));
        before = (Instant::now(), done);
    }
}

/// Figures of one loop.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    bench: &'static str,
    callers: usize,
    sessions: usize,
    tags: usize,
    body_bytes: usize,
    count: u64,
    seconds: f64,
    per_second: f64,
    /// What was timed, and how long it took.
    #[serde(flatten)]
    latencies: Timed,
    /// The server's processor time for each.
    server_us: Option<f64>,
}

/// What was timed.
#[derive(Debug, Default, Serialize)]
pub(super) struct Timed {
    /// From the call to its answer.
    pub(super) submit: Option<LatencyView>,
    /// From the call of a submit to its delivery.
    pub(super) deliver: Option<LatencyView>,
    /// From the answer to a submit to its delivery; nothing, where that was first.
    pub(super) after: Option<LatencyView>,
    /// From the call of a submit to the answer to its ack.
    pub(super) cycle: Option<LatencyView>,
}

/// What a loop was like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) bench: &'static str,
    pub(super) callers: usize,
    pub(super) sessions: usize,
    pub(super) tags: usize,
    pub(super) body_bytes: usize,
}

impl Figures {
    pub(super) fn new(
        shape: Shape,
        count: u64,
        took: Duration,
        latencies: Timed,
        server_us: Option<f64>,
    ) -> Self {
        let Shape {
            bench,
            callers,
            sessions,
            tags,
            body_bytes,
        } = shape;
        let seconds = took.as_secs_f64();
        let per_second = rate(count, took);
        Self {
            bench,
            callers,
            sessions,
            tags,
            body_bytes,
            count,
            seconds,
            per_second,
            latencies,
            server_us,
        }
    }
}

/// How many a second.
#[allow(clippy::cast_precision_loss, reason = "a rate is told in a few digits")]
pub(super) fn rate(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64().max(1e-9)
}

impl Card for Figures {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let line = |it: &Option<LatencyView>| it.as_ref().map_or_else(String::new, |it| it.line());
        let some = |it: usize| {
            if it == 0 {
                String::new()
            } else {
                it.to_string()
            }
        };
        let server = self
            .server_us
            .map_or_else(String::new, |it| format!("{it:.1} µs of processor each"));
        vec![
            ("bench", self.bench.to_owned()),
            ("callers", self.callers.to_string()),
            ("sessions", some(self.sessions)),
            ("tags", self.tags.to_string()),
            ("body", format!("{} B", self.body_bytes)),
            ("done", format!("{} in {:.1} s", self.count, self.seconds)),
            ("per second", format!("{:.0}", self.per_second)),
            ("submit", line(&self.latencies.submit)),
            ("to delivery", line(&self.latencies.deliver)),
            ("of that, after the answer", line(&self.latencies.after)),
            ("to ack", line(&self.latencies.cycle)),
            ("server", server),
        ]
    }
}

/// All callers' times in one.
pub(super) fn merged<'a>(all: impl IntoIterator<Item = &'a Latencies>) -> Latencies {
    let mut merged = Latencies::new();
    all.into_iter().for_each(|it| merged.add(it));
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bounded_loop_does_exactly_so_many() {
        let outcome = run("test", Bound::count(100), 7, |_, tickets| async move {
            let mut mine = 0;
            while tickets.take().is_some() {
                mine += 1;
                tickets.done();
                tokio::task::yield_now().await;
            }
            Ok(mine)
        });
        let outcome = outcome.await.expect("no caller fails");
        assert_eq!(outcome.callers.iter().sum::<u64>(), 100);
    }

    #[tokio::test]
    async fn the_first_failure_ends_a_loop() {
        let endless = Bound {
            duration: Duration::from_secs(3600),
            count: None,
        };
        let outcome = run("test", endless, 2, |number, _| async move {
            match number {
                0 => Err(Failure::failed("no")),
                _ => std::future::pending::<Result<(), _>>().await,
            }
        });
        assert!(outcome.await.is_err());
    }
}
