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
//! Nothing is decided in a layer around handlers, for those do not run in simulation. Of the two that there are, one
//! counts refusals, and one refuses what its handler would, before a message is read.

mod answers;
mod api;
mod approval;
mod approval_rows;
mod approval_watch;
mod attach;
mod auth;
mod cluster;
#[cfg(not(madsim))]
mod counted;
mod cron;
mod cron_change;
mod cron_rows;
mod cron_times;
mod door;
mod effect;
mod emits;
mod event;
mod event_rows;
mod extends;
mod format;
#[cfg(not(madsim))]
mod guard;
mod ingress;
mod limits;
#[cfg(not(madsim))]
mod local;
mod members;
mod message;
mod metrics;
#[cfg(all(test, not(madsim)))]
mod nobody;
mod page;
#[cfg(madsim)]
mod planted;
mod port;
mod queue;
mod queue_rows;
#[cfg(not(madsim))]
mod refusals;
mod refused;
#[cfg(not(madsim))]
mod repeats;
pub mod secret;
mod server;
mod session;
mod sessions;
mod source;
mod source_change;
mod source_reroute;
mod submit;
mod submit_stream;
mod team;
mod token;
mod walk;
mod watches;

pub use api::{Api, Ends, Stop, Webhooks};
pub use door::{Door, Unusable};
#[cfg(not(madsim))]
pub use local::local;
pub use port::Port;
pub use secret::Secret;
pub use server::{Listener, serve};
pub use sessions::{Full, Inbox, Sessions};
