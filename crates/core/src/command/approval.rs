use alloc::sync::Arc;

use crate::answer::{Rejection, Reply};
use crate::auth::{Need, Over};
use crate::batch::{Batch, Outcome};
use crate::command::{Actor, Command, Fence, Process};
use crate::fence;
use crate::id::{ApprovalId, SessionId, TeamId, TokenId};
use crate::limits::{APPROVAL_MAX, APPROVAL_MIN, APPROVALS_PER_SESSION, APPROVALS_PER_TEAM};
use crate::model::{Approval, Asked, Role, Session, Verdict};
use crate::planted::{Bug, is_planted};
use crate::rows::RowError;
use crate::text::{InputPreview, Reason, RequestId, ToolName};
use crate::time::Millis;

/// "May I?" The same request again is the same approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestApproval {
    /// The session that asks.
    pub from: Process,
    /// The delivery that asks, which the session has; none: it asks without one.
    pub fence: Option<Fence>,
    /// What the asker calls the request.
    pub request: RequestId,
    /// What the agent wants to use.
    pub tool: ToolName,
    /// What it wants to do.
    pub description: Reason,
    /// What it would call the tool with.
    pub preview: Option<InputPreview>,
    /// Who is asked; none: whoever may approve over the asker's own tag.
    pub to: Option<Asked>,
    /// Denied if nobody answers for so long.
    pub timeout: Millis,
}

/// "You may", or "you may not". The first answer counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerApproval {
    /// The approval.
    pub approval: ApprovalId,
    /// Allowed; otherwise denied.
    pub allow: bool,
    /// Why.
    pub reason: Option<Reason>,
}

impl RequestApproval {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let roles = &[Role::Session];
        let over = Over::SomeQueue;
        let team = batch.allow(command, Need { roles, over })?;
        let Actor::Token(token) = command.by else {
            return Err(Rejection::NotAllowed.into());
        };
        let stranger =
            Rejection::Invalid("session_key: not a session of this process: attach it first");
        let session = self.from.record(batch, team).ok_or(stranger.clone())?;
        let session = batch.state.session(session).clone();
        batch.sender(command, &session)?;
        // What was asked was asked, whichever process has the session by now.
        if let Some(known) = self.known(batch, &session)? {
            if !(self.asks_for(&known) || is_planted(Bug::RequestReused)) {
                let said = "request_id: of another request of this process: take a new one";
                return Err(Rejection::Invalid(said).into());
            }
            return Ok(Reply::Approval(known));
        }
        let id = self.from.session(batch, team).ok_or(stranger)?;
        self.check(batch, team, id, token)?;
        self.check_delivery(batch, command, id)?;

        let approval = self.approval(batch, &session, token);
        batch.add_approval(Arc::clone(&approval));
        batch.heard_from(id);
        let asks = |event| self.fence.is_some_and(|it| it.event == event);
        let held = session.lease.filter(|it| asks(it.event));
        batch.claim(id, held);
        batch.dispatch(session.queue)?;
        Ok(Reply::Approval(approval))
    }

    /// The same request is on record already.
    fn known(
        &self,
        batch: &Batch<'_>,
        session: &Session,
    ) -> Result<Option<Arc<Approval>>, RowError> {
        let request = (session.id, self.from.nonce, self.request.clone());
        match batch.state.approval_requests.get(&request) {
            Some(id) => batch.approval(session.team, *id),
            None => Ok(None),
        }
    }

    /// Nobody is allowed one thing by the answer to another.
    fn asks_for(&self, known: &Approval) -> bool {
        let to_same = self.to.as_ref().is_none_or(|it| *it == known.to);
        let what = (&self.fence, &self.tool, &self.description, &self.preview);
        let before = (
            &known.fence,
            &known.tool,
            &known.description,
            &known.preview,
        );
        to_same && what == before
    }

    fn check(
        &self,
        batch: &Batch<'_>,
        team: TeamId,
        session: SessionId,
        asker: TokenId,
    ) -> Result<(), Rejection> {
        if !(APPROVAL_MIN..=APPROVAL_MAX).contains(&self.timeout) {
            return Err(Rejection::Invalid("timeout: 1 second to 24 hours"));
        }
        if let Some(Asked::Token(to)) = self.to {
            let known = batch.state.tokens.get(&to);
            let may = known.is_some_and(|it| {
                it.is_live(batch.now()) && it.team == Some(team) && it.has(Role::Approve)
            });
            if !may || to == asker {
                return Err(Rejection::Invalid(
                    "token: a live one of the team with role approve, and not the asker's own",
                ));
            }
        }
        let open = batch.state.session_approvals.get(&session);
        if open.is_some_and(|it| it.len() >= APPROVALS_PER_SESSION) {
            return Err(Rejection::Limit("open approvals of a session"));
        }
        let owned = batch.state.team_approvals.get(&team);
        if owned.is_some_and(|it| it.open() >= APPROVALS_PER_TEAM) {
            return Err(Rejection::Limit("open approvals of a team"));
        }
        Ok(())
    }

    /// The session has the delivery that it asks for.
    fn check_delivery(&self, batch: &Batch<'_>, command: &Command, id: SessionId) -> Outcome<()> {
        let Some(fence) = self.fence else {
            return Ok(());
        };
        let event = batch.in_hand(command, fence)?;
        if fence::holder(&event) != Some(id) {
            return Err(Rejection::Invalid("fence: a delivery of the session that asks").into());
        }
        Ok(())
    }

    fn approval(&self, batch: &mut Batch<'_>, session: &Session, token: TokenId) -> Arc<Approval> {
        let asked = batch.now();
        let tag = batch.state.queue(session.queue).row.tag.clone();
        let to = self.to.clone();
        Arc::new(Approval {
            id: ApprovalId(batch.next_id()),
            team: session.team,
            session: session.id,
            key: session.key.clone(),
            nonce: session.nonce,
            to: to.unwrap_or_else(|| Asked::Queue(tag.clone())),
            tag,
            token,
            request: self.request.clone(),
            fence: self.fence,
            tool: self.tool.clone(),
            description: self.description.clone(),
            preview: self.preview.clone(),
            asked,
            deadline: asked.after(self.timeout),
            decision: None,
        })
    }
}

impl AnswerApproval {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let roles = &[Role::Approve];
        let over = Over::SomeQueue;
        let team = batch.allow(command, Need { roles, over })?;
        let Actor::Token(token) = command.by else {
            return Err(Rejection::NotAllowed.into());
        };
        let approval = batch.approval(team, self.approval)?;
        let approval = approval.ok_or(Rejection::NotFound)?;
        check_answerer(batch, command, token, &approval)?;
        if approval.decision.is_some() && !is_planted(Bug::SecondAnswerWins) {
            return Ok(Reply::Approval(approval));
        }

        let (verdict, by) = self.verdict(batch, &approval, token);
        let reason = self.reason.clone().filter(|_| by.is_some());
        let decided = batch.decide_approval(approval, verdict, by, reason)?;
        Ok(Reply::Approval(decided))
    }

    /// An answer that comes too late decides nothing.
    fn verdict(
        &self,
        batch: &Batch<'_>,
        approval: &Approval,
        token: TokenId,
    ) -> (Verdict, Option<TokenId>) {
        if !batch.state.is_waited_for(approval) {
            return (Verdict::Withdrawn, None);
        }
        if approval.deadline <= batch.now() && !is_planted(Bug::LateAnswerCounts) {
            return (Verdict::TimedOut, None);
        }
        match self.allow {
            true => (Verdict::Allowed, Some(token)),
            false => (Verdict::Denied, Some(token)),
        }
    }
}

/// Whoever answers is asked, and does not ask: neither by the token of the request nor by that of the
/// session's stream.
fn check_answerer(
    batch: &Batch<'_>,
    command: &Command,
    token: TokenId,
    approval: &Approval,
) -> Result<(), Rejection> {
    match &approval.to {
        Asked::Token(to) if *to == token => {}
        Asked::Token(_) => return Err(Rejection::NotAllowed),
        Asked::Queue(tag) => {
            let roles = &[Role::Approve];
            let over = Over::Queue(tag.as_ref());
            batch.allow(command, Need { roles, over })?;
        }
    }
    let session = batch.state.sessions.get(&approval.session);
    let asks = token == approval.token || session.is_some_and(|it| it.token == token);
    if asks && !is_planted(Bug::AskerAnswers) {
        return Err(Rejection::Asker);
    }
    Ok(())
}
