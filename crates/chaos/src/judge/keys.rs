//! However often a submit is repeated, over however many crashes, one key is one event.

use ackord_client::Taken;

use super::Violation;
use crate::sink::Heard;

pub(super) fn judge(heard: &Heard) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (key, answers) in &heard.submits {
        let first = &answers[0];
        if let Some(other) = answers.iter().find(|it| it.event != first.event) {
            violations.push(Violation {
                property: "one key is one event",
                detail: format!(
                    "{key} was answered with {}, then {}",
                    first.event, other.event
                ),
            });
        }
        // An event's id may come again where the log lost its end.
        if answers[1..].iter().any(|it| it.taken == Taken::Accepted) {
            violations.push(Violation {
                property: "what was accepted stays known",
                detail: format!("{key} was answered, and accepted as new after that"),
            });
        }
    }
    violations
}
