//! The real program under real faults: killed at named points, or cut off from power on a file
//! system that forgets what was not synced. Clients submit and sessions work all the while.
//!
//! The judge is independent of the server: a [`Sink`] that recorded what the clients were told and
//! what the sessions saw, in the order in which it happened to them.
//!
//! * [`kill`]: the process dies at each failpoint between a proposal and its answer in turn, under load.
//! * [`cluster`]: three nodes, whose leader is killed under load, over and over.
//! * [`disk`]: the disk is full, or fails, under load.
//! * [`partition`]: nodes that do not hear each other, in network namespaces.
//! * [`behind`]: a follower that lacks more than any log has.
//! * [`replies`]: answers that never arrive.
//! * [`pause`]: nodes that stand still for a while.
//! * [`blackout`]: the power is cut on one node of a cluster, on a quorum, on all.
//! * [`sick`]: one node of a cluster has a slow or a full disk.
//! * [`senders`]: webhooks of real senders, signed with what providers publish.
//! * [`agents`]: the channel adapter, driven with what MCP publishes.
//! * [`webhooks`]: a burst of webhooks while leaders are killed.
//! * [`power`]: the power is cut at random instants. With a planted bug it must come out red: that
//!   shows that the instrument sees.

#![cfg(not(madsim))]

pub mod agents;
pub mod behind;
pub mod blackout;
pub mod cluster;
pub mod disk;
pub mod fleet;
pub mod host;
pub mod http;
pub mod judge;
pub mod kill;
pub mod load;
pub mod net;
pub mod partition;
pub mod pause;
pub mod port;
pub mod power;
pub mod relay;
pub mod replies;
pub mod senders;
pub mod server;
pub mod sick;
pub mod sink;
pub mod source;
pub mod trial;
pub mod webhooks;

pub use sink::Sink;
