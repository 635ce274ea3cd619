//! One ack of an event counts, whoever repeats it names the same entry, and no new delivery begins
//! once a session was told that its ack counts.

use super::Violation;
use crate::sink::{Heard, Witness};

pub(super) fn judge(heard: &Heard) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (event, witness) in &heard.events {
        violations.extend(one_counts(event, witness));
        violations.extend(none_follows(event, witness));
        violations.extend(stays_known(event, witness));
    }
    violations
}

fn one_counts(event: &str, witness: &Witness) -> Option<Violation> {
    let first = witness.acked.first()?;
    let effective = witness.acked.iter().filter(|it| !it.again).count();
    let same = witness
        .acked
        .iter()
        .all(|it| (it.index, it.delivery) == (first.index, first.delivery));
    (effective > 1 || !same).then(|| Violation {
        property: "one ack counts",
        detail: format!("{event}: {:?}", witness.acked),
    })
}

fn none_follows(event: &str, witness: &Witness) -> Option<Violation> {
    let ack = witness.acked.iter().min_by_key(|it| it.order)?;
    let late = witness
        .seen
        .iter()
        .find(|it| it.order > ack.order && it.delivery > ack.delivery)?;
    Some(Violation {
        property: "no delivery follows an ack",
        detail: format!(
            "{event}: delivery {} came after the ack of {}",
            late.delivery, ack.delivery
        ),
    })
}

fn stays_known(event: &str, witness: &Witness) -> Option<Violation> {
    let why = witness.disowned.as_ref()?;
    Some(Violation {
        property: "an ack that counted stays known",
        detail: format!("{event}: {why}"),
    })
}
