//! Approvals: what sessions ask to be allowed, and who answers.

use std::pin::Pin;
use std::sync::Arc;

use ackord_core::answer::Reply;
use ackord_core::command::Op;
use ackord_core::id::{ApprovalId, TeamId};
use ackord_core::model::{Approval, Role};
use ackord_machine::RowView;
use ackord_proto::v1::approval_service_server::ApprovalService;
use ackord_proto::{from_wire, to_wire, v1};
use futures::Stream;
use tonic::{Request, Response, Status};

use crate::api::{Answer, Api, answer};
use crate::approval_rows;
use crate::approval_watch::Watch;
use crate::auth::Caller;
use crate::page::Ask;
use crate::refused::Refused;

/// Who may look.
const READERS: [Role; 3] = [Role::Session, Role::Approve, Role::Observe];

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Approvals(pub(crate) Api);

/// An approval that a command answered with, and where that stands.
struct Settled {
    approval: Arc<Approval>,
    position: v1::Position,
}

impl Approvals {
    async fn settle(&self, caller: &Caller, team: TeamId, op: Op) -> Result<Settled, Refused> {
        let done = self.0.propose(caller.command(Some(team), op)).await?;
        let Reply::Approval(approval) = done.reply else {
            unreachable!("a command that concerns an approval answers with it")
        };
        Ok(Settled {
            approval,
            position: done.position,
        })
    }
}

/// An approval that the caller may see.
pub(crate) async fn find(
    api: &Api,
    caller: &Caller,
    team: TeamId,
    id: ApprovalId,
    at_least: Option<v1::Position>,
) -> Result<Arc<Approval>, Refused> {
    let read = move |rows: &RowView| approval_rows::approval(rows, team, id);
    let approval = api.read(at_least, read).await?;
    let seen = approval.filter(|it| approval_rows::may_see(&caller.token, it));
    seen.ok_or_else(Refused::not_found)
}

#[tonic::async_trait]
impl ApprovalService for Approvals {
    type WatchApprovalStream =
        Pin<Box<dyn Stream<Item = Result<v1::WatchApprovalResponse, Status>> + Send>>;

    async fn request_approval(
        &self,
        request: Request<v1::RequestApprovalRequest>,
    ) -> Answer<v1::RequestApprovalResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&[Role::Session])?;
        let ask = from_wire::request_approval(asked).map_err(Refused::from)?;
        let op = Op::RequestApproval(Box::new(ask));
        let settled = self.settle(&caller, team, op).await?;
        self.0.sessions.heard(settled.approval.session);
        answer(v1::RequestApprovalResponse {
            approval: Some(to_wire::approval(&settled.approval)),
            position: Some(settled.position),
        })
    }

    async fn get_approval(
        &self,
        request: Request<v1::GetApprovalRequest>,
    ) -> Answer<v1::GetApprovalResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&READERS)?;
        let id = from_wire::id(&asked.approval_id, "approval_id").map_err(Refused::from)?;
        let approval = find(&self.0, &caller, team, id, asked.at_least).await?;
        answer(v1::GetApprovalResponse {
            approval: Some(to_wire::approval(&approval)),
        })
    }

    async fn list_approvals(
        &self,
        request: Request<v1::ListApprovalsRequest>,
    ) -> Answer<v1::ListApprovalsResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&READERS)?;
        let ask = Ask::<ApprovalId>::read(asked.page_size, &asked.page_token)?;
        let state = from_wire::approval_filter(asked.state).map_err(Refused::from)?;
        let token = caller.token;
        let read = move |rows: &RowView| approval_rows::list(rows, team, &token, state, &ask);
        let page = self.0.read(asked.at_least, read).await?;
        answer(v1::ListApprovalsResponse {
            approvals: page.items,
            next_page_token: page.next,
        })
    }

    async fn answer_approval(
        &self,
        request: Request<v1::AnswerApprovalRequest>,
    ) -> Answer<v1::AnswerApprovalResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&[Role::Approve])?;
        let said = from_wire::answer_approval(asked).map_err(Refused::from)?;
        let op = Op::AnswerApproval(said);
        let settled = self.settle(&caller, team, op).await?;
        answer(v1::AnswerApprovalResponse {
            approval: Some(to_wire::approval(&settled.approval)),
            position: Some(settled.position),
        })
    }

    async fn watch_approval(
        &self,
        request: Request<v1::WatchApprovalRequest>,
    ) -> Answer<Self::WatchApprovalStream> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&READERS)?;
        let id = from_wire::id(&asked.approval_id, "approval_id").map_err(Refused::from)?;
        let watch = Watch::new(self.0.clone(), caller, team, id)?;
        // Whoever may not see it is told so at once.
        watch.find(asked.at_least).await?;
        Ok(Response::new(Box::pin(watch.stream())))
    }
}
