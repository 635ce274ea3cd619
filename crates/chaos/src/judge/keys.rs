//! However often a submit is repeated, over however many crashes, one key is one event.

use super::Violation;
use crate::sink::Heard;

pub(super) fn judge(heard: &Heard) -> Vec<Violation> {
    let broken = heard
        .submits
        .iter()
        .filter(|(_, answers)| answers.iter().any(|it| it.event != answers[0].event));
    broken
        .map(|(key, answers)| Violation {
            property: "one key is one event",
            detail: format!("{key} was answered with {} and others", answers[0].event),
        })
        .collect()
}
