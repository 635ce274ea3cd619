//! What a node keeps on disk: the Raft log and the rows of each group, and who the node is.
//!
//! The only crate that names RocksDB. Everything here blocks; the caller picks the thread. An
//! [`std::io::Error`] from the log or the rows means that the process must end: nothing is tried
//! again, and only a new start finds out what reached the disk.

mod cell;
mod disk;
pub mod engine;
mod error;
mod group;
mod identity;
mod key;
mod log;
mod planted;
mod rows;

pub use disk::{Disk, DiskOptions, Owner};
#[cfg(not(madsim))]
pub use disk::{LogEnd, Stopped};
pub use engine::Figures;
pub use engine::memory::{SimDisk, Site};
pub use error::{LOST_ADVICE, OpenError};
pub use group::Group;
pub use identity::{AdoptError, FORMAT, Identity, Members};
#[cfg(not(madsim))]
pub use log::survey::{LogFault, LogSurvey};
pub use log::{LogStore, MILESTONE_EVERY, Milestone, Milestones};
pub use planted::Planted;
pub use rows::snapshot::{
    Chunk, Incoming, Manifest, ReceiveError, Received, Snapshot, SnapshotFile,
};
#[cfg(not(madsim))]
pub use rows::survey::RowSurvey;
pub use rows::{RowStore, RowView};
