//! Webhooks come in here, over HTTP.
//!
//! Two parts that know little of each other:
//!
//! * The server ([`serve`]) keeps strangers within [`Limits`], each of which acts by itself: hyper's own
//!   times are kept only where it was given a timer, none of them covers a caller who says nothing at
//!   all, and HTTP/2 has none for headers.
//! * [`Hooks`] judges a request that was read whole, and answers it once the cluster has it. It knows
//!   nothing of HTTP's wires, and so runs under simulation, too.

#[cfg(not(madsim))]
pub mod body;
#[cfg(not(madsim))]
mod connection;
#[cfg(not(madsim))]
mod crowd;
#[cfg(not(madsim))]
mod heard;
mod hook;
#[cfg(not(madsim))]
mod http;
#[cfg(not(madsim))]
mod kept;
#[cfg(not(madsim))]
mod limits;
#[cfg(not(madsim))]
mod metrics;
#[cfg(not(madsim))]
mod server;
#[cfg(not(madsim))]
mod stop;
#[cfg(not(madsim))]
mod watch;
#[cfg(not(madsim))]
mod wire;

pub use hook::{Arrived, Hooks, NotJudged, Reply};
#[cfg(not(madsim))]
pub use {
    connection::From,
    http::router,
    limits::Limits,
    metrics::ConnectionMetrics,
    server::{Listener, Port, serve},
    stop::Stop,
};
