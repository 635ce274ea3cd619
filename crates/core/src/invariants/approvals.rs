//! Rules about what agents have asked to be allowed.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::limits::{APPROVALS_PER_SESSION, APPROVALS_PER_TEAM, DECIDED_APPROVALS_KEPT};
use crate::model::{Approval, Asked, Verdict};
use crate::state::State;

/// Nobody answers his own request, after its deadline, or in another one's place; and what was decided
/// otherwise has no answerer.
pub(super) fn an_approval_is_answered_by_another_in_time(
    _: &State,
    all: &All,
) -> Result<(), String> {
    for approval in all.approvals.values() {
        let Some(decision) = &approval.decision else {
            continue;
        };
        let asked = |it| match approval.to {
            Asked::Queue(_) => true,
            Asked::Token(to) => to == it,
        };
        let right = match decision.verdict {
            Verdict::Allowed | Verdict::Denied => {
                decision.at < approval.deadline
                    && decision
                        .by
                        .is_some_and(|it| it != approval.token && asked(it))
            }
            Verdict::TimedOut => decision.at >= approval.deadline && decision.by.is_none(),
            Verdict::Withdrawn => decision.by.is_none(),
        };
        ensure(right && decision.at <= all.meta.now, || {
            format!("{approval:?}")
        })?;
    }
    Ok(())
}

/// Whoever waits for an approval has what he asks for; if not, a tick is due that withdraws it.
pub(super) fn an_open_approval_is_waited_for(state: &State, all: &All) -> Result<(), String> {
    let open = all.approvals.values().filter(|it| it.decision.is_none());
    for approval in open {
        let due = state.next_deadline().is_some_and(|it| it <= all.meta.now);
        ensure(is_waited_for(all, approval) || due, || {
            format!("{approval:?}")
        })?;
    }
    Ok(())
}

fn is_waited_for(all: &All, approval: &Approval) -> bool {
    let Some(session) = all.sessions.get(&approval.session) else {
        return false;
    };
    let held = [
        session.lease.map(|it| it.event),
        session.parked.map(|it| it.event),
    ];
    let has = approval
        .fence
        .is_none_or(|it| held.contains(&Some(it.event)));
    has && session.nonce == approval.nonce && session.team == approval.team
}

/// Open ones and decided ones are in memory: a bounded number of each.
pub(super) fn approvals_are_bounded(_: &State, all: &All) -> Result<(), String> {
    let mut open = BTreeMap::new();
    let mut sessions = BTreeMap::new();
    let mut decided = BTreeMap::new();
    for approval in all.approvals.values() {
        match approval.decision {
            None => {
                *open.entry(approval.team).or_insert(0) += 1;
                *sessions.entry(approval.session).or_insert(0) += 1;
            }
            Some(_) => *decided.entry(approval.team).or_insert(0) += 1,
        }
    }
    let right = open.values().all(|it| *it <= APPROVALS_PER_TEAM)
        && sessions.values().all(|it| *it <= APPROVALS_PER_SESSION)
        && decided.values().all(|it| *it <= DECIDED_APPROVALS_KEPT);
    ensure(right, || format!("{open:?}, {sessions:?}, {decided:?}"))
}
