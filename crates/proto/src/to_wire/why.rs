//! Why an event is where it is.

use ackord_core::Why;
use ackord_core::model::Outcome;

use super::constant::dead_cause;
use crate::v1;
use crate::v1::WhyReason as Reason;

/// Why an event is where it is.
#[must_use]
pub fn why(why: &Why) -> v1::WhyResponse {
    let bare = |reason: Reason| v1::WhyResponse {
        reason: reason.into(),
        message: why.to_string(),
        ..v1::WhyResponse::default()
    };
    match *why {
        Why::Delayed { until } => v1::WhyResponse {
            until_ms: until.0,
            ..bare(Reason::Delayed)
        },
        Why::Backoff { until } => v1::WhyResponse {
            until_ms: until.0,
            ..bare(Reason::Backoff)
        },
        Why::Held { source } => v1::WhyResponse {
            source_id: source.to_string(),
            ..bare(Reason::Held)
        },
        Why::OrderingKey { holder } => v1::WhyResponse {
            event_id: holder.to_string(),
            ..bare(Reason::OrderingKey)
        },
        Why::Strict { holder } => v1::WhyResponse {
            event_id: holder.to_string(),
            ..bare(Reason::Strict)
        },
        Why::Paused => bare(Reason::Paused),
        Why::Rate { until } => v1::WhyResponse {
            until_ms: until.0,
            ..bare(Reason::Rate)
        },
        Why::NoSession => bare(Reason::NoSession),
        Why::NoWellSession { unreachable, deaf } => v1::WhyResponse {
            unreachable,
            deaf,
            ..bare(Reason::NoWellSession)
        },
        Why::AllBusy { sessions } => v1::WhyResponse {
            sessions,
            ..bare(Reason::AllBusy)
        },
        Why::Next => bare(Reason::Next),
        Why::Leased { session } => v1::WhyResponse {
            session_id: session.to_string(),
            ..bare(Reason::Leased)
        },
        Why::Parked { session } => v1::WhyResponse {
            session_id: session.to_string(),
            ..bare(Reason::Parked)
        },
        Why::Dead { cause } => v1::WhyResponse {
            dead_cause: dead_cause(cause).into(),
            ..bare(Reason::Dead)
        },
        Why::Ended { outcome } => bare(match outcome {
            Outcome::Done => Reason::Done,
            Outcome::Cancelled => Reason::Cancelled,
            Outcome::Purged => Reason::Purged,
        }),
    }
}
