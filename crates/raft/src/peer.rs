//! The other members of the group: what openraft says to them and hears from them, as messages of
//! `ackord.peer.v1`. Whoever starts the group brings the [`Network`] that carries them.

mod ahead;
mod flight;
mod incoming;
mod link;
mod network;
mod receiving;
mod sending;
#[cfg(madsim)]
mod tamper;
mod wire;

pub use incoming::{Incoming, IncomingError};
pub use link::{Alone, Answers, Link, LinkError, Network};
pub(crate) use network::Peers;
#[cfg(madsim)]
pub(crate) use tamper::tampered;
