//! Where the nodes of a cluster are: their machines and their ports.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;

/// The ports of a node that has a machine of its own.
const LISTEN: u16 = 7400;
const PEER_LISTEN: u16 = 7500;
const OPERATIONS: u16 = 7600;
const WEB: u16 = 7700;

/// The machine that a node runs on.
#[derive(Debug, Clone)]
pub struct Host {
    /// Where it is reached.
    pub ip: IpAddr,
    /// The network namespace it is in; none: this one.
    pub namespace: Option<String>,
    /// Where its data is.
    pub data_dir: PathBuf,
}

/// Where a node is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) listen: SocketAddr,
    pub(crate) peer_listen: SocketAddr,
    pub(crate) operations: SocketAddr,
    pub(crate) web: SocketAddr,
}

impl Place {
    /// The usual ports of a machine that has nothing else on it.
    pub(crate) fn fixed(ip: IpAddr) -> Self {
        Self {
            listen: (ip, LISTEN).into(),
            peer_listen: (ip, PEER_LISTEN).into(),
            operations: (ip, OPERATIONS).into(),
            web: (ip, WEB).into(),
        }
    }
}

/// Free ports on each of these.
pub(crate) fn free(hosts: &[Host]) -> std::io::Result<Vec<Place>> {
    let bind = |host: &Host| TcpListener::bind((host.ip, 0));
    // Held all at once, so that they differ.
    let ports = |it| [bind(it), bind(it), bind(it), bind(it)];
    let held: Result<Vec<_>, _> = hosts.iter().flat_map(ports).collect();
    let place = |ports: &[TcpListener]| {
        Ok(Place {
            listen: ports[0].local_addr()?,
            peer_listen: ports[1].local_addr()?,
            operations: ports[2].local_addr()?,
            web: ports[3].local_addr()?,
        })
    };
    held?.chunks_exact(4).map(place).collect()
}
