//! The calls of a single question and answer, as they stand in the API.

use ackord_proto::v1;
use ackord_proto::v1::approval_service_client::ApprovalServiceClient;
use ackord_proto::v1::cluster_service_client::ClusterServiceClient;
use ackord_proto::v1::cron_service_client::CronServiceClient;
use ackord_proto::v1::effect_service_client::EffectServiceClient;
use ackord_proto::v1::event_service_client::EventServiceClient;
use ackord_proto::v1::ingress_service_client::IngressServiceClient;
use ackord_proto::v1::message_service_client::MessageServiceClient;
use ackord_proto::v1::queue_service_client::QueueServiceClient;
use ackord_proto::v1::session_service_client::SessionServiceClient;
use ackord_proto::v1::source_service_client::SourceServiceClient;
use ackord_proto::v1::team_service_client::TeamServiceClient;
use ackord_proto::v1::token_service_client::TokenServiceClient;

use crate::client::Client;
use crate::error::Error;
use crate::retry::Kind;
use crate::wire::ANSWER_BYTES_MAX;

/// What a call has to do with places in the log: it reads and `sees` what this client was told, or
/// it writes and `tells` where that stands, in its answer or in the part of it that is named.
macro_rules! place {
    (sees, $client:expr, $question:ident) => {{
        let mut question = $question;
        question.at_least = question.at_least.or($client.wire().seen.at_least());
        question
    }};
    (tells, $client:expr, $question:ident) => {
        $question
    };
    (sees, $client:expr, $answer:ident, told) => {
        $answer
    };
    (tells, $client:expr, $answer:ident, told) => {{
        $client.wire().seen.note($answer.position);
        $answer
    }};
    (tells, $client:expr, $answer:ident, told $part:ident) => {{
        let part = $answer.$part.as_ref();
        $client.wire().seen.note(part.and_then(|it| it.position));
        $answer
    }};
}

/// One method for each call: what it is named, how it may be repeated, whose it is, and what it has
/// to do with places in the log.
macro_rules! calls {
    ($(
        $(#[$doc:meta])*
        $name:ident($question:ident) -> $answer:ident:
            $kind:ident, $service:ident $(, $place:ident $($part:ident)?)?;
    )*) => {
        impl Client {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// As all calls: refused, failed, or unknown.
            pub async fn $name(&self, question: v1::$question) -> Result<v1::$answer, Error> {
                $(let question = place!($place, self, question);)?
                let send = |server: &crate::servers::Server, request| {
                    let mut client = $service::new(server.channel.clone())
                        .max_decoding_message_size(ANSWER_BYTES_MAX);
                    async move { client.$name(request).await }
                };
                let answer = self.wire().call(Kind::$kind, &question, send).await?;
                $(let answer = place!($place, self, answer, told $($part)?);)?
                Ok(answer)
            }
        )*}
    };
}

calls! {
    /// How the asked node stands.
    get_status(GetStatusRequest) -> GetStatusResponse: Read, ClusterServiceClient;

    /// How a node that is to come stands.
    add_node(AddNodeRequest) -> AddNodeResponse: Repeatable, ClusterServiceClient;
    /// Lets a member vote.
    promote_node(PromoteNodeRequest) -> PromoteNodeResponse: Lengthy, ClusterServiceClient;
    /// Lets a member vote in the place of another one.
    replace_node(ReplaceNodeRequest) -> ReplaceNodeResponse: Lengthy, ClusterServiceClient;
    /// Removes a member for good.
    remove_node(RemoveNodeRequest) -> RemoveNodeResponse: Lengthy, ClusterServiceClient;
    /// Lets the cluster use a newer format.
    raise_format(RaiseFormatRequest) -> RaiseFormatResponse: Repeatable, ClusterServiceClient, tells;
    /// Flushes the rows of the asked node. A call whose answer is lost is not sent to another one.
    take_snapshot(TakeSnapshotRequest) -> TakeSnapshotResponse: Once, ClusterServiceClient;

    /// Takes an event out before its work is done.
    cancel(CancelRequest) -> CancelResponse: Once, IngressServiceClient, tells;

    /// Acknowledges a delivery, without a session.
    ack(AckRequest) -> AckResponse: Recorded, SessionServiceClient, tells acked;
    /// Gives a delivery back, without a session.
    nack(NackRequest) -> NackResponse: Repeatable, SessionServiceClient, tells nacked;
    /// Keeps a note on how far a delivery is, without a session.
    checkpoint(CheckpointRequest) -> CheckpointResponse: Repeatable, SessionServiceClient, tells checkpointed;
    /// Sessions that the cluster knows.
    list_sessions(ListSessionsRequest) -> ListSessionsResponse: Read, SessionServiceClient, sees;

    /// Begins an effect. Draw a nonce for each: a call whose answer is lost is sent again.
    begin_effect(BeginEffectRequest) -> BeginEffectResponse: Repeatable, EffectServiceClient, tells;
    /// Records what came of an effect.
    complete_effect(CompleteEffectRequest) -> CompleteEffectResponse: Repeatable, EffectServiceClient, tells;
    /// Does what is unfinished. Draw a nonce for each: a call whose answer is lost is sent again.
    force_effect(ForceEffectRequest) -> ForceEffectResponse: Repeatable, EffectServiceClient, tells;
    /// What an event has done outside.
    list_effects(ListEffectsRequest) -> ListEffectsResponse: Read, EffectServiceClient, sees;

    /// Asks for an approval in the name of a session, which `session_key` and `nonce` name, without its
    /// handle.
    request_approval(RequestApprovalRequest) -> RequestApprovalResponse: Repeatable, ApprovalServiceClient, tells;
    /// One approval.
    get_approval(GetApprovalRequest) -> GetApprovalResponse: Read, ApprovalServiceClient, sees;
    /// Approvals, oldest first.
    list_approvals(ListApprovalsRequest) -> ListApprovalsResponse: Read, ApprovalServiceClient, sees;
    /// Answers an approval; the first answer counts.
    answer_approval(AnswerApprovalRequest) -> AnswerApprovalResponse: Repeatable, ApprovalServiceClient, tells;

    /// Gives the event of a delivery to another tag.
    handoff(HandoffRequest) -> HandoffResponse: Recorded, MessageServiceClient, tells;

    /// One event, without its body.
    get_event(GetEventRequest) -> GetEventResponse: Read, EventServiceClient, sees;
    /// Events by the time of their submit, oldest first.
    list_events(ListEventsRequest) -> ListEventsResponse: Read, EventServiceClient, sees;
    /// An event's body and what was submitted with it.
    get_body(GetBodyRequest) -> GetBodyResponse: Read, EventServiceClient, sees;
    /// Finished events, newest first.
    list_history(ListHistoryRequest) -> ListHistoryResponse: Read, EventServiceClient, sees;
    /// Why an event is where it is.
    why(WhyRequest) -> WhyResponse: Read, EventServiceClient, sees;
    /// Dead letters, oldest first.
    list_dead(ListDeadRequest) -> ListDeadResponse: Read, EventServiceClient, sees;
    /// Sends a dead or finished event round again.
    replay(ReplayRequest) -> ReplayResponse: Once, EventServiceClient, tells;
    /// Removes one event from the dead letters for good.
    purge(PurgeRequest) -> PurgeResponse: Once, EventServiceClient, tells;
    /// Begins work on many events.
    start_job(StartJobRequest) -> StartJobResponse: Once, EventServiceClient, tells;
    /// How far a job is.
    get_job(GetJobRequest) -> GetJobResponse: Read, EventServiceClient, sees;

    /// One queue: settings and depth.
    get_queue(GetQueueRequest) -> GetQueueResponse: Read, QueueServiceClient, sees;
    /// Queues by their number.
    list_queues(ListQueuesRequest) -> ListQueuesResponse: Read, QueueServiceClient, sees;
    /// Replaces all settings of a queue.
    set_queue(SetQueueRequest) -> SetQueueResponse: Once, QueueServiceClient, tells;
    /// Holds deliveries back.
    pause_queue(PauseQueueRequest) -> PauseQueueResponse: Repeatable, QueueServiceClient, tells;
    /// Takes and delivers again.
    resume_queue(ResumeQueueRequest) -> ResumeQueueResponse: Repeatable, QueueServiceClient, tells;
    /// Refuses submits and delivers what is there.
    drain_queue(DrainQueueRequest) -> DrainQueueResponse: Repeatable, QueueServiceClient, tells;

    /// Makes a cron.
    create_cron(CreateCronRequest) -> CreateCronResponse: Once, CronServiceClient, tells;
    /// One cron, with its instruction and the next instants.
    get_cron(GetCronRequest) -> GetCronResponse: Read, CronServiceClient, sees;
    /// Crons by their number.
    list_crons(ListCronsRequest) -> ListCronsResponse: Read, CronServiceClient, sees;
    /// Replaces the terms of a cron.
    update_cron(UpdateCronRequest) -> UpdateCronResponse: Once, CronServiceClient, tells;
    /// Removes a cron.
    delete_cron(DeleteCronRequest) -> DeleteCronResponse: Once, CronServiceClient, tells;
    /// Lets a cron have no ticks.
    pause_cron(PauseCronRequest) -> PauseCronResponse: Repeatable, CronServiceClient, tells;
    /// Lets a cron have ticks again.
    resume_cron(ResumeCronRequest) -> ResumeCronResponse: Repeatable, CronServiceClient, tells;
    /// Says when a schedule would fire.
    preview_schedule(PreviewScheduleRequest) -> PreviewScheduleResponse: Read, CronServiceClient;

    /// Makes a source.
    create_source(CreateSourceRequest) -> CreateSourceResponse: Once, SourceServiceClient, tells;
    /// One source, without its secrets.
    get_source(GetSourceRequest) -> GetSourceResponse: Read, SourceServiceClient, sees;
    /// Sources by their number.
    list_sources(ListSourcesRequest) -> ListSourcesResponse: Read, SourceServiceClient, sees;
    /// Changes a source.
    update_source(UpdateSourceRequest) -> UpdateSourceResponse: Once, SourceServiceClient, tells;
    /// Removes a source.
    delete_source(DeleteSourceRequest) -> DeleteSourceResponse: Once, SourceServiceClient, tells;
    /// What a source would make of a request.
    test_source(TestSourceRequest) -> TestSourceResponse: Read, SourceServiceClient;
    /// Lets a provider's handshakes be answered for a while.
    open_pairing(OpenPairingRequest) -> OpenPairingResponse: Repeatable, SourceServiceClient, tells;
    /// Seals the secrets of a source again.
    reseal_source(ResealSourceRequest) -> ResealSourceResponse: Repeatable, SourceServiceClient, tells;
    /// The latest requests that reached the asked node.
    list_requests(ListRequestsRequest) -> ListRequestsResponse: Read, SourceServiceClient;
    /// Routes kept events again.
    reroute_events(RerouteEventsRequest) -> RerouteEventsResponse: Once, SourceServiceClient;

    /// Makes a team.
    create_team(CreateTeamRequest) -> CreateTeamResponse: Once, TeamServiceClient, tells;
    /// One team.
    get_team(GetTeamRequest) -> GetTeamResponse: Read, TeamServiceClient, sees;
    /// Teams by their number.
    list_teams(ListTeamsRequest) -> ListTeamsResponse: Read, TeamServiceClient, sees;
    /// Changes how long a team's things are kept.
    set_retention(SetRetentionRequest) -> SetRetentionResponse: Repeatable, TeamServiceClient, tells;

    /// Makes a token.
    create_token(CreateTokenRequest) -> CreateTokenResponse: Once, TokenServiceClient, tells;
    /// Tokens by their number.
    list_tokens(ListTokensRequest) -> ListTokensResponse: Read, TokenServiceClient, sees;
    /// Ends a token for good.
    revoke_token(RevokeTokenRequest) -> RevokeTokenResponse: Repeatable, TokenServiceClient, tells;
}
