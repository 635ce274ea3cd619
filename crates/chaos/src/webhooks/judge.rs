//! What must hold of webhooks, judged by what sessions saw.

use super::inbox::Inbox;
use super::sender::{Answers, Habit};
use crate::judge::Violation;

/// Judges one burst, once all that was taken had time to be acknowledged.
pub(super) fn judge(answers: &Answers, inbox: &Inbox, habit: Habit) -> Vec<Violation> {
    let seen = inbox.all();
    let done = |key: &u64| seen.get(key).is_some_and(|it| !it.acked.is_empty());
    let lost = answers.taken().filter(|it| !done(it));
    let lost = lost.map(|key| Violation {
        property: "what was answered 2xx is not lost",
        detail: format!("webhook {key} was answered 2xx, and no ack of it counted"),
    });
    let several = answers.sent().filter_map(|key| {
        let seen = seen.get(&key)?;
        (seen.events.len() > 1).then(|| Violation {
            property: "a webhook is one event",
            detail: format!("webhook {key} came as {:?}", seen.events),
        })
    });
    let missing = answers.sent().count() - answers.taken().count();
    let unsent = (habit == Habit::UntilTaken && missing > 0).then(|| Violation {
        property: "who sends again is heard in the end",
        detail: format!("{missing} webhooks were never answered 2xx"),
    });
    lost.chain(several).chain(unsent).collect()
}
