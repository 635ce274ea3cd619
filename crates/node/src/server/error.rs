//! Why a node does not start.

use std::io;
use std::net::SocketAddr;

use ackord_core::answer::Rejection;
use ackord_core::id::NodeId;
use ackord_store::{AdoptError, LOST_ADVICE, Members, OpenError};

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
    /// The files of certificates are no good.
    #[cfg(not(madsim))]
    #[error("[{section}] in the configuration")]
    Tls {
        /// The section that names them.
        section: &'static str,
        /// What is wrong with them.
        #[source]
        source: ackord_tls::TlsError,
    },
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
    /// The disk began alone, and the configuration has it together with others.
    #[error("the data is of a node that began alone, but the configuration names a cluster")]
    BeganAlone,
    /// The disk began together with others, and the configuration has it alone.
    #[error(
        "the data is of a member of a cluster ({}), but the configuration names none",
        list(members)
    )]
    BeganTogether {
        /// The members on the disk.
        members: Members,
    },
    /// The disk is of a cluster of other members.
    #[error(
        "the data is of a cluster of {}, the configuration names {}",
        list(found),
        list(expected)
    )]
    OtherMembers {
        /// Those on the disk.
        found: Members,
        /// Those of the configuration.
        expected: Members,
    },
    /// The disk is of a node at another address: two were swapped, one was copied, or the address
    /// is new.
    #[error("the data is of {node} at {found}, but this node is at {expected}")]
    OtherMember {
        /// Whom it belongs to.
        node: NodeId,
        /// Where that is.
        found: String,
        /// Where this node is.
        expected: String,
    },
    /// The cluster does not take this node in.
    #[error("{address} does not take this node in: {reason}")]
    JoinRefused {
        /// Who says so.
        address: String,
        /// Why.
        reason: String,
    },
    /// The cluster has removed the node.
    #[error("{} was removed from its cluster", removed(*.node))]
    Removed {
        /// The node, if it knows its number.
        node: Option<NodeId>,
    },
    /// Another disk has the node's number.
    #[error("{node} is on another disk than this one")]
    NumberTaken {
        /// The node.
        node: NodeId,
    },
    /// The disk is empty, and the others have a cluster.
    #[error("the data directory is empty, but {address} belongs to a cluster that has begun")]
    ClusterExists {
        /// Who says so.
        address: String,
    },
    /// Another node is bound to a cluster that never began, and not by this disk.
    #[error("{address} is bound to a cluster that has not begun, and not by this node")]
    PeerBound {
        /// Who is bound.
        address: String,
    },
    /// Another node does not want to begin with this one.
    #[error("{address} refuses to begin a cluster: {reason}")]
    PeerRefuses {
        /// Who refuses.
        address: String,
        /// Why.
        reason: String,
    },
    /// The cluster has begun, and this node's part of its log is not there.
    #[error("the log is empty, but {address} says that the cluster has begun")]
    LogGone {
        /// Who says so.
        address: String,
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
            #[cfg(not(madsim))]
            Self::Tls { .. } => {
                "mend the files or the section; `ackord cert dev` makes some to try"
            }
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
            Self::BeganAlone => {
                "start it with the configuration that it began with; for a member of the cluster, \
                 name another data directory, and keep this one: it is the only copy"
            }
            Self::BeganTogether { .. } => {
                "start it with the configuration that it began with, or with an empty data directory"
            }
            Self::OtherMembers { .. } => {
                "give each node its own data directory, and the list that they began with"
            }
            Self::OtherMember { .. } => {
                "give each node its own data directory and address; to move one, start a node at \
                 the new address with an empty data directory, then `ackord cluster replace`"
            }
            Self::ClusterExists { .. } => {
                "this node begins another cluster than that: move its data directory away, and it \
                 joins"
            }
            Self::JoinRefused { .. } => {
                "mend what it says; `ackord cluster status` shows the members"
            }
            Self::Removed { .. } | Self::NumberTaken { .. } => {
                "move the data directory away: with an empty one the node joins under a new number"
            }
            Self::PeerBound { .. } => {
                "if no data was ever kept in this cluster, empty the data directories of all its \
                 members and start them again"
            }
            Self::PeerRefuses { .. } => {
                "give all members the same list, each its own address, and empty data directories"
            }
            Self::Machine(ackord_machine::StartError::Newer { .. }) => {
                "start it with a program that knows the cluster's format: at least the version that \
                 the other members run"
            }
            // Another member says so: the node is not alone.
            Self::Machine(ackord_machine::StartError::LogBehind { .. }) | Self::LogGone { .. } => {
                "the disk lost or changed what this node had promised to keep: move the data \
                 directory away and replace the node"
            }
            Self::Machine(_) | Self::OtherLog { .. } => LOST_ADVICE,
        }
    }

    /// Whether somebody has set something wrong, rather than something being broken.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::Config(_)
            | Self::Faults(_)
            | Self::NoAdminToken
            | Self::BeganAlone
            | Self::BeganTogether { .. }
            | Self::OtherMembers { .. }
            | Self::OtherMember { .. } => true,
            #[cfg(not(madsim))]
            Self::Tls { .. } => true,
            Self::Listen { .. }
            | Self::Disk(_)
            | Self::Identity(_)
            | Self::Machine(_)
            | Self::OtherLog { .. }
            | Self::ClusterExists { .. }
            | Self::JoinRefused { .. }
            | Self::Removed { .. }
            | Self::NumberTaken { .. }
            | Self::PeerBound { .. }
            | Self::PeerRefuses { .. }
            | Self::LogGone { .. }
            | Self::Birth(_)
            | Self::Node(_)
            | Self::ShuttingDown => false,
        }
    }
}

fn removed(node: Option<NodeId>) -> String {
    node.map_or_else(|| "the node of this disk".to_owned(), |it| it.to_string())
}

fn list(members: &Members) -> String {
    let members: Vec<_> = members.values().map(String::as_str).collect();
    members.join(", ")
}

impl From<ackord_delivery::StartError> for StartError {
    fn from(error: ackord_delivery::StartError) -> Self {
        match error {
            ackord_delivery::StartError::Refused(rejection) => Self::Node(rejection),
            ackord_delivery::StartError::ShuttingDown => Self::ShuttingDown,
        }
    }
}

#[cfg(test)]
mod tests {
    use ackord_store::Group;

    use super::*;

    const ONLY_COPY: &str = "the only copy";

    #[test]
    fn who_may_be_alone_is_not_told_to_throw_its_data_away() {
        let group = Group::FIRST;
        let missing = "rows".into();
        let of_a_disk = [
            OpenError::IdentityDamaged,
            OpenError::LogEndMissing { group },
            OpenError::RowsLost { group, missing },
        ];
        let (found, expected) = (1, 2);
        let others = [
            StartError::OtherLog { found, expected },
            StartError::Machine(ackord_machine::StartError::LogLost {
                applied: 9,
                end: None,
            }),
            StartError::BeganAlone,
        ];
        for error in of_a_disk.into_iter().map(StartError::Disk).chain(others) {
            assert!(error.advice().contains(ONLY_COPY), "{error}");
        }
    }

    #[test]
    fn who_is_told_by_another_member_is_replaced() {
        let told_by = "h2:1".to_owned();
        let address = told_by.clone();
        let behind = ackord_machine::StartError::LogBehind {
            end: None,
            kept: 9,
            told_by,
        };
        let gone = StartError::LogGone { address };
        for error in [StartError::Machine(behind), gone] {
            let advice = error.advice();
            assert!(advice.contains("replace the node"), "{error}");
            assert!(!advice.contains(ONLY_COPY), "{error}");
        }
    }
}
