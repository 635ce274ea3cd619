//! The addresses of a node.

use std::net::SocketAddr;

use ackord_grpc::Listener;

use super::{Setup, StartError};

/// Addresses that are ours.
pub(super) struct Ports {
    /// They serve the API.
    pub(super) api: Vec<Listener>,
    /// It serves the other members, if there are any.
    pub(super) peers: Option<ackord_peer::Listener>,
}

impl Ports {
    /// Takes all addresses, or none.
    ///
    /// # Errors
    /// Somebody else has one, or this machine does not.
    pub(super) async fn take(setup: &Setup) -> Result<Self, StartError> {
        let mut api = Vec::with_capacity(setup.listen.len());
        for address in &setup.listen {
            let listener = Listener::bind(*address).await;
            api.push(listener.map_err(taken(*address))?);
        }
        let mut peers = None;
        if let Some(cluster) = &setup.cluster {
            let listener = ackord_peer::Listener::bind(cluster.peer_listen).await;
            peers = Some(listener.map_err(taken(cluster.peer_listen))?);
        }
        Ok(Self { api, peers })
    }

    /// Those of the API, with their real ports.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.api.iter().map(Listener::address).collect()
    }
}

fn taken(address: SocketAddr) -> impl FnOnce(std::io::Error) -> StartError {
    move |source| StartError::Listen { address, source }
}
