//! The port for peers.

use std::io;
use std::net::SocketAddr;

use ackord_proto::peer::peer_service_server::PeerServiceServer;
use ackord_tls::Mutual;
use tonic::transport::Server;

#[cfg(not(madsim))]
use crate::limits::CONNECTIONS_MAX;
use crate::limits::{
    CALLS_PER_CONNECTION, CONNECTION_WINDOW, KEEPALIVE, KEEPALIVE_MAX, MESSAGE_MAX, STREAM_WINDOW,
};
use crate::service::Service;

/// An address that is ours.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    #[cfg(not(madsim))]
    listener: tokio::net::TcpListener,
}

impl Listener {
    /// Takes an address; port 0 takes a free port.
    ///
    /// # Errors
    /// Somebody else has it, or this machine does not.
    #[cfg(not(madsim))]
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, listener })
    }

    /// Names an address, which is taken when it is served.
    ///
    /// # Errors
    /// None.
    #[cfg(madsim)]
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { address })
    }

    /// The address, with its real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Serves peers until the service's stop, and then until the calls under way have ended: under TLS,
/// which lets in only who has a certificate of the cluster, or in plain text.
///
/// # Errors
/// The address cannot be served.
pub async fn serve(
    service: Service,
    listener: Listener,
    tls: Option<Mutual>,
) -> Result<(), tonic::transport::Error> {
    let stop = service.stop();
    let service = PeerServiceServer::new(service)
        .max_decoding_message_size(MESSAGE_MAX)
        .max_encoding_message_size(MESSAGE_MAX);
    let router = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(CALLS_PER_CONNECTION)
        .add_service(service);
    #[cfg(not(madsim))]
    {
        let tls = tls.map(|it| it.acceptor());
        let incoming = ackord_tls::Incoming::new(listener.listener, tls, CONNECTIONS_MAX);
        router.serve_with_incoming_shutdown(incoming, stop).await
    }
    #[cfg(madsim)]
    match tls {
        Some(never) => match never {},
        None => router.serve_with_shutdown(listener.address, stop).await,
    }
}
