//! What is counted of deliveries and streams.

use ackord_core::history::{DeliveryCause, ReturnCause, StepKind};
use ackord_core::model::Phase;
use ackord_machine::Counters;
use prometheus_client::registry::Registry;

use crate::delivery::{Closed, Delivery};

/// The figures of one hub.
#[derive(Debug)]
pub(crate) struct Metrics {
    deliveries: Counters,
    closed: Counters,
}

/// Why a session was written an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    First,
    Unconfirmed,
    Unclaimed,
    SessionLost,
    LeaseExpired,
    Nack,
    Takeover,
    Resume,
    Reconnection,
    /// Its history does not say any more.
    Unknown,
}

impl Cause {
    const NAMES: [&str; 10] = [
        "first",
        "unconfirmed",
        "unclaimed",
        "session_lost",
        "lease_expired",
        "nack",
        "takeover",
        "resume",
        "reconnection",
        "unknown",
    ];

    fn of(delivery: &Delivery) -> Self {
        // It was written before, to another stream of the same session.
        if delivery.lease.phase != Phase::Offered {
            return Self::Reconnection;
        }
        let mut steps = delivery.event.history.steps.iter().rev();
        let leased = steps.find_map(|it| match &it.kind {
            StepKind::Leased { cause, .. } => Some(*cause),
            _ => None,
        });
        match leased {
            None => Self::Unknown,
            Some(DeliveryCause::First) => Self::First,
            Some(DeliveryCause::Takeover) => Self::Takeover,
            Some(DeliveryCause::Resume) => Self::Resume,
            Some(DeliveryCause::Again) => steps
                .find_map(|it| match &it.kind {
                    StepKind::Returned { cause, .. } => Some(Self::of_return(*cause)),
                    _ => None,
                })
                .unwrap_or(Self::Unknown),
        }
    }

    const fn of_return(cause: ReturnCause) -> Self {
        match cause {
            ReturnCause::Unconfirmed => Self::Unconfirmed,
            ReturnCause::Unclaimed => Self::Unclaimed,
            ReturnCause::SessionLost => Self::SessionLost,
            ReturnCause::LeaseExpired => Self::LeaseExpired,
            ReturnCause::Nack => Self::Nack,
        }
    }
}

/// By the places of [`Closed`].
const CLOSED: [&str; 7] = [
    "superseded",
    "revoked",
    "shutting_down",
    "bye",
    "stalled",
    "forgotten",
    "isolated",
];

impl Default for Metrics {
    fn default() -> Self {
        Self {
            deliveries: Counters::new("cause", Cause::NAMES),
            closed: Counters::new("cause", CLOSED),
        }
    }
}

impl Metrics {
    /// Names all figures, and says what they are.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let help = "Events that this node wrote to a session, by why it was given the event";
        self.deliveries.register(registry, "deliveries", help);
        let help = "Streams of sessions that this node closed, by why";
        self.closed.register(registry, "streams_closed", help);
    }

    /// A stream takes a delivery.
    pub(crate) fn delivered(&self, delivery: &Delivery) {
        self.deliveries.inc(Cause::of(delivery) as usize);
    }

    /// A stream is closed.
    pub(crate) fn closed(&self, cause: Closed) {
        self.closed.inc(cause as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_name() {
        for (cause, name) in [
            (Cause::First, "first"),
            (Cause::Nack, "nack"),
            (Cause::Reconnection, "reconnection"),
            (Cause::Unknown, "unknown"),
        ] {
            assert_eq!(Cause::NAMES[cause as usize], name);
        }
        for (cause, name) in [
            (Closed::Superseded, "superseded"),
            (Closed::ShuttingDown, "shutting_down"),
            (Closed::Isolated, "isolated"),
        ] {
            assert_eq!(CLOSED[cause as usize], name);
        }
    }
}
