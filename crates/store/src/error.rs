//! Why a disk does not open. Each case names what an operator should do.

use std::io;
use std::path::PathBuf;

use crate::group::Group;

/// What to do about a disk that is not what its node had promised to keep, where it is not known whether the
/// node is alone.
pub const LOST_ADVICE: &str = "the disk lost or changed what its node had promised to keep. If the node is a member of a \
                        cluster: do not start it again under this identity; remove it from the cluster, move the \
                        data directory away, and let it join with an empty one. If it is alone: keep the data \
                        directory, it is the only copy, and start no empty one in its place; look for errors of the \
                        disk in the logs of the node and of the system, and restore the disk";

/// A disk that a node must not run on.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{} is in use by another process", path.display())]
    Locked {
        /// The data directory.
        path: PathBuf,
    },
    /// It belongs to another cluster.
    #[error("the data belongs to cluster {found:032x}, not to {expected:032x}")]
    OtherCluster {
        /// The cluster on the disk.
        found: u128,
        /// The cluster that the node was told to be of.
        expected: u128,
    },
    /// The identity file is damaged.
    #[error("the identity file is damaged")]
    IdentityDamaged,
    /// There is a log, but no identity file.
    #[error("the log has records, but the identity file is missing")]
    IdentityMissing,
    /// A newer release wrote it.
    #[error("the data has format {found}, this release knows up to {known}")]
    NewerFormat {
        /// The format on the disk.
        found: u32,
        /// The newest format that this release reads.
        known: u32,
    },
    /// The log lacks records that it held durably.
    #[error("the log of group {group} ends before {end}, but was durable up to {marked}")]
    LogShort {
        /// The group.
        group: Group,
        /// One past the last record found.
        end: u64,
        /// One past the last record that was durable, by the log end file.
        marked: u64,
    },
    /// A record of the log fails its checksum.
    #[error("a record of the log of group {group} is damaged: {record}")]
    LogDamaged {
        /// The group.
        group: Group,
        /// Which record.
        record: String,
    },
    /// A record inside the log is missing.
    #[error("the log of group {group} has {found} where {expected} should be")]
    LogHole {
        /// The group.
        group: Group,
        /// The index that should be next.
        expected: u64,
        /// The index that is next.
        found: u64,
    },
    /// The log end file is damaged.
    #[error("the log end file of group {group} is damaged")]
    LogEndDamaged {
        /// The group.
        group: Group,
    },
    /// There is a log, but no log end file.
    #[error("the log of group {group} has records, but its log end file is missing")]
    LogEndMissing {
        /// The group.
        group: Group,
    },
    /// The log was purged, which takes flushed rows, and there are none.
    #[error("the log of group {group} was purged, but there are no rows")]
    RowsMissing {
        /// The group.
        group: Group,
    },
    /// There are rows, but the file that says which are in use is missing, or means others.
    #[error("there are rows of group {group}, but not those that are in use: {}", missing.display())]
    RowsLost {
        /// The group.
        group: Group,
        /// What is missing.
        missing: PathBuf,
    },
    /// RocksDB found damage that it does not recover from.
    #[error("{what} is damaged")]
    Damaged {
        /// The part of the disk.
        what: &'static str,
        /// What RocksDB says.
        #[source]
        source: io::Error,
    },
    /// The disk fails.
    #[error("open {what}")]
    Io {
        /// The part of the disk.
        what: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl OpenError {
    /// What to do about it, for whoever runs the node.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Locked { .. } => {
                "stop the other process, or give this node its own data directory"
            }
            Self::OtherCluster { .. } => {
                "point the node at its own data directory, or at an empty one to join as a new node"
            }
            Self::NewerFormat { .. } => "run the release that wrote the data, or a newer one",
            Self::Io { .. } => "mend the cause and start again; nothing was changed",
            Self::RowsLost { .. } => {
                "put back what is missing, from the place that the directory was copied from; nothing \
                 was changed. If it is lost, and the node is a member of a cluster: remove it from the \
                 cluster, move the data directory away, and let it join with an empty one. If it is \
                 lost, and the node is alone: keep the data directory, it is the only copy, and start \
                 no empty one in its place"
            }
            Self::IdentityDamaged
            | Self::IdentityMissing
            | Self::LogShort { .. }
            | Self::LogDamaged { .. }
            | Self::LogHole { .. }
            | Self::LogEndDamaged { .. }
            | Self::LogEndMissing { .. }
            | Self::RowsMissing { .. }
            | Self::Damaged { .. } => LOST_ADVICE,
        }
    }

    /// Sorts an error of an engine into damage and the rest.
    pub(crate) fn engine(what: &'static str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::InvalidData {
            Self::Damaged { what, source }
        } else {
            Self::Io { what, source }
        }
    }
}
