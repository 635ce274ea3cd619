//! The addresses of a node.

use std::net::SocketAddr;

use ackord_grpc::{Listener, Port};

use super::{Setup, StartError};

/// Addresses that are ours.
pub(super) struct Ports {
    /// They will serve the API: until then whoever calls asks elsewhere.
    pub(super) api: Vec<Port>,
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
            api.push(Port::take(*address).map_err(taken(*address))?);
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
        self.api.iter().map(Port::address).collect()
    }
}

/// Lets callers of the API in.
///
/// # Errors
/// Somebody else was first at an address.
pub(super) fn open(ports: Vec<Port>) -> Result<Vec<Listener>, StartError> {
    let open = |port: Port| {
        let address = port.address();
        port.open().map_err(taken(address))
    };
    ports.into_iter().map(open).collect()
}

fn taken(address: SocketAddr) -> impl FnOnce(std::io::Error) -> StartError {
    move |source| StartError::Listen { address, source }
}
