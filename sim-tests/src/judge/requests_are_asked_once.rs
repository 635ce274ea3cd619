//! The same request is the same approval, and nothing else goes by its name.

use std::collections::BTreeMap;

use ackord_core::answer::Reply;
use ackord_core::command::Op as Command;
use ackord_core::id::{ApprovalId, SessionId};
use ackord_core::text::RequestId;

use super::asked::told;
use super::{Evidence, Property, Verdict};
use crate::history::{ApprovalAsk, Op};

pub(super) const PROPERTY: Property = Property {
    name: "requests_are_asked_once",
    proves: "however often a process sends a request, and whatever answers were lost, it is one \
             approval; and another wish under its name is never answered with that one",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let operations = evidence.history.operations();
    let mut known: BTreeMap<(u64, &str), (ApprovalId, &str)> = BTreeMap::new();
    for (asked, told) in told(&operations) {
        let Op::Approval(ApprovalAsk::Request(it)) = asked.op else {
            continue;
        };
        let this = (told.approval, it.wish.as_str());
        let first = *known.entry((it.nonce, &it.name)).or_insert(this);
        verdict.hold(first == this, || {
            format!("{} is {} for {}, and {first:?}", it.name, this.0, this.1)
        });
    }
    one_in_the_log(evidence, verdict);
}

fn one_in_the_log(evidence: &Evidence, verdict: &mut Verdict) {
    let mut known: BTreeMap<(SessionId, u64, &RequestId), ApprovalId> = BTreeMap::new();
    for scene in &evidence.story.scenes {
        let (Command::RequestApproval(_), Ok(Reply::Approval(it))) =
            (&scene.command.op, &scene.answer)
        else {
            continue;
        };
        let name = (it.session, it.nonce, &it.request);
        let first = *known.entry(name).or_insert(it.id);
        verdict.hold(first == it.id, || {
            format!(
                "entry {}: {} is asked again as {}",
                scene.index, first, it.id
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ackord_core::id::ApprovalId;

    use super::super::asked::made::{open, request};
    use super::super::stage::Stage;
    use super::*;
    use crate::history::Standing;

    fn again(stage: &mut Stage, wish: &str, approval: u64) {
        let op = ApprovalAsk::Request(Arc::new(request(wish, None)));
        let standing = Standing {
            approval: ApprovalId(approval),
            ..open()
        };
        stage.is_told(Op::Approval(op), standing);
    }

    #[test]
    fn the_same_again_is_the_same() {
        let mut stage = Stage::default();
        stage.asks(request("w", None));
        again(&mut stage, "w", 7);
        stage.holds(PROPERTY);
    }

    #[test]
    fn the_same_is_not_another_one_and_another_one_not_the_same() {
        let mut twice = Stage::default();
        twice.asks(request("w", None));
        again(&mut twice, "w", 8);
        twice.breaks(PROPERTY, "apr_8");

        let mut other = Stage::default();
        other.asks(request("w", None));
        again(&mut other, "v", 7);
        other.breaks(PROPERTY, "for v");
    }
}
