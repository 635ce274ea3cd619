//! The twin: a disk in memory that survives the node using it, and can lose what a real one would.
//!
//! Picture a platter ([`SimDisk`], held by the test) and heads over it (a log and a
//! rows engine, held by one incarnation of a node). The platter keeps, beside what a read answers,
//! what would be left after the power is cut:
//!
//! - the *log* keeps its unsynced writes apart, in order; a loss of power keeps the first of them,
//!   as many as the test says: none, all, or a torn tail;
//! - the *rows* keep the last flush of all families; whatever kills the node leaves just that;
//! - *cells* (identity, log end) change at once and for good, or not at all.
//!
//! A killed incarnation keeps its heads, but its epoch is over: nothing that it still does reaches
//! the platter. Nothing here is random: the test draws, the disk obeys.

mod disk;
mod faults;
mod home;
mod log;
mod rows;
mod tables;

pub use disk::SimDisk;
pub use faults::Site;
pub(crate) use home::HomeTwin;
pub(crate) use log::LogTwin;
pub(crate) use rows::RowsTwin;
