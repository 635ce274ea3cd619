//! What a session is given was submitted, to its queue, as it is; and was not refused.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::command::Fence;
use ackord_core::id::EventId;
use ackord_core::model::Origin;
use ackord_core::rows::{Key, Row};
use ackord_core::text::Tag;

use super::{Evidence, FOREIGN_BODY, Property, Verdict, content_of};
use crate::history::{
    Answer, Copied, History, Moment, Op, Operation, Process, Seal, Sight, Submission, Taken, What,
    Who,
};
use crate::story::{Story, alarm_of};

pub(super) const PROPERTY: Property = Property {
    name: "no_phantom",
    proves: "every delivery carries whole what somebody submitted before to the session's queue, \
             or handed to it, \
             under the id that the submitter was told; what was said to everybody where its sender was \
             told that it went; nothing that was refused is delivered or kept; ticks of crons apart, \
             which are of crons that somebody has made, and what tells of a silence",
    check,
};

/// All submits of each content.
type Submits<'a> = BTreeMap<u64, Vec<(&'a Operation<'a>, &'a Submission)>>;

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let mut submits = Submits::new();
    for asked in &operations {
        let submission = match asked.op {
            Op::Submit(submission) | Op::Broadcast(submission) => submission,
            Op::Webhook { hook, .. } if hook.seal == Seal::Genuine => &hook.submission,
            _ => continue,
        };
        submits
            .entry(submission.content)
            .or_default()
            .push((asked, submission));
    }
    let made = crons(&evidence.story);
    for (moment, process, sight) in evidence.history.sights() {
        if let Sight::Delivered {
            fence,
            content,
            cron,
            is_alarm,
            ..
        } = sight
        {
            if *is_alarm {
                let known = alarm_of(fence.event).is_some();
                verdict.hold(known, || format!("{process} is told of no silence"));
                continue;
            }
            if let Some(cron) = cron {
                let known = made.contains(cron);
                verdict.hold(known, || format!("{process} sees a tick of {cron}"));
                continue;
            }
            let asked = content.and_then(|it| submits.get(&it));
            let found = asked.ok_or_else(|| "a body that nobody submitted".to_owned());
            let found = found.and_then(|it| compare(&evidence.history, it, moment, process, sight));
            verdict.look(found.map_err(|it| format!("{process} sees {it}")));
        }
    }
    what_is_kept(evidence, &submits, verdict);
}

/// All crons that ever were.
fn crons(story: &Story) -> BTreeSet<String> {
    story.crons.keys().map(ToString::to_string).collect()
}

/// What a process saw against what was submitted.
fn compare(
    history: &History,
    asked: &[(&Operation<'_>, &Submission)],
    moment: Moment,
    process: Process,
    sight: &Sight,
) -> Result<(), String> {
    let Sight::Delivered {
        fence,
        class,
        ordering_key,
        ..
    } = sight
    else {
        return Ok(());
    };
    let submission = asked[0].1;
    let name = format!("c{}", submission.content);
    let alike = (submission.class, &submission.ordering_key) == (*class, ordering_key);
    let tag = tag_of(history, process, moment);
    let theirs = |it| handed_to(it, *fence) == tag.and_then(Option::as_ref);
    let there = tag.is_some_and(|it| goes_to(asked, fence.event, it));
    let there = there || handoffs(history, moment, *fence).any(theirs);
    if !alike || !there {
        return Err(format!("{name} unlike it was submitted"));
    }
    if !asked
        .iter()
        .any(|(it, _)| it.invoked < moment && it.may_count())
    {
        return Err(format!("{name}, which was refused"));
    }
    let told = asked.iter().filter_map(|(it, _)| Some(it.ok()?.events()));
    let mut others = told.filter(|it| !it.is_empty() && !it.contains(&fence.event));
    match others.next() {
        Some(others) => Err(format!("{name} as {}, which is {others:?}", fence.event)),
        None => Ok(()),
    }
}

/// Whether an event of this content was to go to this queue. What was said to everybody went where its
/// sender was told, and until he was told to any tag.
fn goes_to(asked: &[(&Operation<'_>, &Submission)], event: EventId, queue: &Option<Tag>) -> bool {
    let (first, submission) = asked[0];
    if !matches!(first.op, Op::Broadcast(_)) {
        return submission.tag == *queue;
    }
    let mut told = asked.iter().filter_map(|(it, _)| sent_to(it, event));
    told.next().map_or(queue.is_some(), |it| it == *queue)
}

/// Where a copy went, as its sender was told.
fn sent_to(asked: &Operation<'_>, event: EventId) -> Option<Option<Tag>> {
    let Some(Answer::Broadcast { copies, .. }) = asked.ok() else {
        return None;
    };
    // Of what was in before he was told where it was by then.
    let new = |it: &Copied| it.event == event && it.taken == Taken::Accepted;
    copies.into_iter().find(new).map(|it| it.tag)
}

fn what_is_kept(evidence: &Evidence, submits: &Submits<'_>, verdict: &mut Verdict) {
    let padding = |content: u64| submits.get(&content).map(|it| it[0].1.padding);
    let counts = |content: u64| {
        submits
            .get(&content)
            .is_some_and(|it| it.iter().any(|(asked, _)| asked.may_count()))
    };
    let is_of_cron = |event: EventId| {
        let row = evidence.rows.event(event);
        row.is_some_and(|it| matches!(it.origin, Origin::Cron(_)))
    };
    for (key, row) in evidence.rows.iter() {
        if let (Key::Content(_, event), Row::Content(row)) = (key, row) {
            let known = row.body == FOREIGN_BODY
                || is_of_cron(*event)
                || alarm_of(*event).is_some()
                || content_of(&row.body, padding).is_some_and(counts);
            verdict.hold(known, || {
                format!("{event} is kept, and nobody submitted it")
            });
        }
    }
}

/// Where somebody has asked to hand the event to, by an earlier delivery.
fn handoffs(history: &History, before: Moment, of: Fence) -> impl Iterator<Item = &Op> {
    let earlier = history.records[..before].iter();
    earlier.filter_map(move |it| match &it.what {
        What::Invoke(_, op @ Op::HandOff { .. }) => handed_to(op, of).map(|_| op),
        _ => None,
    })
}

fn handed_to(op: &Op, of: Fence) -> Option<&Tag> {
    match op {
        Op::HandOff { fence, tag } if fence.event == of.event && fence.delivery < of.delivery => {
            Some(tag)
        }
        _ => None,
    }
}

/// The queue that a process has attached to.
fn tag_of(history: &History, process: Process, before: Moment) -> Option<&Option<Tag>> {
    history.records[..before]
        .iter()
        .rev()
        .find_map(|it| match &it.what {
            What::Invoke(_, Op::Attach { tag, .. }) if it.who == Who::Session(process) => Some(tag),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::stage::{ANN, SUBMITTER, Stage, fence, submission};
    use super::*;

    fn attached() -> Stage {
        let mut stage = Stage::default();
        stage.attach(ANN, 1);
        stage
    }

    #[test]
    fn what_was_submitted_may_be_delivered_even_before_the_answer() {
        let mut stage = attached();
        stage.invoke(SUBMITTER, Op::Submit(Arc::new(submission(1))));
        stage.sees(ANN, fence(1, 1), 1);
        stage.holds(PROPERTY);
    }

    #[test]
    fn what_nobody_submitted_is_a_phantom() {
        let mut stage = attached();
        stage.sees(ANN, fence(1, 1), 1);
        stage.breaks(PROPERTY, "nobody submitted");
    }

    #[test]
    fn what_was_refused_is_a_phantom() {
        let mut stage = attached();
        stage.refused(SUBMITTER, Op::Submit(Arc::new(submission(1))));
        stage.sees(ANN, fence(1, 1), 1);
        stage.breaks(PROPERTY, "refused");
    }

    /// Somebody tells everybody, and is told that it went to this tag.
    fn went_to(there: &str) -> Stage {
        let tag = |it: &str| Some(Tag::new(it).expect("a valid tag"));
        let mut stage = Stage::default();
        let (here, nonce) = (tag("here"), 1);
        stage.invoke(Who::Session(ANN), Op::Attach { tag: here, nonce });
        let copies = vec![Copied {
            tag: tag(there),
            event: EventId(1),
            taken: Taken::Accepted,
        }];
        let op = Op::Broadcast(Arc::new(submission(1)));
        stage.ok(SUBMITTER, op, Answer::Broadcast { copies, index: 1 });
        stage
    }

    #[test]
    fn what_was_said_to_everybody_is_heard_where_it_went() {
        let mut here = went_to("here");
        here.sees(ANN, fence(1, 1), 1);
        here.holds(PROPERTY);
        let mut elsewhere = went_to("there");
        elsewhere.sees(ANN, fence(1, 1), 1);
        elsewhere.breaks(PROPERTY, "unlike");
        let mut another = went_to("here");
        another.sees(ANN, fence(2, 1), 1);
        another.breaks(PROPERTY, "which is");
    }

    #[test]
    fn another_queue_or_key_or_id_is_a_phantom() {
        let tag = Some(Tag::new("other").expect("a valid tag"));
        let mut stage = attached();
        stage.accepted(
            Submission {
                tag,
                ..submission(1)
            },
            1,
        );
        stage.sees(ANN, fence(1, 1), 1);
        stage.breaks(PROPERTY, "unlike");

        let mut stage = attached();
        stage.accepted(submission(1), 1);
        stage.sees(ANN, fence(2, 1), 1);
        stage.breaks(PROPERTY, "which is");
    }
}
