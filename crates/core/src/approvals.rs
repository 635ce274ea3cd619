//! Approvals: who waits for those that are open, and how they come to an end.

mod memory;

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::batch::{Batch, broken};
use crate::history::StepKind;
use crate::id::{ApprovalId, EventId, SessionId, TeamId, TokenId};
use crate::model::{Approval, Decision, Verdict};
use crate::rows::{Key, Row, RowError, Rows};
use crate::state::State;
use crate::text::Reason;
use crate::time::Timestamp;

pub(crate) use memory::{Decided, TeamApprovals};

impl State {
    /// The process that asked is still its session's, and has the event if it asked for one.
    pub(crate) fn is_waited_for(&self, approval: &Approval) -> bool {
        let Some(session) = self.sessions.get(&approval.session) else {
            return false;
        };
        let has = |event: EventId| {
            session.lease.is_some_and(|it| it.event == event)
                || session.parked.is_some_and(|it| it.event == event)
        };
        session.nonce == approval.nonce && approval.fence.is_none_or(|it| has(it.event))
    }

    /// Notes of each open approval of a session whether somebody waits for it.
    fn judge_approvals(&mut self, session: SessionId) {
        let open = self.session_approvals.get(&session).cloned();
        for id in open.into_iter().flatten() {
            if self.is_waited_for(&self.approvals[&id]) {
                self.stale_approvals.remove(&id);
            } else {
                self.stale_approvals.insert(id);
            }
        }
    }

    /// The same of all sessions.
    pub(crate) fn judge_all_approvals(&mut self) {
        let sessions: Vec<SessionId> = self.session_approvals.keys().copied().collect();
        sessions.into_iter().for_each(|it| self.judge_approvals(it));
    }

    /// Until when a session waits for what it asked for an event that it has.
    pub(crate) fn asked_until(&self, session: SessionId, event: EventId) -> Option<Timestamp> {
        let open = self.session_approvals.get(&session)?.iter();
        let open = open.map(|it| &self.approvals[it]);
        let own = open.filter(|it| it.fence.is_some_and(|it| it.event == event));
        own.map(|it| it.deadline).max()
    }
}

impl Batch<'_> {
    /// The team's approval of this id, open or decided.
    pub(crate) fn approval(
        &self,
        team: TeamId,
        id: ApprovalId,
    ) -> Result<Option<Arc<Approval>>, RowError> {
        if let Some(open) = self.state.approvals.get(&id) {
            return Ok(Some(Arc::clone(open)).filter(|it| it.team == team));
        }
        let decided = self.state.decided_approvals.get(&id);
        if decided.is_none_or(|it| it.team != team) {
            return Ok(None);
        }
        let key = Key::Approval(team, id);
        match self.overlay.get(&key)? {
            Some(Row::Approval(approval)) => Ok(Some(approval)),
            None | Some(_) => Err(broken(&key)),
        }
    }

    /// A new approval, which is open.
    pub(crate) fn add_approval(&mut self, approval: Arc<Approval>) {
        let key = Key::Approval(approval.team, approval.id);
        self.put_new(key, Row::Approval(Arc::clone(&approval)));
        self.state.add_approval(approval);
    }

    /// Decides an open approval, for good. What a delivery asked for stands in its event's history,
    /// unless the delivery is over.
    pub(crate) fn decide_approval(
        &mut self,
        mut approval: Arc<Approval>,
        verdict: Verdict,
        by: Option<TokenId>,
        reason: Option<Reason>,
    ) -> Result<Arc<Approval>, RowError> {
        self.state.take_open(approval.id);
        let id = approval.id;
        let (team, at) = (approval.team, self.now());
        Arc::make_mut(&mut approval).decision = Some(Decision {
            verdict,
            at,
            by,
            reason,
        });
        self.put(
            Key::Approval(team, id),
            Row::Approval(Arc::clone(&approval)),
        );
        self.state.add_approval(Arc::clone(&approval));
        if let Some(forgotten) = self.state.forget_decided(team, id) {
            self.delete(Key::Approval(team, forgotten));
        }
        self.tell_history(&approval)?;
        Ok(approval)
    }

    fn tell_history(&mut self, approval: &Approval) -> Result<(), RowError> {
        let (Some(fence), Some(decision)) = (approval.fence, &approval.decision) else {
            return Ok(());
        };
        if decision.verdict == Verdict::Withdrawn {
            return Ok(());
        }
        let Some(mut event) = self.event(approval.team, fence.event)? else {
            return Ok(());
        };
        let step = StepKind::Approval {
            approval: approval.id,
            delivery: fence.delivery,
            tool: approval.tool.clone(),
            verdict: decision.verdict,
            by: decision.by,
            reason: decision.reason.clone(),
        };
        event.history.push(decision.at, step);
        self.put_event(event);
        Ok(())
    }

    /// At the end of a command: approvals of sessions that it has changed may have nobody who waits
    /// for them. What there is no room for is left to the next command, or a tick.
    pub(crate) fn settle_approvals(&mut self) -> Result<(), RowError> {
        for session in core::mem::take(&mut self.askers) {
            self.state.judge_approvals(session);
        }
        while self.has_room()
            && let Some(id) = self.state.stale_approvals.first()
        {
            let approval = Arc::clone(&self.state.approvals[id]);
            self.decide_approval(approval, Verdict::Withdrawn, None, None)?;
        }
        Ok(())
    }

    /// Denies what nobody has answered by its deadline. Answers how many.
    pub(crate) fn expire_approvals(&mut self) -> Result<usize, RowError> {
        let mut done = 0;
        while self.has_room()
            && let Some((at, id)) = self.state.approval_deadlines.first().copied()
            && at <= self.now()
        {
            let approval = Arc::clone(&self.state.approvals[&id]);
            let verdict = self.verdict_without_answer(&approval);
            self.decide_approval(approval, verdict, None, None)?;
            done += 1;
        }
        Ok(done)
    }

    /// How an approval ends that nobody answers.
    fn verdict_without_answer(&self, approval: &Approval) -> Verdict {
        match self.state.is_waited_for(approval) {
            true => Verdict::TimedOut,
            false => Verdict::Withdrawn,
        }
    }
}
