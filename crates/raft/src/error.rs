//! Why a group does not start, and what becomes of a proposal without an outcome.

use std::io;

use ackord_core::rows::RowError;
use openraft::ConfigError;

/// Why a group does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The options do not fit together.
    #[error("the options of raft do not fit together")]
    Config(#[from] ConfigError),
    /// The disk cannot be read, or does not hold what was written.
    #[error("read the disk")]
    Disk(#[from] io::Error),
    /// A row cannot be read.
    #[error("restore the machine from its rows")]
    Rows(#[from] RowError),
    /// The rows have applied entries that the log has lost: the log's disk forgot what it had
    /// promised to keep. The node must be replaced like a wiped one.
    #[error("the rows have applied entry {applied}, but the log ends at {end:?}")]
    LogLost {
        /// The last entry that the rows have.
        applied: u64,
        /// The last entry of the log.
        end: Option<u64>,
    },
    /// The log was purged beyond what the rows have: rows were lost, or are another node's.
    #[error("the log begins after entry {purged}, but the rows have only applied {applied:?}")]
    RowsLost {
        /// The last entry that the rows have.
        applied: Option<u64>,
        /// The last entry that was purged from the log.
        purged: u64,
    },
    /// The rows, or other members, use a format that this program does not know.
    #[error("the cluster has format {needed}, this program knows {known}")]
    Newer {
        /// The format of the cluster.
        needed: u32,
        /// The greatest format that this program knows.
        known: u32,
    },
    /// Another member was told that this disk has an entry that it lacks: it was restored from an
    /// old copy, or forgot what it had promised to keep. The node must be replaced like a wiped one.
    #[error(
        "the log ends at {}, but {told_by} was told that entry {kept} is on this disk: it was \
         restored from an old copy, or has lost what was synced",
        end.map_or_else(|| "nothing".to_owned(), |it| format!("entry {it}"))
    )]
    LogBehind {
        /// The last entry of the log.
        end: Option<u64>,
        /// The last one that the disk had.
        kept: u64,
        /// Where the member is that remembers it.
        told_by: String,
    },
    /// openraft refuses what it finds.
    #[error("raft does not start: {0}")]
    Raft(String),
}

/// What became of a proposal that brought no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProposeFailure {
    /// It is not in the log, and will not be.
    #[error("another node leads")]
    NotLeader {
        /// Who leads, if that is known.
        leader: Option<Leader>,
    },
    /// It may be in the log, or come into it.
    #[error("nobody knows whether it was committed")]
    Unknown,
}

/// The node that leads, as far as another one knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leader {
    /// The node.
    pub node: u64,
    /// Where its peers reach it.
    pub address: Option<String>,
}
