//! The calls of a single question and answer, as they stand in the API.

use ackord_proto::v1;
use ackord_proto::v1::cluster_service_client::ClusterServiceClient;
use ackord_proto::v1::event_service_client::EventServiceClient;
use ackord_proto::v1::ingress_service_client::IngressServiceClient;
use ackord_proto::v1::queue_service_client::QueueServiceClient;
use ackord_proto::v1::session_service_client::SessionServiceClient;
use ackord_proto::v1::team_service_client::TeamServiceClient;
use ackord_proto::v1::token_service_client::TokenServiceClient;

use crate::client::Client;
use crate::error::Error;
use crate::retry::Kind;
use crate::wire::ANSWER_BYTES_MAX;

/// One method for each call: what it is named, how it may be repeated, and whose it is.
macro_rules! calls {
    ($(
        $(#[$doc:meta])*
        $name:ident($question:ident) -> $answer:ident: $kind:ident, $service:ident;
    )*) => {
        impl Client {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// As all calls: refused, failed, or unknown.
            pub async fn $name(&self, question: v1::$question) -> Result<v1::$answer, Error> {
                let send = |server: &crate::servers::Server, request| {
                    let mut client = $service::new(server.channel.clone())
                        .max_decoding_message_size(ANSWER_BYTES_MAX);
                    async move { client.$name(request).await }
                };
                self.wire().call(Kind::$kind, &question, send).await
            }
        )*}
    };
}

calls! {
    /// How the asked node stands.
    get_status(GetStatusRequest) -> GetStatusResponse: Read, ClusterServiceClient;

    /// Takes an event out before its work is done.
    cancel(CancelRequest) -> CancelResponse: Once, IngressServiceClient;

    /// Acknowledges a delivery, without a session.
    ack(AckRequest) -> AckResponse: Recorded, SessionServiceClient;
    /// Gives a delivery back, without a session.
    nack(NackRequest) -> NackResponse: Repeatable, SessionServiceClient;
    /// Lets leases go on, without a session.
    extend(ExtendRequest) -> ExtendResponse: Repeatable, SessionServiceClient;
    /// Sessions that the cluster knows.
    list_sessions(ListSessionsRequest) -> ListSessionsResponse: Read, SessionServiceClient;

    /// One event, without its body.
    get_event(GetEventRequest) -> GetEventResponse: Read, EventServiceClient;
    /// Events by the time of their submit, oldest first.
    list_events(ListEventsRequest) -> ListEventsResponse: Read, EventServiceClient;
    /// An event's body and what was submitted with it.
    get_body(GetBodyRequest) -> GetBodyResponse: Read, EventServiceClient;
    /// Finished events, newest first.
    list_history(ListHistoryRequest) -> ListHistoryResponse: Read, EventServiceClient;
    /// Why an event is where it is.
    why(WhyRequest) -> WhyResponse: Read, EventServiceClient;
    /// Dead letters, oldest first.
    list_dead(ListDeadRequest) -> ListDeadResponse: Read, EventServiceClient;
    /// Sends a dead or finished event round again.
    replay(ReplayRequest) -> ReplayResponse: Once, EventServiceClient;
    /// Removes one event from the dead letters for good.
    purge(PurgeRequest) -> PurgeResponse: Once, EventServiceClient;
    /// Begins work on many events.
    start_job(StartJobRequest) -> StartJobResponse: Once, EventServiceClient;
    /// How far a job is.
    get_job(GetJobRequest) -> GetJobResponse: Read, EventServiceClient;

    /// One queue: settings and depth.
    get_queue(GetQueueRequest) -> GetQueueResponse: Read, QueueServiceClient;
    /// Queues by their number.
    list_queues(ListQueuesRequest) -> ListQueuesResponse: Read, QueueServiceClient;
    /// Replaces all settings of a queue.
    set_queue(SetQueueRequest) -> SetQueueResponse: Once, QueueServiceClient;
    /// Holds deliveries back.
    pause_queue(PauseQueueRequest) -> PauseQueueResponse: Repeatable, QueueServiceClient;
    /// Takes and delivers again.
    resume_queue(ResumeQueueRequest) -> ResumeQueueResponse: Repeatable, QueueServiceClient;
    /// Refuses submits and delivers what is there.
    drain_queue(DrainQueueRequest) -> DrainQueueResponse: Repeatable, QueueServiceClient;

    /// Makes a team.
    create_team(CreateTeamRequest) -> CreateTeamResponse: Once, TeamServiceClient;
    /// One team.
    get_team(GetTeamRequest) -> GetTeamResponse: Read, TeamServiceClient;
    /// Teams by their number.
    list_teams(ListTeamsRequest) -> ListTeamsResponse: Read, TeamServiceClient;
    /// Changes how long a team's things are kept.
    set_retention(SetRetentionRequest) -> SetRetentionResponse: Repeatable, TeamServiceClient;

    /// Makes a token.
    create_token(CreateTokenRequest) -> CreateTokenResponse: Once, TokenServiceClient;
    /// Tokens by their number.
    list_tokens(ListTokensRequest) -> ListTokensResponse: Read, TokenServiceClient;
    /// Ends a token for good.
    revoke_token(RevokeTokenRequest) -> RevokeTokenResponse: Repeatable, TokenServiceClient;
}
