//! Nobody waits for ever: a call is answered, refused or given up in its time.

use std::time::Duration;

use super::{Evidence, Property, Verdict};
use crate::history::{Fault, Op, Operation, Via};

pub(super) const PROPERTY: Property = Property {
    name: "calls_end",
    proves: "whoever asks is answered, told no, or told that nobody knows, soon after its patience \
             ends; and who answers a delivery, and tries for as long as it takes, soon after everything \
             was mended",
    check,
};

/// The longest patience of any caller of the world.
const PATIENCE: Duration = Duration::from_secs(20);
/// A call under way when patience ends may last until its connection is given up.
const ALLOWED: Duration = Duration::from_secs(11);

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let records = &evidence.history.records;
    let stalled = |from: Duration, to: Duration| {
        let mut faults = evidence.history.timed_faults();
        faults
            .any(|(at, it)| matches!(it, Fault::Stall { .. }) && at <= to && at + PATIENCE >= from)
    };
    let mut faults = evidence.history.timed_faults();
    let healed = faults.find(|it| *it.1 == Fault::Heal);
    let healed = healed.map_or(Duration::MAX, |it| it.0);
    for asked in evidence.history.operations() {
        let (Some((ended, _)), false) = (asked.ended, is_endless(&asked)) else {
            continue;
        };
        let (mut from, to) = (records[asked.invoked].at, records[ended].at);
        if is_an_answer(asked.op) {
            from = from.max(healed).min(to);
        }
        let waited = to - from;
        let soon = waited <= PATIENCE + ALLOWED || stalled(from, to);
        verdict.hold(soon, || {
            format!("{} waited for {waited:?}: {}", asked.who, asked.op)
        });
    }
}

/// Whether it answers a delivery, or goes with such an answer.
fn is_an_answer(op: &Op) -> bool {
    match op {
        Op::Submit(it) => matches!(it.via, Via::Ack(_)),
        Op::Cron(it) => it.with.is_some(),
        _ => op.fence().is_some(),
    }
}

/// A good-bye is told after the last delivery has been answered.
fn is_endless(asked: &Operation<'_>) -> bool {
    *asked.op == Op::Bye
}

#[cfg(test)]
mod tests {
    use ackord_core::id::EventId;

    use super::super::stage::fence;
    use super::*;
    use crate::history::{Answer, History, Outcome, Who};

    /// What is wrong if a call lasts so many seconds.
    fn lasts(seconds: u64) -> Vec<String> {
        let mut history = History::default();
        let op = Op::Cancel(EventId(1));
        let call = history.invoke(Duration::ZERO, Who::Operator, op);
        let outcome = Outcome::Ok(Answer::Somewhere);
        history.end(Duration::from_secs(seconds), Who::Operator, call, outcome);
        let evidence = Evidence {
            history,
            ..Evidence::default()
        };
        PROPERTY.judge(&evidence).broken
    }

    #[test]
    fn a_call_that_hangs_is_seen() {
        assert!(lasts(40)[0].contains("waited for 40s"));
    }

    #[test]
    fn an_answer_is_tried_until_all_is_mended_and_no_longer() {
        let ends_at = |seconds| {
            let mut history = History::default();
            let at = Duration::from_secs;
            let call = history.invoke(at(0), Who::Operator, Op::Ack(fence(1, 1)));
            history.fault(at(50), Fault::Heal);
            let outcome = Outcome::Ok(Answer::Somewhere);
            history.end(at(seconds), Who::Operator, call, outcome);
            let evidence = Evidence {
                history,
                ..Evidence::default()
            };
            PROPERTY.judge(&evidence).broken
        };
        assert!(ends_at(60).is_empty());
        assert!(ends_at(100)[0].contains("waited for 50s"));
    }

    #[test]
    fn a_call_that_ends_in_time_is_well() {
        assert!(lasts(4).is_empty());
    }
}
