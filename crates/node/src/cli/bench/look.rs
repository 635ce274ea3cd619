//! What the bench of scale sees at one number of pending events, and what it makes of all looks.

use serde::Serialize;

use super::latency::LatencyView;
use super::probe::Cost;
use crate::cli::output::Card;
use crate::cli::values::bytes;

/// One look.
#[derive(Serialize)]
pub(super) struct Look {
    pub(super) when: String,
    pub(super) pending: u64,
    /// Submits a second on the way here, or acks.
    pub(super) per_second: f64,
    /// The server's processor time for each of these.
    pub(super) server_us: f64,
    pub(super) resident_bytes: u64,
    /// The most since the last start.
    pub(super) resident_peak_bytes: u64,
    pub(super) disk_bytes: u64,
    pub(super) idle: Cost,
    pub(super) busy: Cost,
    pub(super) dispatch: Dispatch,
    /// From the start after a kill until the node serves.
    pub(super) restart_seconds: f64,
}

/// What it costs to take the next event from a queue.
#[derive(Serialize)]
pub(super) struct Dispatch {
    /// From an ack to the next delivery.
    pub(super) next: LatencyView,
    /// The server's processor time for each.
    pub(super) server_us: f64,
}

impl Card for Look {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let cost = |it: &Cost, of: &str| {
            format!(
                "{}  (together {:.0} {of}/s, server {:.1} µs each)",
                it.alone.line(),
                it.per_second,
                it.server_us
            )
        };
        let way = format!(
            "{:.0}  (server {:.1} µs each)",
            self.per_second, self.server_us
        );
        let memory = format!(
            "{}  (at most {})",
            bytes(self.resident_bytes),
            bytes(self.resident_peak_bytes)
        );
        let Dispatch { next, server_us } = &self.dispatch;
        vec![
            ("look", self.when.clone()),
            ("pending", self.pending.to_string()),
            ("per second", way),
            ("memory", memory),
            ("disk", bytes(self.disk_bytes)),
            ("submit, sessions idle", cost(&self.idle, "cycles")),
            ("submit, sessions busy", cost(&self.busy, "submits")),
            (
                "ack to next",
                format!("{}  (server {server_us:.1} µs each)", next.line()),
            ),
            ("restart", format!("{:.2} s", self.restart_seconds)),
        ]
    }
}

/// The dearest look against the first one, and the worst of what must stay within a bound.
#[derive(Serialize)]
pub(super) struct Verdict {
    /// Median of one caller alone, and processor time of many.
    submit_idle: (f64, f64),
    submit_busy: (f64, f64),
    dispatch: (f64, f64),
    resident_peak_bytes: u64,
    restart_seconds: f64,
}

impl Verdict {
    pub(super) fn of(looks: &[Look]) -> Self {
        let worst = |of: fn(&Look) -> f64| {
            let first = looks.first().map_or(1.0, of);
            looks.iter().map(|it| of(it) / first).fold(0.0, f64::max)
        };
        Self {
            submit_idle: (
                worst(|it| median(it.idle.alone)),
                worst(|it| it.idle.server_us),
            ),
            submit_busy: (
                worst(|it| median(it.busy.alone)),
                worst(|it| it.busy.server_us),
            ),
            dispatch: (
                worst(|it| median(it.dispatch.next)),
                worst(|it| it.dispatch.server_us),
            ),
            resident_peak_bytes: looks
                .iter()
                .map(|it| it.resident_peak_bytes)
                .max()
                .unwrap_or(0),
            restart_seconds: looks
                .iter()
                .map(|it| it.restart_seconds)
                .fold(0.0, f64::max),
        }
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a ratio is told in a few digits"
)]
fn median(times: LatencyView) -> f64 {
    times.p50_us.max(1) as f64
}

impl Card for Verdict {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let ratio = |(time, cpu): (f64, f64)| format!("{time:.2} in time, {cpu:.2} in processor");
        vec![
            ("worst against the first", String::from("look")),
            ("submit, sessions idle", ratio(self.submit_idle)),
            ("submit, sessions busy", ratio(self.submit_busy)),
            ("ack to next", ratio(self.dispatch)),
            ("memory, at most", bytes(self.resident_peak_bytes)),
            ("restart, at most", format!("{:.2} s", self.restart_seconds)),
        ]
    }
}
