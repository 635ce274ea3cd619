//! Sessions: their streams, and the calls that do without one.

use ackord_core::id::SessionId;
use ackord_core::model::Role;
use ackord_machine::RowView;
use ackord_proto::v1::session_service_server::SessionService;
use ackord_proto::{from_wire, v1};
use tonic::{Request, Response, Streaming};

use crate::answers::extend_result;
use crate::api::{Answer, Api, answer};
use crate::attach::{self, Outgoing};
use crate::limits::{EXTENSIONS_RULE, ITEMS_MAX};
use crate::page::Ask;
use crate::queue_rows::{self, SessionFilter};
use crate::refused::Refused;

const SESSION: [Role; 1] = [Role::Session];

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct SessionCalls(pub(crate) Api);

#[tonic::async_trait]
impl SessionService for SessionCalls {
    type AttachStream = Outgoing;

    async fn attach(
        &self,
        request: Request<Streaming<v1::AttachRequest>>,
    ) -> Answer<Self::AttachStream> {
        let (caller, requests) = self.0.open(request).await?;
        let team = caller.team_as(&SESSION)?;
        Ok(Response::new(
            attach::serve(self.0.clone(), caller, team, requests).await?,
        ))
    }

    async fn ack(&self, request: Request<v1::AckRequest>) -> Answer<v1::AckResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&SESSION)?;
        let ack = asked
            .ack
            .ok_or_else(|| Refused::invalid("ack", "is required"))?;
        let acked = self.0.ack(&caller, team, ack).await?;
        answer(v1::AckResponse { acked: Some(acked) })
    }

    async fn nack(&self, request: Request<v1::NackRequest>) -> Answer<v1::NackResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&SESSION)?;
        let nack = asked
            .nack
            .ok_or_else(|| Refused::invalid("nack", "is required"))?;
        let nacked = self.0.nack(&caller, team, nack).await?;
        answer(v1::NackResponse {
            nacked: Some(nacked),
        })
    }

    async fn extend(&self, request: Request<v1::ExtendRequest>) -> Answer<v1::ExtendResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&SESSION)?;
        if asked.items.is_empty() || asked.items.len() > ITEMS_MAX {
            return Err(Refused::invalid("items", EXTENSIONS_RULE).into());
        }
        let results = self.0.extend_all(&caller, team, asked.items).await;
        let refused = results.iter().filter_map(|it| it.as_ref().err());
        refused.for_each(|it| self.0.metrics.refused(it.reason()));
        answer(v1::ExtendResponse {
            results: results.into_iter().map(extend_result).collect(),
        })
    }

    async fn checkpoint(
        &self,
        request: Request<v1::CheckpointRequest>,
    ) -> Answer<v1::CheckpointResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&SESSION)?;
        let checkpoint = asked
            .checkpoint
            .ok_or_else(|| Refused::invalid("checkpoint", "is required"))?;
        let checkpointed = self.0.checkpoint(&caller, team, checkpoint).await?;
        answer(v1::CheckpointResponse {
            checkpointed: Some(checkpointed),
        })
    }

    async fn list_sessions(
        &self,
        request: Request<v1::ListSessionsRequest>,
    ) -> Answer<v1::ListSessionsResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&[Role::Session, Role::Observe])?;
        let ask = Ask::<SessionId>::read(asked.page_size, &asked.page_token)?;
        let filter = SessionFilter {
            token: caller.token,
            tag: from_wire::tag_filter(asked.tag).map_err(Refused::from)?,
            link: from_wire::session_link(asked.link).map_err(Refused::from)?,
        };
        let read = move |rows: &RowView| queue_rows::list_sessions(rows, team, &filter, &ask);
        let page = self.0.read(asked.at_least, read).await?;
        answer(v1::ListSessionsResponse {
            sessions: page.items,
            next_page_token: page.next,
        })
    }
}
