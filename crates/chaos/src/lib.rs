//! The real program under real faults: killed at named points, or cut off from power on a file
//! system that forgets what was not synced. Clients submit and sessions work all the while.
//!
//! The judge is independent of the server: a [`Sink`] that recorded what the clients were told and
//! what the sessions saw, in the order in which it happened to them.
//!
//! * [`kill`]: the process dies at each failpoint in turn, under load.
//! * [`cluster`]: three nodes, whose leader is killed under load, over and over.
//! * [`disk`]: the disk is full, or fails, under load.
//! * [`power`]: the power is cut at random instants. With a planted bug it must come out red: that
//!   shows that the instrument sees.

#![cfg(not(madsim))]

pub mod cluster;
pub mod disk;
pub mod fleet;
pub mod judge;
pub mod kill;
pub mod load;
pub mod power;
pub mod server;
pub mod sink;

pub use sink::Sink;
