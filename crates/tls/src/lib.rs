//! TLS of connections: certificates from files, read again when they change.
//!
//! * [`Server`] is the side that is called by clients, [`Client`] theirs.
//! * [`Mutual`] is both sides of a node among its peers: each shows a certificate of the cluster's
//!   own CA, and is who its certificate says.
//! * [`Incoming`] takes connections, and [`Connector`] makes them, for tonic.
//!
//! TLS 1.3 only, but for [webhooks](Server::open_web), whose senders are others' programs: every gRPC library has spoken it for years, and what is not there cannot be chosen
//! wrongly. Sessions are never resumed, so that each new connection judges certificates as they are
//! now; connections live long, and a handshake costs a millisecond.
//!
//! New files take effect for new connections, old ones live on. Files that are no good change
//! nothing: see [`Server::renew`].
//!
//! Under simulation there is no TLS: the types are there and have no values.

#[cfg(not(madsim))]
mod caller;
#[cfg(not(madsim))]
mod client;
#[cfg(not(madsim))]
mod connector;
#[cfg(not(madsim))]
mod error;
#[cfg(not(madsim))]
mod expiry;
#[cfg(not(madsim))]
mod guest;
#[cfg(not(madsim))]
mod handshake;
#[cfg(not(madsim))]
mod host;
#[cfg(not(madsim))]
mod incoming;
#[cfg(not(madsim))]
mod kept;
#[cfg(not(madsim))]
mod metrics;
#[cfg(all(feature = "mint", not(madsim)))]
pub mod mint;
#[cfg(not(madsim))]
mod mutual;
#[cfg(not(madsim))]
mod pem;
#[cfg(not(madsim))]
mod plain;
#[cfg(not(madsim))]
mod reason;
#[cfg(not(madsim))]
mod server;
#[cfg(madsim)]
mod simulated;
#[cfg(not(madsim))]
mod told;
#[cfg(not(madsim))]
mod version;

#[cfg(not(madsim))]
pub use {
    caller::Caller,
    client::{Client, ClientFiles},
    connector::{ConnectError, Connector},
    error::TlsError,
    guest::Guest,
    handshake::Refused,
    incoming::{Incoming, Stream},
    kept::Renewed,
    metrics::{Figures, Metrics},
    mutual::{Mutual, MutualFiles},
    pem::Pair,
    server::{Acceptor, Server, ServerFiles},
};

#[cfg(madsim)]
pub use simulated::{Acceptor, Caller, Metrics, Mutual, Server};
