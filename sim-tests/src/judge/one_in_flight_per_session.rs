//! A session works on one event at a time, and only on what the log gave to it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ackord_core::command::Fence;
use ackord_core::id::{EventId, SessionId};
use ackord_core::model::{Class, EventState};

use super::{Evidence, Property, Verdict};
use crate::history::{
    Fault, History, Moment, Op, Operation, Process, Record, Sight, What, Who, show,
};
use crate::story::Story;

pub(super) const PROPERTY: Property = Property {
    name: "one_in_flight_per_session",
    proves: "no session is given an event that the log gave to another one, none ever holds two; \
             no two processes of a session see one delivery; and while a claim is certain to hold, \
             its process sees no other event but interrupts",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    holds_one(&evidence.story, verdict);
    sees_its_own(evidence, verdict);
    one_process_each(&evidence.history, verdict);
    let lease = shortest_lease(&evidence.story);
    let operations = evidence.history.operations();
    for asked in &operations {
        if let (Op::Claim(fence), Who::Session(process), Some(known)) =
            (asked.op, asked.who, asked.ok_at())
            && !operations
                .iter()
                .any(|it| claimed_before(it, asked, *fence))
        {
            let claim = Claim {
                fence: *fence,
                process,
                asked: asked.invoked,
                known,
            };
            sees_nothing_else(&evidence.history, &operations, claim, lease, verdict);
        }
    }
}

/// Whether the lease may run since an earlier claim, which a later one does not prolong.
fn claimed_before(earlier: &Operation<'_>, asked: &Operation<'_>, fence: Fence) -> bool {
    earlier.op.claims() == Some(fence) && earlier.invoked < asked.invoked
}

/// At the end of each command, every session holds at most one event in hand.
fn holds_one(story: &Story, verdict: &mut Verdict) {
    let mut held: BTreeMap<SessionId, BTreeSet<EventId>> = BTreeMap::new();
    for scene in &story.scenes {
        for it in &scene.moves {
            if let Some(EventState::Leased { session }) = it.before {
                held.entry(session).or_default().remove(&it.event);
            }
        }
        for it in &scene.moves {
            let Some(EventState::Leased { session }) = it.after else {
                continue;
            };
            let events = held.entry(session).or_default();
            events.insert(it.event);
            verdict.hold(events.len() == 1, || {
                format!("entry {}: {session} holds {events:?}", scene.index)
            });
        }
    }
}

fn sees_its_own(evidence: &Evidence, verdict: &mut Verdict) {
    let story = &evidence.story;
    let key = |session| story.sessions.get(&session).map_or("", |it| it.as_str());
    let given: BTreeSet<(Fence, &str)> = story
        .leases()
        .map(|(_, _, it)| (it.fence, key(it.session)))
        .collect();
    for (_, process, sight) in evidence.history.sights() {
        let Sight::Delivered { fence, .. } = sight else {
            continue;
        };
        let key = format!("s{}", process.session);
        verdict.hold(given.contains(&(*fence, &key)), || {
            format!(
                "{process} sees {}, which the log gave to somebody else",
                show(*fence)
            )
        });
    }
}

/// A delivery is seen by one process, which may have crashed and come back under its nonce.
fn one_process_each(history: &History, verdict: &mut Verdict) {
    let mut nonces: BTreeMap<Process, u64> = BTreeMap::new();
    let mut seen_by: BTreeMap<Fence, u64> = BTreeMap::new();
    for record in &history.records {
        match (&record.what, record.who) {
            (What::Invoke(_, Op::Attach { nonce, .. }), Who::Session(process)) => {
                nonces.insert(process, *nonce);
            }
            (What::Sight(Sight::Delivered { fence, .. }), Who::Session(process)) => {
                let nonce = nonces.get(&process).copied().unwrap_or_default();
                let first = *seen_by.entry(*fence).or_insert(nonce);
                verdict.hold(first == nonce, || {
                    format!("{process} sees {}, which another process has", show(*fence))
                });
            }
            _ => {}
        }
    }
}

/// The shortest lease of any queue, with a margin for clocks that differ.
fn shortest_lease(story: &Story) -> Duration {
    let shortest = story.queues.values().map(|it| it.settings.lease.0).min();
    Duration::from_millis(shortest.unwrap_or(0) * 4 / 5)
}

/// A claim that was granted.
#[derive(Clone, Copy)]
struct Claim {
    fence: Fence,
    process: Process,
    asked: Moment,
    known: Moment,
}

fn sees_nothing_else(
    history: &History,
    operations: &[Operation<'_>],
    claim: Claim,
    lease: Duration,
    verdict: &mut Verdict,
) {
    // What was set aside before may be taken from it without another word.
    let lost = |it: &Record| matches!(it.what, What::Sight(Sight::Lost { fence, .. }) if fence == claim.fence);
    if history.records[..claim.asked].iter().any(lost) {
        return;
    }
    let until = history.records[claim.asked].at + lease;
    let given_up = operations
        .iter()
        .filter(|it| gives_up(it, claim))
        .map(|it| it.invoked)
        .min();
    for (moment, record) in history.records.iter().enumerate().skip(claim.asked) {
        if record.at > until || given_up.is_some_and(|it| it < moment) {
            return;
        }
        let (sight, process) = match (&record.what, record.who) {
            (What::Sight(sight), Who::Session(process)) => (sight, process),
            // Log time may jump where a process starts, and where another one leads.
            (What::Fault(Fault::Start { .. } | Fault::Leading { .. }), _) => return,
            _ => continue,
        };
        match sight {
            Sight::Lost { fence, .. } if *fence == claim.fence => return,
            Sight::Ended { .. } | Sight::Crashed if process == claim.process => return,
            Sight::Delivered { fence, class, .. } if process == claim.process => {
                let other = fence.event != claim.fence.event && *class != Class::Interrupt;
                verdict.hold(!other || moment < claim.known, || {
                    let (held, given) = (show(claim.fence), show(*fence));
                    format!("{process} works on {held}, and is given {given}")
                });
            }
            Sight::Delivered { .. } | Sight::Lost { .. } | Sight::Ended { .. } | Sight::Crashed => {
            }
        }
    }
}

/// Whether the claim need not hold any more once this was asked.
fn gives_up(asked: &Operation<'_>, claim: Claim) -> bool {
    match (asked.op, asked.who) {
        (Op::Ack(fence) | Op::Nack { fence, .. } | Op::HandOff { fence, .. }, _) => {
            fence.event == claim.fence.event
        }
        (Op::Cancel(event), _) => *event == claim.fence.event,
        (Op::Attach { .. } | Op::Bye, Who::Session(process)) => {
            process.session == claim.process.session && asked.invoked > claim.asked
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::{ANN, ANN_AGAIN, Acts, BOB, Stage, fence, leased};
    use super::*;
    use crate::history::{Answer, Outcome};

    /// The log gives events 1 and 2 to sessions 1 and 2, then event 3 to session 1.
    fn story() -> Stage {
        let mut stage = Stage::default();
        stage.queue(false);
        stage
            .tick()
            .moved(1, None, leased(1), 1, vec![])
            .gives(1, 1, 1);
        stage
            .tick()
            .moved(2, None, leased(2), 2, vec![])
            .gives(2, 1, 2);
        let ready = EventState::Ready;
        stage.tick().moved(1, Some(leased(1)), ready, 1, vec![]);
        stage
            .tick()
            .moved(3, None, leased(1), 3, vec![])
            .gives(3, 1, 1);
        stage
    }

    #[test]
    fn each_works_on_its_own() {
        let mut stage = story();
        stage.sees(ANN, fence(1, 1), 1);
        stage.sees(BOB, fence(2, 1), 2);
        stage.sees(ANN, fence(3, 1), 3);
        stage.holds(PROPERTY);
    }

    #[test]
    fn what_the_log_gave_to_another_is_not_for_me() {
        let mut stage = story();
        stage.sees(BOB, fence(1, 1), 1);
        stage.breaks(PROPERTY, "somebody else");
    }

    #[test]
    fn a_delivery_is_for_one_process() {
        for (nonce, fine) in [(7, true), (8, false)] {
            let mut stage = story();
            stage.attach(ANN, 7);
            stage.sees(ANN, fence(1, 1), 1);
            stage.attach(ANN_AGAIN, nonce);
            stage.sees(ANN_AGAIN, fence(1, 1), 1);
            assert_eq!(stage.broken(PROPERTY).is_empty(), fine);
        }
    }

    #[test]
    fn nobody_holds_two_events() {
        let mut stage = story();
        stage
            .tick()
            .moved(4, None, leased(1), 4, vec![])
            .gives(4, 1, 1);
        stage.breaks(PROPERTY, "holds");
    }

    #[test]
    fn who_has_claimed_sees_nothing_else() {
        let mut stage = story();
        stage.sees(ANN, fence(1, 1), 1);
        let claim = Op::Claim(fence(1, 1));
        stage.ok(Who::Session(ANN), claim, Answer::Done { index: 3 });
        stage.sees(ANN, fence(3, 1), 3);
        stage.breaks(PROPERTY, "works on");
    }

    #[test]
    fn log_time_may_jump_where_a_process_starts() {
        let mut stage = story();
        let claim = stage.invoke(Who::Session(ANN), Op::Claim(fence(1, 1)));
        let start = Fault::Start {
            server: 1,
            behind: 0,
            purged: false,
        };
        stage.evidence.history.fault(Duration::ZERO, start);
        stage.end(claim, Outcome::Ok(Answer::Somewhere));
        stage.sees(ANN, fence(3, 1), 3);
        stage.holds(PROPERTY);
    }

    #[test]
    fn a_claim_ends_with_the_ack_and_with_a_takeover() {
        let mut stage = story();
        stage.sees(ANN, fence(1, 1), 1);
        let claim = Op::Claim(fence(1, 1));
        stage.ok(Who::Session(ANN), claim.clone(), Answer::Done { index: 3 });
        stage.acked(fence(1, 1), 4);
        stage.sees(ANN, fence(3, 1), 3);
        stage.holds(PROPERTY);

        let mut stage = story();
        stage.ok(Who::Session(ANN), claim, Answer::Done { index: 3 });
        stage.attach(ANN_AGAIN, 2);
        stage.sees(ANN, fence(3, 1), 3);
        stage.holds(PROPERTY);
    }
}
