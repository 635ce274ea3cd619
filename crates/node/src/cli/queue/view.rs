//! A queue as it is shown.

use ackord_client::v1;
use serde::Serialize;

use crate::cli::output::{Card, Row};
use crate::cli::values::{span, word};

/// A queue.
#[derive(Serialize)]
pub(super) struct QueueView {
    id: String,
    tag: String,
    mode: String,
    revision: u64,
    settings: Settings,
    depth: Depth,
    sessions_attached: u32,
    sessions_idle: u32,
}

#[derive(Serialize)]
struct Settings {
    lease_ms: u64,
    claim_limit_ms: u64,
    lease_cap_ms: u64,
    attempts: u32,
    strict: bool,
    leases_per_minute: u32,
}

#[derive(Serialize)]
struct Depth {
    ready_interrupt: u64,
    ready_priority: u64,
    ready_normal: u64,
    delayed: u64,
    backoff: u64,
    waiting: u64,
    leased: u64,
    parked: u64,
    dead: u64,
    held: u64,
}

impl From<v1::Queue> for QueueView {
    fn from(it: v1::Queue) -> Self {
        let mode = word(it.mode().as_str_name(), "QUEUE_MODE");
        let settings = it.settings.unwrap_or_default();
        let depth = it.depth.unwrap_or_default();
        Self {
            id: it.id,
            tag: it.tag,
            mode,
            revision: it.revision,
            settings: Settings {
                lease_ms: settings.lease_ms,
                claim_limit_ms: settings.claim_limit_ms,
                lease_cap_ms: settings.lease_cap_ms,
                attempts: settings.attempts,
                strict: settings.strict,
                leases_per_minute: settings.leases_per_minute,
            },
            depth: Depth {
                ready_interrupt: depth.ready_interrupt,
                ready_priority: depth.ready_priority,
                ready_normal: depth.ready_normal,
                delayed: depth.delayed,
                backoff: depth.backoff,
                waiting: depth.waiting,
                leased: depth.leased,
                parked: depth.parked,
                dead: depth.dead,
                held: depth.held,
            },
            sessions_attached: it.sessions_attached,
            sessions_idle: it.sessions_idle,
        }
    }
}

impl QueueView {
    fn ready(&self) -> u64 {
        self.depth.ready_interrupt + self.depth.ready_priority + self.depth.ready_normal
    }

    fn sessions(&self) -> String {
        format!("{} ({} idle)", self.sessions_attached, self.sessions_idle)
    }
}

impl Row for QueueView {
    const HEAD: &'static [&'static str] = &[
        "tag", "mode", "ready", "waiting", "leased", "backoff", "delayed", "dead", "sessions",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            if self.tag.is_empty() {
                "(untagged)".to_owned()
            } else {
                self.tag.clone()
            },
            self.mode.clone(),
            self.ready().to_string(),
            self.depth.waiting.to_string(),
            (self.depth.leased + self.depth.parked).to_string(),
            self.depth.backoff.to_string(),
            self.depth.delayed.to_string(),
            self.depth.dead.to_string(),
            self.sessions(),
        ]
    }
}

impl Card for QueueView {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let Depth {
            ready_interrupt,
            ready_priority,
            ready_normal,
            ..
        } = self.depth;
        let rate = match self.settings.leases_per_minute {
            0 => "no bound".to_owned(),
            rate => format!("{rate} leases a minute"),
        };
        vec![
            ("id", self.id.clone()),
            ("tag", self.tag.clone()),
            ("mode", self.mode.clone()),
            ("lease", span(self.settings.lease_ms)),
            ("claim limit", span(self.settings.claim_limit_ms)),
            ("lease cap", span(self.settings.lease_cap_ms)),
            ("attempts", self.settings.attempts.to_string()),
            ("strict", self.settings.strict.to_string()),
            ("rate", rate),
            ("revision", self.revision.to_string()),
            (
                "ready",
                format!(
                    "{} ({ready_interrupt} interrupt, {ready_priority} priority, {ready_normal} \
                     normal)",
                    self.ready()
                ),
            ),
            ("waiting", self.depth.waiting.to_string()),
            ("leased", self.depth.leased.to_string()),
            ("parked", self.depth.parked.to_string()),
            ("backoff", self.depth.backoff.to_string()),
            ("delayed", self.depth.delayed.to_string()),
            ("dead", self.depth.dead.to_string()),
            ("held", self.depth.held.to_string()),
            ("sessions", self.sessions()),
        ]
    }
}
