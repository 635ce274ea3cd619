//! What is counted of webhooks: each where this node answers it.

use std::time::Duration;

use ackord_machine::Counters;
use ackord_proto::v1::{RequestOutcome as Outcome, RequestRefusal as Refusal};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::{refusal, reply};

/// Beyond the largest number of an outcome: a closed list, numbered without gaps.
const OUTCOMES_MAX: i32 = 64;

/// The figures of a node's webhooks. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    requests: Counters,
    refusals: Counters,
    answer: Histogram,
    commit: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let outcomes = (0..OUTCOMES_MAX).map_while(|it| Outcome::try_from(it).ok());
        Self {
            requests: Counters::new("outcome", outcomes.map(reply::name)),
            refusals: Counters::new("reason", refusal::names()),
            answer: times(),
            commit: times(),
        }
    }
}

impl Metrics {
    /// Names all figures, and says what they are.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let help = "Webhooks that came here, by what became of them";
        self.requests.register(registry, "webhooks", help);
        let help = "Webhooks that were refused here, by why";
        self.refusals.register(registry, "webhook_refusals", help);
        registry.register_with_unit(
            "webhook_answer",
            "From the header of a webhook to its answer",
            Unit::Seconds,
            self.answer.clone(),
        );
        registry.register_with_unit(
            "webhook_commit",
            "From a verified and routed webhook to the answer of the cluster",
            Unit::Seconds,
            self.commit.clone(),
        );
    }

    pub(crate) fn committed(&self, took: Duration) {
        self.commit.observe(took.as_secs_f64());
    }

    pub(crate) fn answered(&self, outcome: Outcome, refusal: Refusal, took: Duration) {
        let place = |number: i32| usize::try_from(number).unwrap_or_default();
        self.requests.inc(place(outcome.into()));
        if outcome == Outcome::Refused {
            self.refusals.inc(place(refusal.into()));
        }
        self.answer.observe(took.as_secs_f64());
    }
}

/// From half a millisecond to 16 s.
fn times() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 16))
}
