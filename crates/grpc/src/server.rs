//! The server: services on an address.

use std::future::Future;
use std::net::SocketAddr;

use ackord_proto::v1::cluster_service_server::ClusterServiceServer;
use ackord_proto::v1::event_service_server::EventServiceServer;
use ackord_proto::v1::ingress_service_server::IngressServiceServer;
use ackord_proto::v1::queue_service_server::QueueServiceServer;
use ackord_proto::v1::session_service_server::SessionServiceServer;
use ackord_proto::v1::team_service_server::TeamServiceServer;
use ackord_proto::v1::token_service_server::TokenServiceServer;
#[cfg(not(madsim))]
use futures::FutureExt as _;
use tonic::transport::Server;
use tonic::transport::server::Router;
#[cfg(not(madsim))]
use tonic_health::server::HealthReporter;

use crate::api::Api;
use crate::cluster::Cluster;
use crate::event::Events;
use crate::ingress::Ingress;
use crate::limits::{
    CALLS_PER_CONNECTION, KEEPALIVE, KEEPALIVE_MAX, MESSAGE_MAX, SUBMIT_MESSAGE_MAX,
};
use crate::queue::Queues;
use crate::session::SessionCalls;
use crate::team::Teams;
use crate::token::Tokens;

/// An address at which callers are let in.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    #[cfg(not(madsim))]
    incoming: tonic::transport::server::TcpIncoming,
}

impl Listener {
    #[cfg(not(madsim))]
    pub(crate) fn of(address: SocketAddr, listener: tokio::net::TcpListener) -> Self {
        let incoming = tonic::transport::server::TcpIncoming::from(listener);
        Self {
            address,
            incoming: incoming.with_nodelay(Some(true)),
        }
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

/// Serves the API until `stop`, and then until the calls under way have ended.
///
/// # Errors
/// The address cannot be served.
pub async fn serve(
    api: Api,
    listener: Listener,
    stop: impl Future<Output = ()>,
) -> Result<(), tonic::transport::Error> {
    let router = router(api);
    #[cfg(not(madsim))]
    {
        let (router, health) = add_tools(router).await;
        let stop = stop.then(|()| tell_end(health));
        router
            .serve_with_incoming_shutdown(listener.incoming, stop)
            .await
    }
    #[cfg(madsim)]
    router.serve_with_shutdown(listener.address, stop).await
}

fn router(api: Api) -> Router {
    let ingress = IngressServiceServer::new(Ingress(api.clone()));
    let sessions = SessionServiceServer::new(SessionCalls(api.clone()));
    let events = EventServiceServer::new(Events(api.clone()));
    let queues = QueueServiceServer::new(Queues(api.clone()));
    let teams = TeamServiceServer::new(Teams(api.clone()));
    let tokens = TokenServiceServer::new(Tokens(api.clone()));
    let cluster = ClusterServiceServer::new(Cluster(api));
    builder()
        .add_service(ingress.max_decoding_message_size(SUBMIT_MESSAGE_MAX))
        .add_service(sessions.max_decoding_message_size(MESSAGE_MAX))
        .add_service(events.max_decoding_message_size(MESSAGE_MAX))
        .add_service(queues.max_decoding_message_size(MESSAGE_MAX))
        .add_service(teams.max_decoding_message_size(MESSAGE_MAX))
        .add_service(tokens.max_decoding_message_size(MESSAGE_MAX))
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
async fn add_tools(router: Router) -> (Router, HealthReporter) {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter
        .set_service_status("", tonic_health::ServingStatus::Serving)
        .await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(ackord_proto::FILE_DESCRIPTOR_SET)
        .build_v1()
        .expect("our own descriptors are whole");
    (router.add_service(health).add_service(reflection), reporter)
}

/// Whoever watches hears that this node serves no more, and is let go: a watch never ends by
/// itself, and would hold up the end of the node.
#[cfg(not(madsim))]
async fn tell_end(mut health: HealthReporter) {
    health
        .set_service_status("", tonic_health::ServingStatus::NotServing)
        .await;
    health.clear_service_status("").await;
}
