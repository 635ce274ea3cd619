//! Nothing is allowed but by somebody who says so, in time.

use std::collections::BTreeMap;

use ackord_core::command::Op as Command;
use ackord_core::id::ApprovalId;
use ackord_core::model::Verdict as How;
use ackord_core::rows::{Key, Row, Rows};
use ackord_core::time::{Millis, Timestamp};

use super::asked::{standing, told};
use super::{Evidence, Property, Verdict};
use crate::history::{ApprovalAsk, Moment, Op, Operation, Ruling, Standing};

pub(super) const PROPERTY: Property = Property {
    name: "no_answer_is_a_denial",
    proves: "an approval is allowed, or denied by somebody, only if that bearer said so before its \
             deadline, by the log's time; one that nobody answered is denied, at its deadline and no \
             earlier; and none is open in the end whose deadline is over",
    check,
};

/// A tick may come so much later than what is due.
const SLACK: Millis = Millis(1_000);
/// The run ends with a restart: its first entry may be stamped long after the one before, by a tenth of
/// the longest run, which clocks lag behind, and before anybody could tick.
const RESTART: Millis = Millis(130_000);

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let mut decided: BTreeMap<ApprovalId, (Standing, Ruling, Moment)> = BTreeMap::new();
    let mut learn = |told: Standing, moment: Moment| {
        if let Some(ruling) = told.ruling {
            let first = decided
                .entry(told.approval)
                .or_insert((told, ruling, moment));
            first.2 = first.2.min(moment);
        }
    };
    for (asked, told) in told(&operations) {
        learn(told, asked.ok_at().unwrap_or(Moment::MAX));
    }
    let (now, ticked) = (end_of_log(evidence), last_tick(evidence));
    let is_over = |it: Timestamp| it.after(SLACK) <= ticked || it.after(RESTART) <= now;
    for row in evidence.rows.iter().map(|it| it.1) {
        let Row::Approval(row) = row else { continue };
        learn(standing(row), Moment::MAX);
        let overdue = row.decision.is_none() && is_over(row.deadline);
        verdict.hold(!overdue, || {
            format!("{} is open, its deadline was {}", row.id, row.deadline)
        });
    }
    for (told, ruling, moment) in decided.into_values() {
        let found = judge(&operations, told, ruling, moment);
        verdict.look(found.map_err(|it| format!("{}: {it}", told.approval)));
    }
}

fn end_of_log(evidence: &Evidence) -> Timestamp {
    match evidence.rows.get(&Key::Meta) {
        Ok(Some(Row::Meta(meta))) => meta.now,
        _ => Timestamp(0),
    }
}

fn last_tick(evidence: &Evidence) -> Timestamp {
    let mut scenes = evidence.story.scenes.iter().rev();
    let tick = scenes.find(|it| matches!(it.command.op, Command::Tick(_)));
    tick.map_or(Timestamp(0), |it| it.at)
}

/// Whether a decision that somebody was told at this moment had its reason.
fn judge(
    operations: &[Operation<'_>],
    told: Standing,
    ruling: Ruling,
    moment: Moment,
) -> Result<(), String> {
    let Ruling { verdict, at, by } = ruling;
    let allowed = verdict == How::Allowed;
    match verdict {
        How::Allowed | How::Denied => {
            let said = by.is_some()
                && operations.iter().any(|it| match it.op {
                    Op::Approval(ApprovalAsk::Answer {
                        approval,
                        allow,
                        by: bearer,
                    }) => {
                        let same = (*approval, *allow) == (told.approval, allowed);
                        same && Some(bearer.token) == by && it.may_count() && it.invoked < moment
                    }
                    _ => false,
                });
            let in_time = (told.asked <= at) && (at < told.deadline);
            match (said, in_time) {
                (false, _) => Err(format!("{verdict:?} by {by:?}, who did not say so")),
                (_, false) => Err(format!("{verdict:?} at {at}, after {}", told.deadline)),
                (true, true) => Ok(()),
            }
        }
        How::TimedOut if by.is_some() || at < told.deadline => {
            Err(format!("timed out at {at}, by {by:?}, and not yet due"))
        }
        How::Withdrawn if by.is_some() => Err(format!("withdrawn by {by:?}")),
        How::TimedOut | How::Withdrawn => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::asked::made::{BOSS, answer, look, request, ruled};
    use super::super::stage::Stage;
    use super::*;

    /// One asks, perhaps somebody answers, and somebody else is told this.
    fn seen(answered: bool, told: Standing) -> Stage {
        let mut stage = Stage::default();
        stage.asks(request("w", None));
        if answered {
            stage.is_told(answer(true, BOSS), told);
        }
        stage.is_told(look(), told);
        stage
    }

    #[test]
    fn an_answer_in_time_counts_and_silence_is_no() {
        seen(true, ruled(How::Allowed, 2_999, Some(BOSS))).holds(PROPERTY);
        seen(false, ruled(How::TimedOut, 3_000, None)).holds(PROPERTY);
        seen(false, ruled(How::Withdrawn, 1_500, None)).holds(PROPERTY);
    }

    #[test]
    fn a_late_answer_does_not_and_silence_is_no_yes() {
        seen(true, ruled(How::Allowed, 3_000, Some(BOSS))).breaks(PROPERTY, "after");
        seen(false, ruled(How::Allowed, 2_000, None)).breaks(PROPERTY, "did not say so");
        seen(true, ruled(How::Denied, 2_000, Some(BOSS))).breaks(PROPERTY, "did not say so");
        seen(false, ruled(How::TimedOut, 2_999, None)).breaks(PROPERTY, "not yet due");
    }
}
