//! The nodes that a client knows. It begins at any of them, so that clients with the same list spread
//! over the cluster; stays with one, and moves on when that one fails.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

use crate::error::Error;
use crate::transport::Transport;

/// A server that says nothing for [`PING_EVERY`] is asked, and given up after [`PING_LIMIT`].
const PING_EVERY: Duration = Duration::from_secs(10);
const PING_LIMIT: Duration = Duration::from_secs(5);

/// One node. Clones share its connection.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    place: usize,
    pub(crate) address: String,
    pub(crate) channel: Channel,
}

/// All nodes; never empty.
#[derive(Debug)]
pub(crate) struct Servers {
    list: Vec<Server>,
    present: AtomicUsize,
}

impl Servers {
    /// Connects to none of them yet.
    pub(crate) fn new(addresses: &[String], transport: &Transport) -> Result<Self, Error> {
        if addresses.is_empty() {
            return Err(Error::failed("no server is named"));
        }
        let list = addresses
            .iter()
            .enumerate()
            .map(|(place, it)| Server::new(place, it, transport));
        let list = list.collect::<Result<Vec<_>, _>>()?;
        let present = AtomicUsize::new(rand::random_range(0..list.len()));
        Ok(Self { list, present })
    }

    /// The node that requests go to now.
    pub(crate) fn present(&self) -> &Server {
        &self.list[self.present.load(Ordering::Relaxed)]
    }

    /// Moves on from a node that failed, unless somebody has moved on already.
    pub(crate) fn leave(&self, server: &Server) {
        let next = (server.place + 1) % self.list.len();
        let order = Ordering::Relaxed;
        let _moved = self
            .present
            .compare_exchange(server.place, next, order, order);
    }
}

impl Server {
    fn new(place: usize, address: &str, transport: &Transport) -> Result<Self, Error> {
        let endpoint = Endpoint::from_shared(address.to_owned())
            .map_err(|it| Error::failed(format!("{address:?} is no address of a server: {it}")))?;
        let endpoint = endpoint
            .tcp_nodelay(true)
            .http2_keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_LIMIT)
            .keep_alive_while_idle(true);
        Ok(Self {
            place,
            address: address.to_owned(),
            channel: transport.channel(address, &endpoint)?,
        })
    }
}
