//! Every accepted event reached a session and was acknowledged, nothing else did, and no session
//! was sent away.

use std::collections::BTreeSet;

use super::Violation;
use crate::sink::Heard;

pub(super) fn judge(heard: &Heard) -> Vec<Violation> {
    let accepted: BTreeSet<&str> = heard
        .submits
        .values()
        .flatten()
        .map(|it| it.event.as_str())
        .collect();
    let done = |event: &str| {
        heard
            .events
            .get(event)
            .is_some_and(|it| !it.acked.is_empty())
    };
    let lost = accepted
        .iter()
        .filter(|it| !done(it))
        .map(|event| Violation {
            property: "nothing accepted is lost",
            detail: match heard.events.get(*event) {
                None => format!("{event} was accepted and never seen again"),
                Some(_) => format!("{event} was delivered, and no ack of it was answered"),
            },
        });
    let phantoms = heard
        .events
        .keys()
        .filter(|it| !accepted.contains(it.as_str()));
    let phantoms = phantoms.map(|event| Violation {
        property: "nothing comes that was not submitted",
        detail: format!("{event} was delivered, and stands for no submit"),
    });
    let refused = heard.refused.iter().map(|why| Violation {
        property: "sessions stay welcome",
        detail: why.clone(),
    });
    lost.chain(phantoms).chain(refused).collect()
}
