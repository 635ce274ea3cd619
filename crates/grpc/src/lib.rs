//! The public API over gRPC: package `ackord.v1`, one file for each service.
//!
//! A handler asks who calls, turns the message into core's words, proposes or reads, and
//! turns the answer back. It decides nothing that the machine decides: a token's role is checked
//! here so that strangers cost little, and judged again in apply, where it counts.
//!
//! A call ends in one of three ways. *Answered*. *Refused*: the status carries a refusal that says
//! why and what to do; nothing was changed. *Not known*: status `UNKNOWN` with reason
//! `UNKNOWN_OUTCOME`; it may have been carried out, and may be sent again with the same key. A
//! refusal with status `UNAVAILABLE` was not carried out and may be sent again as it is.
//!
//! Nothing here is a layer around handlers: those do not run in simulation.

mod answers;
mod api;
mod attach;
mod auth;
mod cluster;
mod event;
mod event_rows;
mod extends;
mod ingress;
mod limits;
mod page;
mod port;
mod queue;
mod queue_rows;
mod refused;
pub mod secret;
mod server;
mod session;
mod sessions;
mod submit;
mod submit_stream;
mod team;
mod token;
mod walk;

pub use api::{Api, Stop};
pub use port::Port;
pub use secret::Secret;
pub use server::{Listener, serve};
pub use sessions::{Full, Inbox, Sessions};
