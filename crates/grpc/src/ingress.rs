//! Events go in.

use ackord_core::command::Op;
use ackord_core::model::Role;
use ackord_proto::v1::ingress_service_server::IngressService;
use ackord_proto::{from_wire, v1};
use tonic::{Request, Response, Streaming};

use crate::api::{Answer, Api, answer};
use crate::refused::Refused;
use crate::submit;
use crate::submit_stream::{self, Responses};

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Ingress(pub(crate) Api);

#[tonic::async_trait]
impl IngressService for Ingress {
    type SubmitStreamStream = Responses;

    async fn submit(&self, request: Request<v1::SubmitRequest>) -> Answer<v1::SubmitResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&[Role::Submit])?;
        submit::check(&asked.items)?;
        answer(v1::SubmitResponse {
            results: self.0.submit(&caller, team, asked.items).await,
        })
    }

    async fn submit_stream(
        &self,
        request: Request<Streaming<v1::SubmitStreamRequest>>,
    ) -> Answer<Responses> {
        let (caller, requests) = self.0.open(request).await?;
        let team = caller.team_as(&[Role::Submit])?;
        Ok(Response::new(submit_stream::serve(
            self.0.clone(),
            caller,
            team,
            requests,
        )))
    }

    async fn cancel(&self, request: Request<v1::CancelRequest>) -> Answer<v1::CancelResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&[Role::Submit, Role::Manage])?;
        let cancel = from_wire::cancel(asked).map_err(Refused::from)?;
        let command = caller.command(Some(team), Op::Cancel(cancel));
        answer(v1::CancelResponse {
            position: self.0.carry_out(command).await?,
        })
    }
}
