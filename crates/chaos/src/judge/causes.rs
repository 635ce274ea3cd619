//! The event's own history has a cause for each of its deliveries, and every delivery that a
//! session saw is one of them.

use ackord_client::v1::{self, DeliveryCause, StepKind};

use super::Violation;
use crate::sink::Heard;

pub(super) fn judge(heard: &Heard, event: &v1::Event) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut violation = |detail: String| {
        let property = "every delivery has a cause";
        violations.push(Violation {
            property,
            detail: format!("{}: {detail}", event.id),
        });
    };
    let leases: Vec<&v1::Step> = event
        .history
        .iter()
        .filter(|it| it.kind() == StepKind::Leased)
        .collect();
    if event.history_dropped == 0 {
        let numbers: Vec<u32> = leases.iter().map(|it| it.delivery).collect();
        if numbers != (1..=event.delivery).collect::<Vec<_>>() {
            violation(format!(
                "{} deliveries, and the history has {numbers:?}",
                event.delivery
            ));
        }
    }
    for lease in leases {
        if lease.delivery_cause() == DeliveryCause::Unspecified {
            violation(format!("delivery {} has no cause", lease.delivery));
        }
        let first = lease.delivery_cause() == DeliveryCause::First;
        if first != (lease.delivery == 1) {
            violation(format!(
                "delivery {} is said to be the first",
                lease.delivery
            ));
        }
    }
    let seen = heard
        .events
        .get(&event.id)
        .map(|it| it.seen.as_slice())
        .unwrap_or_default();
    if let Some(unknown) = seen.iter().find(|it| it.delivery > event.delivery) {
        violation(format!(
            "a session saw delivery {}, which never was",
            unknown.delivery
        ));
    }
    violations
}
