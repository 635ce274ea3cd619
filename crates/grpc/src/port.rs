//! An address, before it is served.

use std::io;
use std::net::SocketAddr;

use ackord_tls::Acceptor;

#[cfg(not(madsim))]
use crate::limits::CONNECTIONS_MAX;
use crate::server::Listener;

/// An address that is ours, and at which nobody is answered yet: whoever calls is turned away at
/// once, and asks another node.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    #[cfg(not(madsim))]
    socket: tokio::net::TcpSocket,
}

impl Port {
    /// Takes an address; port 0 takes a free port.
    ///
    /// # Errors
    /// Somebody else has it, or this machine does not.
    #[cfg(not(madsim))]
    pub fn take(address: SocketAddr) -> io::Result<Self> {
        let socket = match address {
            SocketAddr::V4(_) => tokio::net::TcpSocket::new_v4()?,
            SocketAddr::V6(_) => tokio::net::TcpSocket::new_v6()?,
        };
        // What an earlier process has left on its way keeps no port from this one.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let address = socket.local_addr()?;
        Ok(Self { address, socket })
    }

    /// Names an address, which is taken when it is served.
    ///
    /// # Errors
    /// None.
    #[cfg(madsim)]
    pub fn take(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { address })
    }

    /// The address, with its real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets callers in: under TLS, or in plain text. Within a runtime.
    ///
    /// # Errors
    /// Somebody else, who had taken it too, was first.
    #[cfg(not(madsim))]
    pub fn open(self, tls: Option<Acceptor>) -> io::Result<Listener> {
        let listener = self.socket.listen(WAITING_MAX)?;
        let incoming = ackord_tls::Incoming::new(listener, tls, CONNECTIONS_MAX);
        Ok(Listener::of(self.address, incoming))
    }

    /// Lets callers in.
    ///
    /// # Errors
    /// None.
    #[cfg(madsim)]
    pub fn open(self, tls: Option<Acceptor>) -> io::Result<Listener> {
        match tls {
            Some(never) => match never {},
            None => Ok(Listener::of(self.address)),
        }
    }
}

/// Connections that may wait to be taken.
#[cfg(not(madsim))]
const WAITING_MAX: u32 = 1024;
