//! "No" means no.

use std::collections::BTreeSet;

use ackord_core::answer::Reply;
use ackord_core::command::{Fence, Op as Command};
use ackord_core::id::EventId;

use super::{Evidence, Property, Verdict};
use crate::history::Op;
use crate::story::Scene;

pub(super) const PROPERTY: Property = Property {
    name: "refused_changes_nothing",
    proves: "whatever the log carried out of acks, nacks, claims, handoffs, cancels, replays and \
             purges, somebody had asked for who was not told that it failed",
    check,
};

/// What was asked for, or carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Ack(Fence),
    Nack(Fence),
    /// An extension implies a claim.
    Claim(Fence),
    HandOff(Fence),
    Cancel(EventId),
    Replay(EventId),
    Purge(EventId),
}

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let asked: BTreeSet<Deed> = operations
        .iter()
        .filter(|it| it.may_count())
        .filter_map(|it| asked(it.op))
        .collect();
    for scene in evidence.story.scenes.iter().filter(|it| it.answer.is_ok()) {
        for deed in done(scene) {
            verdict.hold(asked.contains(&deed), || {
                format!(
                    "entry {}: {deed:?}, and whoever asked was told no",
                    scene.index
                )
            });
        }
    }
}

fn asked(op: &Op) -> Option<Deed> {
    match op {
        Op::Ack(fence) => Some(Deed::Ack(*fence)),
        Op::Nack { fence, .. } => Some(Deed::Nack(*fence)),
        Op::Claim(fence) | Op::Extend(fence) => Some(Deed::Claim(*fence)),
        Op::Cancel(event) => Some(Deed::Cancel(*event)),
        Op::Replay(event) => Some(Deed::Replay(*event)),
        Op::Purge(event) => Some(Deed::Purge(*event)),
        Op::HandOff { fence, .. } => Some(Deed::HandOff(*fence)),
        Op::Submit(_)
        | Op::Broadcast(_)
        | Op::Checkpoint { .. }
        | Op::Begin { .. }
        | Op::Complete { .. }
        | Op::Force { .. }
        | Op::SetMode(..)
        | Op::Read { .. }
        | Op::FreshRead { .. }
        | Op::Attach { .. }
        | Op::Members(_)
        | Op::Stray(_)
        | Op::Webhook { .. }
        | Op::Cron(_)
        | Op::Approval(_)
        | Op::Bye => None,
    }
}

fn done(scene: &Scene) -> Vec<Deed> {
    match &scene.command.op {
        Command::Ack(it) => vec![Deed::Ack(it.fence)],
        Command::Nack(it) => vec![Deed::Nack(it.fence)],
        Command::Claim(it) => vec![Deed::Claim(it.fence)],
        Command::Handoff(it) => vec![Deed::HandOff(it.fence)],
        Command::Cancel(it) => vec![Deed::Cancel(it.event)],
        Command::Replay(it) => vec![Deed::Replay(it.event)],
        Command::Purge(it) => vec![Deed::Purge(it.event)],
        _ => extended(scene),
    }
}

/// Each item of an extension is answered alone.
fn extended(scene: &Scene) -> Vec<Deed> {
    let (Command::Extend(extend), Ok(Reply::Extended(answers))) =
        (&scene.command.op, &scene.answer)
    else {
        return Vec::new();
    };
    let done = extend.items.iter().zip(answers).filter(|it| it.1.is_ok());
    done.map(|(item, _)| Deed::Claim(item.fence)).collect()
}

#[cfg(test)]
mod tests {
    use ackord_core::answer::Rejection;
    use ackord_core::command::{Ack, Extend, Extension};
    use ackord_core::time::Timestamp;

    use super::super::stage::{ANN, BOB, Stage, fence};
    use super::*;
    use crate::history::Who;

    fn acked() -> Stage {
        let mut stage = Stage::default();
        stage.scene(Command::Ack(Ack {
            fence: fence(1, 1),
            summary: None,
            effects: vec![],
            emits: vec![],
        }));
        stage
    }

    #[test]
    fn who_does_not_know_may_have_done_it() {
        let mut stage = acked();
        stage.invoke(Who::Session(ANN), Op::Ack(fence(1, 1)));
        stage.refused(Who::Session(BOB), Op::Ack(fence(1, 1)));
        stage.holds(PROPERTY);
    }

    #[test]
    fn who_was_refused_has_not_done_it() {
        let mut stage = acked();
        stage.refused(Who::Session(ANN), Op::Ack(fence(1, 1)));
        stage.breaks(PROPERTY, "was told no");
    }

    #[test]
    fn each_extension_is_somebodys() {
        let mut stage = Stage::default();
        let item = |fence| Extension { fence, note: None };
        let items = vec![item(fence(1, 1)), item(fence(2, 1))];
        stage.scene(Command::Extend(Extend { items })).answer = Ok(Reply::Extended(vec![
            Ok(Timestamp(1)),
            Err(Rejection::Gone),
        ]));
        stage.breaks(PROPERTY, "Claim");
        stage.invoke(Who::Session(ANN), Op::Claim(fence(1, 1)));
        stage.holds(PROPERTY);
    }
}
