//! Who asks does not answer, nor does anybody who is not asked.

use super::asked::{requests, told};
use super::{Evidence, Property, Verdict};
use crate::history::{Answer, ApprovalAsk, Bearer, Op, Request};

pub(super) const PROPERTY: Property = Property {
    name: "askers_do_not_answer",
    proves: "no approval is decided by the token that asked for it, by the one that its session has \
             attached with, or by anybody who is not asked; and who answers with the asker's token, \
             with one that may not approve or is of another team, or over a tag that is not its own, is \
             told no, however the approval stands",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let requests = requests(evidence, &operations);
    for asked in &operations {
        let Op::Approval(ApprovalAsk::Answer { approval, by, .. }) = asked.op else {
            continue;
        };
        let Some(request) = requests.get(approval) else {
            continue;
        };
        if !must_be_refused(request, by) {
            continue;
        }
        let heard = matches!(asked.ok(), Some(Answer::Approval { .. }));
        verdict.hold(!heard, || {
            format!("{}, who must not: {}", by.token, asked.op)
        });
    }
    for (_, told) in told(&operations) {
        let by = told.ruling.and_then(|it| it.by);
        let (Some(by), Some(request)) = (by, requests.get(&told.approval)) else {
            continue;
        };
        verdict.hold(!request.is_of(by), || {
            format!("{} is decided by {by}, who asked: {request}", told.approval)
        });
    }
}

/// Whoever shows the token that the session has attached with is refused while that session is there
/// and is told what was decided later on; all others never have a say.
fn must_be_refused(request: &Request, by: &Bearer) -> bool {
    !request.asks(by) || by.token == request.asker
}

#[cfg(test)]
mod tests {
    use ackord_core::id::TokenId;
    use ackord_core::model::Verdict as How;

    use super::super::asked::made::{ASKER, BOSS, answer, look, request, ruled};
    use super::super::stage::{ANN, Stage};
    use super::*;
    use crate::history::{Who, Whom};

    #[test]
    fn somebody_else_answers() {
        let mut stage = Stage::default();
        stage.asks(request("w", None));
        stage.refused(Who::Session(ANN), answer(true, ASKER));
        stage.is_told(answer(true, BOSS), ruled(How::Allowed, 2_000, Some(BOSS)));
        stage.holds(PROPERTY);
    }

    #[test]
    fn whoever_asks_does_not() {
        let mut stage = Stage::default();
        stage.asks(request("w", None));
        stage.is_told(answer(true, ASKER), ruled(How::Denied, 2_000, Some(BOSS)));
        stage.breaks(PROPERTY, "who must not");

        let mut stage = Stage::default();
        let attached = TokenId(3);
        stage.asks(Request {
            attached,
            ..request("w", None)
        });
        stage.is_told(look(), ruled(How::Allowed, 2_000, Some(attached)));
        stage.breaks(PROPERTY, "who asked");
    }

    #[test]
    fn nor_does_whoever_is_not_asked() {
        let mut stage = Stage::default();
        stage.asks(Request {
            to: Whom::Token(TokenId(3)),
            ..request("w", None)
        });
        stage.is_told(answer(true, BOSS), ruled(How::Allowed, 2_000, Some(BOSS)));
        stage.breaks(PROPERTY, "who must not");
    }
}
