//! What the nodes of a cluster say to each other, over gRPC on a port of its own.
//!
//! * [`Links`] are the ways out: to vote, to replicate, to forward. A machine is started with them.
//! * [`Service`] is the way in. It answers who this node is as soon as it is served, and takes the
//!   calls of members once it is [opened](Service::open).
//! * [`hello()`], [`prepare()`], [`join()`] and [`invite()`] are for nodes that are not members yet.
//!
//! Every call says which cluster, group and disk it comes from and which node it is meant for, and
//! whoever is called compares that with its own [`Me`] before it looks at the message. A stranger
//! is refused with one of a few reasons that never change: see [`Stranger`].

mod channel;
mod header;
mod limits;
mod links;
mod listener;
mod me;
mod names;
mod service;
mod status;
mod stranger;
mod strangers;

pub use links::Links;
pub use listener::{Listener, serve};
pub use me::Me;
pub use service::{Host, PrepareRefusal, Service, Stop};
pub use stranger::Stranger;
pub use strangers::{hello, invite, join, prepare};
