//! What goes out with an ack goes out with it, all or nothing.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::command::Fence;
use ackord_core::id::EventId;
use ackord_core::rows::{Key, Row};

use super::content::named_by;
use super::{Evidence, Property, Verdict};
use crate::history::{Answer, CronDeed, Op, Operation, Via};

pub(super) const PROPERTY: Property = Property {
    name: "emits_go_with_their_ack",
    proves: "of what a session sends with one ack, and of the crons that it makes with it, all is there or \
             nothing; it is there only if that ack counts, and under the ids that the session was told",
    check,
};

/// What was sent with an ack: the first operation after the ack's own names it.
#[derive(Default)]
struct Parcel<'a> {
    /// Each with its name.
    parts: Vec<(&'a Operation<'a>, String)>,
    ack: Option<&'a Operation<'a>>,
}

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let kept = kept(evidence);
    for parcel in parcels(&operations).into_values() {
        let Some(ack) = parcel.ack else { continue };
        let names: Vec<&str> = parcel.parts.iter().map(|it| it.1.as_str()).collect();
        let is_there = |name: &&str| kept.contains_key(*name);
        let there: BTreeSet<&str> = names.iter().copied().filter(is_there).collect();
        verdict.hold(there.is_empty() || there.len() == names.len(), || {
            format!("{} goes with {there:?} of {names:?}", ack.op)
        });
        verdict.hold(there.is_empty() || ack.may_count(), || {
            format!("{} was refused, and {there:?} went out", ack.op)
        });
        let counted = ack.op.fence().is_some_and(|it| counts(evidence, it));
        verdict.hold(there.is_empty() || counted, || {
            format!("{} does not count, and {there:?} went out", ack.op)
        });
        for (asked, name) in &parcel.parts {
            let told = match asked.ok() {
                None => continue,
                Some(Answer::Submitted { event, .. }) => Some(event),
                Some(_) => None,
            };
            verdict.hold(kept.get(name) == Some(&told), || {
                format!("{name} was to be {told:?}, and is {:?}", kept.get(name))
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
            op => {
                let Some((fence, name)) = part(op) else {
                    continue;
                };
                let Some(ack) = acks.get(&fence) else {
                    continue;
                };
                let parcel = parcels.entry(*ack).or_default();
                parcel.ack = Some(&operations[*ack]);
                parcel.parts.push((asked, name));
            }
        }
    }
    parcels
}

/// What goes out with the ack of which delivery, by its name. No two crons are made of one label.
fn part(op: &Op) -> Option<(Fence, String)> {
    match op {
        Op::Submit(it) => match it.via {
            Via::Ack(fence) => Some((fence, content(it.content))),
            Via::Submit | Via::Message => None,
        },
        Op::Cron(it) if matches!(it.deed, CronDeed::Create(_)) => Some((it.with?, cron(&it.label))),
        _ => None,
    }
}

fn content(content: u64) -> String {
    format!("c{content}")
}

fn cron(label: &str) -> String {
    format!("cron {label}")
}

/// What is there, and the event that it is, if it is one.
fn kept(evidence: &Evidence) -> BTreeMap<String, Option<EventId>> {
    let rows = evidence.rows.iter();
    let events = rows.filter_map(|(key, row)| match (key, row) {
        (Key::Content(_, event), Row::Content(it)) => {
            Some((content(named_by(&it.body)?), Some(*event)))
        }
        _ => None,
    });
    let crons = evidence.story.crons.values();
    let crons = crons.map(|it| (cron(it.as_str()), None));
    events.chain(crons).collect()
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
    use ackord_core::id::{CronId, TeamId};
    use ackord_core::model::{Content, QueueSettings};
    use ackord_core::text::Label;

    use super::super::body_of;
    use super::super::stage::{ANN, Stage, fence, submission};
    use super::*;
    use crate::draw::Draw;
    use crate::history::{CronAsk, Submission, Who};
    use crate::plan::{CronPlan, QueuePlan};

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
        stage.breaks(PROPERTY, r#"goes with {"c7"} of ["c7", "c8"]"#);
        keep(&mut stage, 8);
        stage.holds(PROPERTY);
    }

    #[test]
    fn a_cron_goes_with_the_rest() {
        let mut stage = stage();
        let cron = CronPlan::draw(&mut Draw::new(1), &[queue()]);
        let ask = CronAsk {
            label: "a1".to_owned(),
            deed: CronDeed::Create(cron),
            with: Some(fence(1, 1)),
        };
        stage.ok(Who::Session(ANN), Op::Cron(ask), Answer::Done { index: 1 });
        keep(&mut stage, 7);
        keep(&mut stage, 8);
        stage.breaks(PROPERTY, "cron a1 was to be");
        let label = Label::new("a1").expect("a valid label");
        stage.evidence.story.crons.insert(CronId(1), label);
        stage.holds(PROPERTY);
    }

    fn queue() -> QueuePlan {
        QueuePlan {
            tag: None,
            settings: QueueSettings::default(),
            sessions: 1,
        }
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
