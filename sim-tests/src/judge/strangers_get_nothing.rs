//! A team has what is its own, and a token allows what its roles say.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::id::EventId;
use ackord_proto::v1::RefusalReason;

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Deed, Op, Operation, Outcome, Stray};

pub(super) const PROPERTY: Property = Property {
    name: "strangers_get_nothing",
    proves: "another team gets nothing of an event, and cannot tell it from one that there never was; \
             its dedup keys are its own; and nobody does what his token's roles do not allow",
    check,
};

/// Those that say something of the moment, and nothing of what was asked for.
const OF_THE_MOMENT: [RefusalReason; 5] = [
    RefusalReason::Overloaded,
    RefusalReason::NoLeader,
    RefusalReason::ShuttingDown,
    RefusalReason::UnknownOutcome,
    RefusalReason::NodeGone,
];

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let ours: BTreeSet<EventId> = operations.iter().filter_map(submitted).collect();
    let mut told: BTreeMap<Deed, BTreeSet<i32>> = BTreeMap::new();
    for asked in &operations {
        let Op::Stray(stray) = asked.op else {
            continue;
        };
        match (stray, asked.outcome()) {
            (Stray::Submit(key), Some(Outcome::Ok(Answer::Submitted { event, .. }))) => {
                verdict.hold(!ours.contains(event), || {
                    format!("key {key} of another team stands for our {event}")
                });
            }
            (Stray::Submit(_), _) => {}
            (stray, Some(Outcome::Ok(_))) => {
                verdict.hold(false, || format!("{stray}: it was done"))
            }
            (
                Stray::Foreign { deed, .. },
                Some(Outcome::Fail {
                    reason: Some(reason),
                    ..
                }),
            ) if !OF_THE_MOMENT.contains(reason) => {
                verdict.checked += 1;
                told.entry(*deed).or_default().insert(i32::from(*reason));
            }
            _ => verdict.checked += 1,
        }
    }
    for (deed, reasons) in told {
        verdict.hold(reasons.len() == 1, || {
            let names = reasons.iter().map(|it| RefusalReason::try_from(*it));
            let names: Vec<_> = names.flatten().collect();
            format!("{deed:?}: the refusals tell events apart: {names:?}")
        });
    }
}

/// An event of ours, as a submitter was told.
fn submitted(asked: &Operation<'_>) -> Option<EventId> {
    match (asked.op, asked.ok()) {
        (Op::Submit(_), Some(Answer::Submitted { event, .. })) => Some(event),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ackord_core::command::Fence;

    use super::super::stage::{Stage, event};
    use super::*;
    use crate::history::{Overstep, Taken, Who};

    const AT: Duration = Duration::ZERO;

    fn ask(stage: &mut Stage, stray: Stray, outcome: Outcome) {
        let history = &mut stage.evidence.history;
        let id = history.invoke(AT, Who::Stranger, Op::Stray(stray));
        history.end(AT, Who::Stranger, id, outcome);
    }

    fn look(exists: bool) -> Stray {
        let fence = Fence {
            event: event(1),
            delivery: 1,
        };
        Stray::Foreign {
            deed: Deed::Look,
            fence,
            exists,
        }
    }

    fn no(reason: RefusalReason) -> Outcome {
        Outcome::Fail {
            reason: Some(reason),
            text: String::new(),
        }
    }

    #[test]
    fn a_no_that_tells_nothing_is_fine() {
        let mut stage = Stage::default();
        ask(&mut stage, look(true), no(RefusalReason::NotFound));
        ask(&mut stage, look(false), no(RefusalReason::NotFound));
        ask(&mut stage, look(false), no(RefusalReason::NoLeader));
        stage.holds(PROPERTY);
    }

    #[test]
    fn an_answer_is_wrong_and_so_is_another_no() {
        let mut stage = Stage::default();
        ask(&mut stage, look(true), Outcome::Ok(Answer::Somewhere));
        stage.breaks(PROPERTY, "it was done");
        let mut stage = Stage::default();
        ask(&mut stage, look(true), no(RefusalReason::Gone));
        ask(&mut stage, look(false), no(RefusalReason::NotFound));
        stage.breaks(PROPERTY, "tell events apart");
        let mut stage = Stage::default();
        let overstep = Stray::Overstep(Overstep::ObserverCancels);
        ask(&mut stage, overstep, Outcome::Ok(Answer::Somewhere));
        stage.breaks(PROPERTY, "ObserverCancels");
    }

    #[test]
    fn a_key_of_one_team_is_not_another_ones() {
        let mut stage = Stage::default();
        let answer = stage.submitted_as(event(7));
        ask(&mut stage, Stray::Submit("k1".to_owned()), answer);
        stage.breaks(PROPERTY, "of another team");
    }

    impl Stage {
        /// A submitter is told of this event; the same answer once more.
        fn submitted_as(&mut self, event: EventId) -> Outcome {
            let (taken, index) = (Taken::Accepted, 1);
            let answer = Outcome::Ok(Answer::Submitted {
                event,
                taken,
                index,
            });
            let history = &mut self.evidence.history;
            let submission = super::super::stage::submission(1);
            let who = Who::Submitter(1);
            let id = history.invoke(AT, who, Op::Submit(submission.into()));
            history.end(AT, who, id, answer.clone());
            answer
        }
    }
}
