//! The addresses of a node.

use std::net::SocketAddr;

use ackord_grpc::{Listener, Port};
use ackord_tls::Acceptor;

#[cfg(not(madsim))]
use super::web::{Open, Web};
use super::{Setup, StartError};

/// Addresses that are ours.
pub(super) struct Ports {
    /// They will serve the API: until then whoever calls asks elsewhere.
    pub(super) api: Vec<Port>,
    /// They will take webhooks, if any.
    #[cfg(not(madsim))]
    pub(super) web: Web,
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
        Ok(Self {
            api,
            #[cfg(not(madsim))]
            web: Web::take(setup)?,
            peers,
        })
    }

    /// Those of webhooks, with their real ports.
    pub(super) fn web_addresses(&self) -> Vec<SocketAddr> {
        #[cfg(not(madsim))]
        return self.web.addresses();
        #[cfg(madsim)]
        Vec::new()
    }

    /// Those of the API, with their real ports.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.api.iter().map(Port::address).collect()
    }
}

/// The same, with callers about to come in.
pub(super) struct Listeners {
    /// To the API.
    pub(super) api: Vec<Listener>,
    /// With webhooks.
    #[cfg(not(madsim))]
    pub(super) web: Open,
}

impl Ports {
    /// Lets callers in: under TLS, or in plain text.
    ///
    /// # Errors
    /// Somebody else was first at an address.
    pub(super) fn open(self, tls: Option<&Acceptor>) -> Result<Listeners, StartError> {
        let open = |port: Port| {
            let address = port.address();
            port.open(tls.cloned()).map_err(taken(address))
        };
        let api = self.api.into_iter().map(open);
        Ok(Listeners {
            api: api.collect::<Result<_, _>>()?,
            #[cfg(not(madsim))]
            web: self.web.open()?,
        })
    }
}

pub(super) fn taken(address: SocketAddr) -> impl FnOnce(std::io::Error) -> StartError {
    move |source| StartError::Listen { address, source }
}
