//! What goes out with an ack goes out with it, all or nothing.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::command::Fence;
use ackord_core::id::EventId;
use ackord_core::rows::{Key, Row};

use super::content::named_by;
use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Op, Operation, Via};

pub(super) const PROPERTY: Property = Property {
    name: "emits_go_with_their_ack",
    proves: "of what a session sends with one ack all is there or nothing; it is there only if that \
             ack counts, and under the ids that the session was told",
    check,
};

/// What was sent with an ack: the first operation after the ack's own names it.
#[derive(Default)]
struct Parcel<'a> {
    posts: Vec<(&'a Operation<'a>, u64)>,
    ack: Option<&'a Operation<'a>>,
}

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let kept = kept(evidence);
    for parcel in parcels(&operations).into_values() {
        let Some(ack) = parcel.ack else { continue };
        let is_there = |content: &u64| kept.contains_key(content);
        let contents: Vec<u64> = parcel.posts.iter().map(|it| it.1).collect();
        let there: BTreeSet<u64> = contents.iter().copied().filter(is_there).collect();
        verdict.hold(there.is_empty() || there.len() == contents.len(), || {
            format!("{} goes with {there:?} of {contents:?}", ack.op)
        });
        verdict.hold(there.is_empty() || ack.may_count(), || {
            format!("{} was refused, and {there:?} went out", ack.op)
        });
        let counted = ack.op.fence().is_some_and(|it| counts(evidence, it));
        verdict.hold(there.is_empty() || counted, || {
            format!("{} does not count, and {there:?} went out", ack.op)
        });
        for (asked, content) in &parcel.posts {
            let Some(Answer::Submitted { event, .. }) = asked.ok() else {
                continue;
            };
            verdict.hold(kept.get(content) == Some(&event), || {
                format!(
                    "c{content} was to be {event}, and is {:?}",
                    kept.get(content)
                )
            });
        }
    }
}

/// By the ack's operation: what is sent with an ack is asked right after it.
fn parcels<'a>(operations: &'a [Operation<'a>]) -> BTreeMap<usize, Parcel<'a>> {
    let mut parcels: BTreeMap<usize, Parcel<'a>> = BTreeMap::new();
    let mut acks: BTreeMap<Fence, usize> = BTreeMap::new();
    for (nth, asked) in operations.iter().enumerate() {
        match asked.op {
            Op::Ack(fence) => {
                acks.insert(*fence, nth);
            }
            Op::Submit(it) => {
                let Via::Ack(fence) = it.via else { continue };
                let Some(ack) = acks.get(&fence) else {
                    continue;
                };
                let parcel = parcels.entry(*ack).or_default();
                parcel.ack = Some(&operations[*ack]);
                parcel.posts.push((asked, it.content));
            }
            _ => {}
        }
    }
    parcels
}

/// The event of each content that is kept.
fn kept(evidence: &Evidence) -> BTreeMap<u64, EventId> {
    let rows = evidence.rows.iter();
    rows.filter_map(|(key, row)| match (key, row) {
        (Key::Content(_, event), Row::Content(it)) => Some((named_by(&it.body)?, *event)),
        _ => None,
    })
    .collect()
}

/// Whether an ack of this delivery counted, as the log tells it.
fn counts(evidence: &Evidence, fence: Fence) -> bool {
    let mut scenes = evidence.story.scenes.iter();
    scenes.any(|it| {
        matches!(&it.command.op, ackord_core::command::Op::Ack(ack) if ack.fence == fence)
            && it.answer.is_ok()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ackord_core::command;
    use ackord_core::id::TeamId;
    use ackord_core::model::Content;

    use super::super::body_of;
    use super::super::stage::{ANN, Stage, fence, submission};
    use super::*;
    use crate::history::{Submission, Who};

    /// An ack with two parts that counts.
    fn stage() -> Stage {
        let mut stage = Stage::default();
        stage.scene(command::Op::Ack(command::Ack {
            fence: fence(1, 1),
            summary: None,
            effects: Vec::new(),
            emits: Vec::new(),
        }));
        stage.acked(fence(1, 1), 1);
        for content in [7, 8] {
            let part = Submission {
                via: Via::Ack(fence(1, 1)),
                ..submission(content)
            };
            stage.invoke(Who::Session(ANN), Op::Submit(Arc::new(part)));
        }
        stage
    }

    fn keep(stage: &mut Stage, content: u64) {
        let event = EventId(u128::from(content));
        let row = Row::Content(Content {
            content_type: None,
            meta: Vec::new(),
            instruction: None,
            shown_bytes: None,
            body: body_of(content, 0),
        });
        let key = Key::Content(TeamId(1), event);
        stage
            .evidence
            .rows
            .commit(vec![ackord_core::rows::Change::Put(key, row)]);
    }

    #[test]
    fn all_of_it_or_nothing() {
        let mut stage = stage();
        stage.holds(PROPERTY);
        keep(&mut stage, 7);
        stage.breaks(PROPERTY, "goes with {7} of [7, 8]");
        keep(&mut stage, 8);
        stage.holds(PROPERTY);
    }

    #[test]
    fn nothing_goes_without_the_ack() {
        let mut stage = stage();
        stage.evidence.story.scenes.clear();
        keep(&mut stage, 7);
        keep(&mut stage, 8);
        stage.breaks(PROPERTY, "does not count");
    }
}
