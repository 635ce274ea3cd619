//! The API for other rooms of the same process: the services of sessions and of what they ask for, without a
//! wire. The handlers are those that a client of gRPC reaches, tokens and refusals included.

use ackord_proto::v1::cron_service_server::CronServiceServer;
use ackord_proto::v1::event_service_server::EventServiceServer;
use ackord_proto::v1::message_service_server::MessageServiceServer;
use ackord_proto::v1::session_service_server::SessionServiceServer;
use ackord_proto::v1::source_service_server::SourceServiceServer;
use ackord_proto::v1::team_service_server::TeamServiceServer;
use ackord_proto::v1::token_service_server::TokenServiceServer;
use tonic::service::Routes;

use crate::api::Api;
use crate::cron::Crons;
use crate::event::Events;
use crate::limits::MESSAGE_MAX;
use crate::message::Messages;
use crate::session::SessionCalls;
use crate::source::Sources;
use crate::team::Teams;
use crate::token::Tokens;

/// See the module.
#[must_use]
pub fn local(api: Api) -> Routes {
    let sessions = SessionServiceServer::new(SessionCalls(api.clone()));
    let messages = MessageServiceServer::new(Messages(api.clone()));
    let events = EventServiceServer::new(Events(api.clone()));
    let teams = TeamServiceServer::new(Teams(api.clone()));
    let tokens = TokenServiceServer::new(Tokens(api.clone()));
    let sources = SourceServiceServer::new(Sources(api.clone()));
    let crons = CronServiceServer::new(Crons(api));
    Routes::new(sessions.max_decoding_message_size(MESSAGE_MAX))
        .add_service(messages.max_decoding_message_size(MESSAGE_MAX))
        .add_service(events.max_decoding_message_size(MESSAGE_MAX))
        .add_service(teams.max_decoding_message_size(MESSAGE_MAX))
        .add_service(tokens.max_decoding_message_size(MESSAGE_MAX))
        .add_service(sources.max_decoding_message_size(MESSAGE_MAX))
        .add_service(crons.max_decoding_message_size(MESSAGE_MAX))
        .prepare()
}
