//! Why a node does not start.

use std::io;
use std::net::SocketAddr;

use ackord_core::answer::Rejection;
use ackord_store::{AdoptError, OpenError};

use crate::ConfigError;

/// Why a node does not start. Whoever prints it prints its sources, too.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is not one.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The faults on order are none that exist.
    #[error("ACKORD_FAULTS has no faults called {0}")]
    Faults(String),
    /// An address is not to be had.
    #[error("listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The disk must not be used.
    #[error(transparent)]
    Disk(#[from] OpenError),
    /// The disk is new, and nobody could use the cluster that would begin on it.
    #[error("the data directory is empty, and no admin token is configured")]
    NoAdminToken,
    /// The disk cannot be given an identity.
    #[error(transparent)]
    Identity(#[from] AdoptError),
    /// The machine cannot go on from what is on the disk.
    #[error(transparent)]
    Machine(#[from] ackord_machine::StartError),
    /// The log belongs to another cluster than the disk.
    #[error("the log is of cluster {found:032x}, the disk of {expected:032x}")]
    OtherLog {
        /// The cluster of the log.
        found: u128,
        /// The cluster of the disk.
        expected: u128,
    },
    /// The cluster refuses to be born.
    #[error("the cluster cannot begin")]
    Birth(#[source] Rejection),
    /// The cluster refuses the node.
    #[error("the node cannot begin")]
    Node(#[source] Rejection),
    /// Somebody has ended the node meanwhile.
    #[error("the node shuts down")]
    ShuttingDown,
}

impl StartError {
    /// What to do about it, for whoever runs the node.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Config(_) => "mend the configuration and start again",
            Self::Faults(_) => "unset ACKORD_FAULTS: it is for tests of the program itself",
            Self::Listen { .. } => "stop whoever has the address, or listen on another one",
            Self::Disk(error) => error.advice(),
            Self::NoAdminToken => {
                "to begin a new cluster, set `admin_token_sha256`; to go on with one, point \
                 `data_dir` at its data"
            }
            Self::Identity(_) | Self::Birth(_) | Self::Node(_) | Self::ShuttingDown => {
                "mend the cause and start again; nothing is half done"
            }
            Self::Machine(_) | Self::OtherLog { .. } => {
                "the disk lost or changed what this node had promised to keep: move the data \
                 directory away and replace the node"
            }
        }
    }

    /// Whether somebody has set something wrong, rather than something being broken.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::Config(_) | Self::Faults(_) | Self::NoAdminToken => true,
            Self::Listen { .. }
            | Self::Disk(_)
            | Self::Identity(_)
            | Self::Machine(_)
            | Self::OtherLog { .. }
            | Self::Birth(_)
            | Self::Node(_)
            | Self::ShuttingDown => false,
        }
    }
}

impl From<ackord_delivery::StartError> for StartError {
    fn from(error: ackord_delivery::StartError) -> Self {
        match error {
            ackord_delivery::StartError::Refused(rejection) => Self::Node(rejection),
            ackord_delivery::StartError::ShuttingDown => Self::ShuttingDown,
        }
    }
}
