//! The operations port: `/livez`, `/readyz` and `/metrics`, in plain HTTP, for probes and Prometheus.
//!
//! It has a thread and a runtime of its own, so that it answers when the node's own runtime does not.
//! It asks for no token and tells nothing that is secret: figures, and the names of teams and tags.
//!
//! * *Live* is about this process alone, never about the others: a cluster without a quorum must
//!   not be restarted for it.
//! * *Ready* says whether calls should be sent here, and if not, why.

#[cfg(not(madsim))]
mod door;
#[cfg(not(madsim))]
mod figures;
mod life;
#[cfg(not(madsim))]
mod page;
#[cfg(not(madsim))]
mod probe;
#[cfg(not(madsim))]
mod serve;

pub use life::{Life, Stage};
#[cfg(not(madsim))]
pub use serve::{Listener, Operations};
