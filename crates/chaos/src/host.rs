//! Where the nodes of a cluster are: their machines and their ports.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::port::Port;

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
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) listen: SocketAddr,
    pub(crate) peer_listen: SocketAddr,
    pub(crate) operations: SocketAddr,
    pub(crate) web: SocketAddr,
    /// What keeps others from these ports.
    _claims: Vec<Port>,
}

impl Place {
    /// The usual ports of a machine that has nothing else on it.
    pub(crate) fn fixed(ip: IpAddr) -> Self {
        Self {
            listen: (ip, LISTEN).into(),
            peer_listen: (ip, PEER_LISTEN).into(),
            operations: (ip, OPERATIONS).into(),
            web: (ip, WEB).into(),
            _claims: Vec::new(),
        }
    }

    /// Free ports of a machine that has other things on it.
    pub(crate) fn free(ip: IpAddr) -> std::io::Result<Self> {
        let ports = [Port::of(ip)?, Port::of(ip)?, Port::of(ip)?, Port::of(ip)?];
        Ok(Self {
            listen: ports[0].address,
            peer_listen: ports[1].address,
            operations: ports[2].address,
            web: ports[3].address,
            _claims: ports.into(),
        })
    }
}
