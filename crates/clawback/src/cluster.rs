//! The cluster, as the holder of one token sees it: by `ackord.v1`, within this process.
//!
//! The calls are those that a gRPC client makes, taken by the same handlers: who may do what, what is
//! proposed and how it is refused is decided there, and nowhere here.

use ackord_proto::refusal::from_details;
use ackord_proto::v1;
use ackord_proto::v1::RefusalReason as Reason;
use ackord_proto::v1::cron_service_client::CronServiceClient;
use ackord_proto::v1::event_service_client::EventServiceClient;
use ackord_proto::v1::message_service_client::MessageServiceClient;
use ackord_proto::v1::session_service_client::SessionServiceClient;
use ackord_proto::v1::source_service_client::SourceServiceClient;
use ackord_proto::v1::team_service_client::TeamServiceClient;
use ackord_proto::v1::token_service_client::TokenServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Routes;
use tonic::{Code, Request, Status};

/// Metadata of a call that wants to see everything that was decided before it.
const FRESH: &str = "ackord-fresh";

/// See the module.
#[derive(Clone)]
pub(crate) struct Cluster {
    routes: Routes,
    bearer: MetadataValue<Ascii>,
}

impl Cluster {
    /// With this secret; none: it can be no secret.
    pub(crate) fn new(routes: Routes, secret: &str) -> Option<Self> {
        let mut bearer: MetadataValue<Ascii> = format!("Bearer {secret}").parse().ok()?;
        bearer.set_sensitive(true);
        Some(Self { routes, bearer })
    }

    /// A call with this message.
    pub(crate) fn call<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.bearer.clone());
        request
    }

    /// The same, answered by what was decided before, wherever.
    pub(crate) fn fresh<T>(&self, message: T) -> Request<T> {
        let mut request = self.call(message);
        let yes = MetadataValue::from_static("1");
        request.metadata_mut().insert(FRESH, yes);
        request
    }

    pub(crate) fn sessions(&self) -> SessionServiceClient<Routes> {
        SessionServiceClient::new(self.routes.clone())
    }

    pub(crate) fn events(&self) -> EventServiceClient<Routes> {
        EventServiceClient::new(self.routes.clone())
    }

    pub(crate) fn messages(&self) -> MessageServiceClient<Routes> {
        MessageServiceClient::new(self.routes.clone())
    }

    pub(crate) fn sources(&self) -> SourceServiceClient<Routes> {
        SourceServiceClient::new(self.routes.clone())
    }

    pub(crate) fn crons(&self) -> CronServiceClient<Routes> {
        CronServiceClient::new(self.routes.clone())
    }

    pub(crate) fn teams(&self) -> TeamServiceClient<Routes> {
        TeamServiceClient::new(self.routes.clone())
    }

    pub(crate) fn tokens(&self) -> TokenServiceClient<Routes> {
        TokenServiceClient::new(self.routes.clone())
    }
}

/// Why the cluster says no, if it says why.
pub(crate) fn reason(status: &Status) -> Option<Reason> {
    from_details(status.details()).map(|it| it.reason())
}

/// Whether another try may do better: nobody has decided yet, or nobody knows.
pub(crate) fn is_undecided(status: &Status) -> bool {
    match reason(status) {
        Some(reason) => is_passing(reason),
        None => matches!(
            status.code(),
            Code::Unavailable | Code::Unknown | Code::DeadlineExceeded | Code::Cancelled
        ),
    }
}

/// Whether what stands in the way passes by itself.
pub(crate) fn is_passing(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::NoLeader | Reason::Overloaded | Reason::UnknownOutcome
    )
}

/// Words for whoever asked: what is wrong, and what to do about it.
pub(crate) fn words(status: &Status) -> String {
    match from_details(status.details()) {
        Some(v1::Refusal {
            message,
            what_to_do,
            ..
        }) if !what_to_do.is_empty() => format!("{message}. {what_to_do}"),
        Some(refusal) => refusal.message,
        None => status.message().to_owned(),
    }
}
