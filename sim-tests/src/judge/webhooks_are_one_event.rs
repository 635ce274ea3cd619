//! A webhook that was answered 2xx is in, and is one event, however often it was sent to whom.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::answer::{Receipt, Reply};
use ackord_core::command::Op as Said;
use ackord_core::id::EventId;

use super::content::named_by;
use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Op};

pub(super) const PROPERTY: Property = Property {
    name: "webhooks_are_one_event",
    proves: "a webhook that was answered 2xx by any server is in the log as an event; sent again, to \
             whichever server, through whatever change of leaders, it is that one event",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let accepted = accepted(evidence);
    for (content, events) in &accepted {
        verdict.hold(events.len() == 1, || {
            format!("c{content} is several events: {events:?}")
        });
    }
    let mut told: BTreeMap<u64, BTreeSet<EventId>> = BTreeMap::new();
    for asked in evidence.history.operations() {
        let (Op::Webhook { hook, .. }, Some(Answer::Received { event, .. })) =
            (asked.op, asked.ok())
        else {
            continue;
        };
        let content = hook.submission.content;
        told.entry(content).or_default().insert(event);
        let is_in = accepted.get(&content).is_some_and(|it| it.contains(&event));
        verdict.hold(is_in, || {
            format!(
                "{} was answered 2xx as {event}, and is not in the log",
                asked.op
            )
        });
    }
    for (content, events) in told {
        verdict.hold(events.len() == 1, || {
            format!("senders of c{content} were told of several events: {events:?}")
        });
    }
}

/// The events that the log made of each content that came in by way of a source.
fn accepted(evidence: &Evidence) -> BTreeMap<u64, BTreeSet<EventId>> {
    let mut accepted: BTreeMap<u64, BTreeSet<EventId>> = BTreeMap::new();
    for scene in &evidence.story.scenes {
        let (Said::Receive(it), Ok(Reply::Received(Receipt::Accepted(events)))) =
            (&scene.command.op, &scene.answer)
        else {
            continue;
        };
        if let Some(content) = named_by(&it.body) {
            accepted.entry(content).or_default().extend(events);
        }
    }
    accepted
}

#[cfg(test)]
mod tests {
    use super::super::stage::{Stage, event, webhook};
    use super::*;
    use crate::history::{Seal, Who};

    /// A webhook that is accepted by the log as event 1, and told so.
    fn stage() -> Stage {
        let mut stage = Stage::default();
        stage.received(5, 7, "d1", Some(1));
        stage.told_of(7, 1);
        stage
    }

    impl Stage {
        fn told_of(&mut self, content: u64, number: u128) {
            let answer = Answer::Received {
                event: event(number),
                again: false,
            };
            self.ok(Who::Sender, webhook(content, "d1", Seal::Genuine), answer);
        }
    }

    #[test]
    fn the_same_answer_again_is_fine() {
        let mut stage = stage();
        stage.told_of(7, 1);
        stage.holds(PROPERTY);
    }

    #[test]
    fn what_was_answered_is_in_the_log() {
        let mut stage = stage();
        stage.told_of(8, 2);
        stage.breaks(PROPERTY, "is not in the log");
    }

    #[test]
    fn it_is_one_event() {
        let mut stage = stage();
        stage.received(6, 7, "d1", Some(2));
        stage.breaks(PROPERTY, "several events");
        stage.told_of(7, 2);
        stage.breaks(PROPERTY, "were told of several events");
    }
}
