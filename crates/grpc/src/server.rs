//! The server: services on an address.

use std::net::SocketAddr;

use ackord_proto::v1::approval_service_server::ApprovalServiceServer;
use ackord_proto::v1::cluster_service_server::ClusterServiceServer;
use ackord_proto::v1::cron_service_server::CronServiceServer;
use ackord_proto::v1::effect_service_server::EffectServiceServer;
use ackord_proto::v1::event_service_server::EventServiceServer;
use ackord_proto::v1::ingress_service_server::IngressServiceServer;
use ackord_proto::v1::message_service_server::MessageServiceServer;
use ackord_proto::v1::queue_service_server::QueueServiceServer;
use ackord_proto::v1::session_service_server::SessionServiceServer;
use ackord_proto::v1::source_service_server::SourceServiceServer;
use ackord_proto::v1::team_service_server::TeamServiceServer;
use ackord_proto::v1::token_service_server::TokenServiceServer;
use tonic::transport::Server;
use tonic::transport::server::Router;
#[cfg(not(madsim))]
use {
    ackord_machine::Machine,
    std::time::Duration,
    tokio::time::sleep,
    tonic_health::{ServingStatus, server::HealthReporter},
};

use crate::api::Api;
#[cfg(not(madsim))]
use crate::api::Ends;
use crate::approval::Approvals;
use crate::cluster::Cluster;
use crate::cron::Crons;
use crate::effect::Effects;
use crate::event::Events;
#[cfg(not(madsim))]
use crate::guard::Guard;
use crate::ingress::Ingress;
use crate::limits::{
    CALLS_PER_CONNECTION, KEEPALIVE, KEEPALIVE_MAX, MESSAGE_MAX, SUBMIT_MESSAGE_MAX,
};
use crate::message::Messages;
use crate::queue::Queues;
#[cfg(not(madsim))]
use crate::refusals;
use crate::session::SessionCalls;
use crate::source::Sources;
use crate::team::Teams;
use crate::token::Tokens;

/// How often a node looks whether it is in touch with the others, for whoever watches its health.
#[cfg(not(madsim))]
const LOOK: Duration = Duration::from_millis(250);

/// An address at which callers are let in.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    #[cfg(not(madsim))]
    incoming: ackord_tls::Incoming,
}

impl Listener {
    #[cfg(not(madsim))]
    pub(crate) fn of(address: SocketAddr, incoming: ackord_tls::Incoming) -> Self {
        Self { address, incoming }
    }

    #[cfg(madsim)]
    pub(crate) fn of(address: SocketAddr) -> Self {
        Self { address }
    }

    /// The address, with its real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Serves the API until it is to stop, and then until the calls under way have ended.
///
/// # Errors
/// The address cannot be served.
pub async fn serve(api: Api, listener: Listener) -> Result<(), tonic::transport::Error> {
    let ends = api.ends.clone();
    #[cfg(not(madsim))]
    {
        // The first one is the outermost: it counts what the other one refuses.
        let server = builder()
            .layer(refusals::layer(api.metrics.clone()))
            .layer(Guard::new(api.clone()));
        let machine = api.machine.clone();
        let (router, health) = add_tools(router(server, api)).await;
        let stop = tell_health(ends, machine, health);
        router
            .serve_with_incoming_shutdown(listener.incoming, stop)
            .await
    }
    #[cfg(madsim)]
    router(builder(), api)
        .serve_with_shutdown(listener.address, ends.stop)
        .await
}

fn router<L: Clone>(mut server: Server<L>, api: Api) -> Router<L> {
    let ingress = IngressServiceServer::new(Ingress(api.clone()));
    let sessions = SessionServiceServer::new(SessionCalls(api.clone()));
    let effects = EffectServiceServer::new(Effects(api.clone()));
    let messages = MessageServiceServer::new(Messages(api.clone()));
    let approvals = ApprovalServiceServer::new(Approvals(api.clone()));
    let events = EventServiceServer::new(Events(api.clone()));
    let queues = QueueServiceServer::new(Queues(api.clone()));
    let teams = TeamServiceServer::new(Teams(api.clone()));
    let tokens = TokenServiceServer::new(Tokens(api.clone()));
    let sources = SourceServiceServer::new(Sources(api.clone()));
    let crons = CronServiceServer::new(Crons(api.clone()));
    let cluster = ClusterServiceServer::new(Cluster(api));
    server
        .add_service(ingress.max_decoding_message_size(SUBMIT_MESSAGE_MAX))
        .add_service(sessions.max_decoding_message_size(MESSAGE_MAX))
        .add_service(effects.max_decoding_message_size(MESSAGE_MAX))
        .add_service(messages.max_decoding_message_size(MESSAGE_MAX))
        .add_service(approvals.max_decoding_message_size(MESSAGE_MAX))
        .add_service(events.max_decoding_message_size(MESSAGE_MAX))
        .add_service(queues.max_decoding_message_size(MESSAGE_MAX))
        .add_service(teams.max_decoding_message_size(MESSAGE_MAX))
        .add_service(tokens.max_decoding_message_size(MESSAGE_MAX))
        .add_service(sources.max_decoding_message_size(MESSAGE_MAX))
        .add_service(crons.max_decoding_message_size(MESSAGE_MAX))
        .add_service(cluster.max_decoding_message_size(MESSAGE_MAX))
}

fn builder() -> Server {
    Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_MAX))
        .max_concurrent_streams(CALLS_PER_CONNECTION)
}

/// Health for whoever watches the process, reflection for `grpcurl`. Both need no token, and tell
/// nothing of anybody's data.
#[cfg(not(madsim))]
async fn add_tools<L>(router: Router<L>) -> (Router<L>, HealthReporter) {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter
        .set_service_status("", ServingStatus::Serving)
        .await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(ackord_proto::FILE_DESCRIPTOR_SET)
        .build_v1()
        .expect("our own descriptors are whole");
    (router.add_service(health).add_service(reflection), reporter)
}

/// Tells who watches whether calls should be sent here: not while this node has lost the others, nor once it is
/// about to stop. Returns when no more calls are to be taken. Whoever watches has heard so by then, and is let
/// go: a watch never ends by itself, and would hold up the end of the node.
#[cfg(not(madsim))]
async fn tell_health(ends: Ends, machine: Machine, mut health: HealthReporter) {
    tokio::select! {
        biased;
        () = ends.draining => {}
        () = tell_touch(machine, &health) => {}
    }
    health
        .set_service_status("", ServingStatus::NotServing)
        .await;
    ends.stop.await;
    health.clear_service_status("").await;
}

/// Tells whether this node is in touch with the others. Ends never.
#[cfg(not(madsim))]
async fn tell_touch(machine: Machine, health: &HealthReporter) {
    let mut told = true;
    loop {
        sleep(LOOK).await;
        let serves = !machine.is_stale();
        if serves != told {
            told = serves;
            let status = match serves {
                true => ServingStatus::Serving,
                false => ServingStatus::NotServing,
            };
            health.set_service_status("", status).await;
        }
    }
}
