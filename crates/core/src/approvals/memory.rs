//! Approvals in memory: the open ones as they are, and what the decided ones are found by. Texts of what
//! was decided are history, and stay in the rows.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;

use crate::id::{ApprovalId, SessionId, TeamId};
use crate::limits::DECIDED_APPROVALS_KEPT;
use crate::model::{Approval, Decision, Verdict};
use crate::state::State;
use crate::text::RequestId;
use crate::time::Timestamp;

/// What the asker calls an approval: the same process of the same session asks for the same one.
pub(crate) type Request = (SessionId, u64, RequestId);

/// An approval that was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) team: TeamId,
    request: Request,
    at: Timestamp,
    verdict: Verdict,
}

/// The approvals of a team; those that were decided in the order in which they were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TeamApprovals {
    open: BTreeSet<ApprovalId>,
    /// Nobody asks what became of these.
    withdrawn: BTreeSet<(Timestamp, ApprovalId)>,
    answered: BTreeSet<(Timestamp, ApprovalId)>,
}

impl TeamApprovals {
    /// How many are open.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    fn decided(&mut self, verdict: Verdict) -> &mut BTreeSet<(Timestamp, ApprovalId)> {
        match verdict {
            Verdict::Withdrawn => &mut self.withdrawn,
            Verdict::Allowed | Verdict::Denied | Verdict::TimedOut => &mut self.answered,
        }
    }

    /// The one to forget, if there are more than are kept: a withdrawn one before any other, the one that
    /// was decided first, and never this one, which was decided now.
    fn over(&self, now: ApprovalId) -> Option<ApprovalId> {
        let kept = self.withdrawn.len() + self.answered.len();
        let mut decided = self.withdrawn.iter().chain(&self.answered).map(|it| it.1);
        (kept > DECIDED_APPROVALS_KEPT).then(|| decided.find(|it| *it != now))?
    }
}

fn request(approval: &Approval) -> Request {
    let request = approval.request.clone();
    (approval.session, approval.nonce, request)
}

impl State {
    /// An approval from its row.
    pub(crate) fn add_approval(&mut self, approval: Arc<Approval>) {
        self.approval_requests
            .insert(request(&approval), approval.id);
        match &approval.decision {
            None => self.add_open(approval),
            Some(decision) => self.remember_decided(&approval, decision),
        }
    }

    fn add_open(&mut self, approval: Arc<Approval>) {
        let (id, session) = (approval.id, approval.session);
        let owned = self.team_approvals.entry(approval.team).or_default();
        owned.open.insert(id);
        self.approval_deadlines.insert((approval.deadline, id));
        let open = self.session_approvals.entry(session).or_default();
        open.insert(id);
        self.approvals.insert(id, approval);
    }

    fn remember_decided(&mut self, approval: &Approval, decision: &Decision) {
        let (id, at, verdict) = (approval.id, decision.at, decision.verdict);
        let decided = Decided {
            team: approval.team,
            request: request(approval),
            at,
            verdict,
        };
        let owned = self.team_approvals.entry(approval.team).or_default();
        // There is one before only where a planted bug decides it twice.
        if let Some(before) = self.decided_approvals.insert(id, decided) {
            owned.decided(before.verdict).remove(&(before.at, id));
        }
        owned.decided(verdict).insert((at, id));
    }

    /// Takes an open approval out of those that are waited for.
    pub(super) fn take_open(&mut self, id: ApprovalId) {
        let Some(approval) = self.approvals.remove(&id) else {
            return;
        };
        let session = approval.session;
        let owned = self.team_approvals.entry(approval.team).or_default();
        owned.open.remove(&id);
        self.approval_deadlines.remove(&(approval.deadline, id));
        self.stale_approvals.remove(&id);
        if let Some(open) = self.session_approvals.get_mut(&session) {
            open.remove(&id);
            if open.is_empty() {
                self.session_approvals.remove(&session);
            }
        }
    }

    /// Forgets one decided approval of the team, if it has more than are kept, and answers which.
    pub(super) fn forget_decided(&mut self, team: TeamId, now: ApprovalId) -> Option<ApprovalId> {
        let owned = self.team_approvals.entry(team).or_default();
        let id = owned.over(now)?;
        let decided = self.decided_approvals.remove(&id)?;
        owned.decided(decided.verdict).remove(&(decided.at, id));
        self.approval_requests.remove(&decided.request);
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use core::ops::RangeInclusive;

    use super::*;

    /// So many decided approvals, numbered from one on; the withdrawn ones after the others.
    fn decided(answered: u64, withdrawn: u64) -> TeamApprovals {
        let of = |ids: RangeInclusive<u64>| ids.map(|id| (Timestamp(id), ApprovalId(id))).collect();
        TeamApprovals {
            open: BTreeSet::new(),
            withdrawn: of(answered + 1..=answered + withdrawn),
            answered: of(1..=answered),
        }
    }

    fn kept() -> u64 {
        DECIDED_APPROVALS_KEPT.try_into().expect("it is small")
    }

    #[test]
    fn nothing_is_forgotten_before_there_is_need() {
        assert_eq!(decided(kept(), 0).over(ApprovalId(1)), None);
    }

    #[test]
    fn what_nobody_asks_about_is_forgotten_first() {
        let some = decided(kept() - 10, 11);
        assert_eq!(some.over(ApprovalId(1)), Some(ApprovalId(kept() - 9)));
        let none = decided(kept() + 1, 0);
        assert_eq!(none.over(ApprovalId(7)), Some(ApprovalId(1)));
    }

    #[test]
    fn what_was_decided_now_is_not_forgotten_now() {
        let answered = decided(kept() + 1, 0);
        assert_eq!(answered.over(ApprovalId(1)), Some(ApprovalId(2)));
        let withdrawn = decided(kept(), 1);
        assert_eq!(withdrawn.over(ApprovalId(kept() + 1)), Some(ApprovalId(1)));
    }
}
