//! What is counted of the API's answers: each where this node gives it, so the sum over all nodes is
//! what the cluster's callers have heard.

use ackord_machine::Counters;
use ackord_proto::v1::submit_result::Result as Submitted;
use ackord_proto::v1::{self, RefusalReason as Reason, SubmitOutcome};
use prometheus_client::registry::Registry;

/// Beyond the largest number of a reason: a closed list, numbered without gaps.
const REASONS_MAX: i32 = 256;
/// What every name of a reason begins with.
const REASON_PREFIX: &str = "REFUSAL_REASON_";

/// The figures of one API. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    submits: Counters,
    acks: Counters,
    nacks: Counters,
    refusals: Counters,
}

/// What became of a submit, by its place in the names.
const SUBMITS: [&str; 4] = ["accepted", "duplicate", "conflict", "refused"];
/// What became of an ack.
const ACKS: [&str; 3] = ["acked", "again", "refused"];
/// What became of a nack.
const NACKS: [&str; 4] = ["retrying", "dead", "again", "refused"];

impl Default for Metrics {
    fn default() -> Self {
        Self {
            submits: Counters::new("result", SUBMITS),
            acks: Counters::new("result", ACKS),
            nacks: Counters::new("result", NACKS),
            refusals: Counters::new("reason", reasons()),
        }
    }
}

/// The names of all reasons, by their numbers.
fn reasons() -> impl Iterator<Item = String> {
    let all = (0..REASONS_MAX).map_while(|it| Reason::try_from(it).ok());
    all.map(|it| {
        let name = it.as_str_name();
        name.trim_start_matches(REASON_PREFIX).to_ascii_lowercase()
    })
}

impl Metrics {
    /// Names all figures, and says what they are.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let help = "Events that were submitted here, by what they were answered";
        self.submits.register(registry, "submits", help);
        let help = "Acks that were sent here, by what they were answered";
        self.acks.register(registry, "acks", help);
        let help = "Nacks that were sent here, by what they were answered";
        self.nacks.register(registry, "nacks", help);
        let help = "Calls, and items of calls, that were refused here or whose outcome is unknown";
        self.refusals.register(registry, "refusals", help);
    }

    /// A submit was answered.
    pub(crate) fn submitted(&self, result: &v1::SubmitResult) {
        let place = match &result.result {
            Some(Submitted::Submitted(it)) => match it.outcome() {
                SubmitOutcome::Accepted | SubmitOutcome::Unspecified => 0,
                SubmitOutcome::Duplicate => 1,
                SubmitOutcome::Conflict => 2,
            },
            Some(Submitted::Refusal(refusal)) => {
                self.refused(refusal.reason());
                3
            }
            None => 3,
        };
        self.submits.inc(place);
    }

    /// An ack was answered.
    pub(crate) fn acked<E>(&self, result: &Result<v1::Acked, E>) {
        self.acks.inc(match result {
            Ok(acked) if acked.again => 1,
            Ok(_) => 0,
            Err(_) => 2,
        });
    }

    /// A nack was answered.
    pub(crate) fn nacked<E>(&self, result: &Result<v1::Nacked, E>) {
        self.nacks.inc(match result {
            Ok(nacked) => match &nacked.next {
                Some(v1::nacked::Next::RetryAtMs(_)) => 0,
                Some(v1::nacked::Next::Dead(_)) => 1,
                None => 2,
            },
            Err(_) => 3,
        });
    }

    /// Something was refused.
    pub(crate) fn refused(&self, reason: Reason) {
        self.refusals
            .inc(usize::try_from(reason as i32).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_numbered_without_gaps() {
        let names: Vec<_> = reasons().collect();
        assert_eq!(names[Reason::NotFound as usize], "not_found");
        let beyond = i32::try_from(names.len()).expect("a short list");
        for number in beyond..REASONS_MAX {
            assert!(Reason::try_from(number).is_err(), "{number}");
        }
    }
}
