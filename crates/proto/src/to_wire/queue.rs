//! Queues.

use ackord_core::model::{Queue, QueueSettings, Runs};

use super::constant::queue_mode;
use crate::text::owned_or_empty;
use crate::v1;

/// What the sessions of a queue are at, which its row does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Occupancy {
    /// Events in the hands of sessions.
    pub leased: u64,
    /// Events that interrupts pushed aside.
    pub parked: u64,
    /// Sessions that have a stream.
    pub attached: u32,
    /// Of those, the ones that are well and hold nothing.
    pub idle: u32,
}

/// A queue.
#[must_use]
pub fn queue(queue: &Queue, occupancy: Occupancy) -> v1::Queue {
    v1::Queue {
        id: queue.id.to_string(),
        tag: owned_or_empty(queue.tag.as_ref()),
        mode: queue_mode(queue.mode).into(),
        settings: Some(settings(&queue.settings)),
        revision: queue.revision,
        depth: Some(depth(queue, occupancy)),
        sessions_attached: occupancy.attached,
        sessions_idle: occupancy.idle,
    }
}

fn settings(settings: &QueueSettings) -> v1::QueueSettings {
    v1::QueueSettings {
        lease_ms: settings.lease.0,
        claim_limit_ms: settings.claim_limit.0,
        lease_cap_ms: settings.lease_cap.0,
        attempts: settings.attempts,
        strict: settings.strict,
        leases_per_minute: settings.leases_per_minute.unwrap_or_default(),
    }
}

fn depth(queue: &Queue, occupancy: Occupancy) -> v1::QueueDepth {
    let [interrupt, priority, normal] = &queue.runs;
    v1::QueueDepth {
        ready_interrupt: ready(interrupt),
        ready_priority: ready(priority),
        ready_normal: ready(normal),
        delayed: queue.delayed,
        backoff: queue.backoff,
        waiting: queue.waiting,
        leased: occupancy.leased,
        parked: occupancy.parked,
        dead: queue.dead,
        held: queue.held,
    }
}

fn ready(runs: &Runs) -> u64 {
    runs.fresh.len.saturating_add(runs.returned.len)
}
