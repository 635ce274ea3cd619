//! What sessions say to each other, and hand to each other.

use ackord_core::answer::Reply;
use ackord_core::command::Op;
use ackord_core::model::Role;
use ackord_proto::v1::message_service_server::MessageService;
use ackord_proto::{from_wire, to_wire, v1};
use tonic::Request;

use crate::api::{Answer, Api, LOG, answer};
use crate::refused::Refused;
use crate::submit::draw;

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Messages(pub(crate) Api);

#[tonic::async_trait]
impl MessageService for Messages {
    async fn send(&self, request: Request<v1::SendRequest>) -> Answer<v1::SendResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&[Role::Session, Role::Submit])?;
        let send = from_wire::send(asked, draw).map_err(Refused::from)?;
        let command = caller.command(Some(team), Op::Send(Box::new(send)));
        let done = self.0.propose(command).await?;
        let sent = match done.reply {
            Reply::Sent(events) => to_wire::sent(&events, done.position),
            Reply::Broadcast(events) => to_wire::broadcast(&events, done.position),
            _ => unreachable!("a message that is in names its events"),
        };
        answer(v1::SendResponse { sent: Some(sent) })
    }

    async fn handoff(&self, request: Request<v1::HandoffRequest>) -> Answer<v1::HandoffResponse> {
        let (caller, asked) = self.0.open(request).await?;
        let team = caller.team_as(&[Role::Session])?;
        let handoff = from_wire::handoff(asked).map_err(Refused::from)?;
        let fence = handoff.fence;
        let command = caller.command(Some(team), Op::Handoff(handoff));
        let done = self.0.propose(command).await?;
        self.0.sessions.answered(fence);
        let Reply::HandedOff { position, again } = done.reply else {
            unreachable!("a handoff that counts says where the event stands")
        };
        answer(v1::HandoffResponse {
            position: Some(LOG.position(position)),
            again,
        })
    }
}
