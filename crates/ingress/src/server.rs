//! An address, and who is let in there.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ackord_tls::Acceptor;
use axum::Router;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::connection::{self, House};
use crate::crowd::{Crowd, Crowded};
use crate::limits::{Limits, WAITING};
use crate::metrics::{ConnectionMetrics, Ended};
use crate::stop::Stop;

/// Before another try where this process can take no connection: most likely it has too many.
const BREATH: Duration = Duration::from_millis(100);

/// An address that is ours, and at which nobody is answered yet: whoever calls is turned away at
/// once, and asks another node.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    socket: TcpSocket,
}

/// An address at which callers are let in.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    tls: Option<Acceptor>,
}

impl Port {
    /// Takes an address; port 0 takes a free port.
    ///
    /// # Errors
    /// Somebody else has it, or this machine does not.
    pub fn take(address: SocketAddr) -> io::Result<Self> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // What an earlier process has left on its way keeps no port from this one.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let address = socket.local_addr()?;
        Ok(Self { address, socket })
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
    pub fn open(self, tls: Option<Acceptor>) -> io::Result<Listener> {
        let listener = self.socket.listen(WAITING)?;
        Ok(Listener { listener, tls })
    }
}

/// Serves until it is to stop, and then until what is under way is answered. Dropped, it cuts all
/// connections off.
pub async fn serve(
    listener: Listener,
    router: Router,
    limits: Limits,
    metrics: ConnectionMetrics,
    stop: Stop,
) {
    let Listener { listener, tls } = listener;
    let crowd = Crowd::new(limits.connections, limits.connections_per_address);
    let mut door = Door {
        crowd: Arc::new(crowd),
        house: Arc::new(House {
            router,
            tls,
            http: connection::http(&limits),
            limits,
            metrics,
            stop: stop.clone(),
        }),
        connections: JoinSet::new(),
    };
    loop {
        tokio::select! {
            biased;
            () = stop.clone() => break,
            Some(ended) = door.connections.join_next() => told(ended),
            taken = listener.accept() => match taken {
                Ok((tcp, from)) => door.take(tcp, from),
                // Most errors are of one caller, and the next one does better. A process that has
                // no room for another connection has some when one ends.
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be taken");
                    sleep(BREATH).await;
                }
            },
        }
    }
    // Whoever calls from now on asks another node.
    drop(listener);
    while let Some(ended) = door.connections.join_next().await {
        told(ended);
    }
}

struct Door {
    crowd: Arc<Crowd>,
    house: Arc<House>,
    connections: JoinSet<()>,
}

impl Door {
    fn take(&mut self, tcp: TcpStream, from: SocketAddr) {
        match self.crowd.seat(from.ip()) {
            Ok(seat) => {
                let house = Arc::clone(&self.house);
                self.connections.spawn(async move {
                    connection::serve(house, tcp, from).await;
                    drop(seat);
                });
            }
            Err(crowded) => {
                tracing::debug!(%from, reason = %crowded, "a connection is refused");
                self.house.metrics.ended(match crowded {
                    Crowded::All => Ended::Crowded,
                    Crowded::Address => Ended::AddressCrowded,
                });
            }
        }
    }
}

/// A panic ends the connection that it is of, and no more.
fn told(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("a connection has panicked");
    }
}
