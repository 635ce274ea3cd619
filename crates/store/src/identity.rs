//! Who the node is, and with whom its cluster begins. Belongs to the disk: an empty disk has none,
//! and no two disks share one.

use std::collections::BTreeMap;
use std::io;

use ackord_core::id::NodeId;

use crate::cell::{Cell, CellError};
use crate::error::OpenError;

/// The newest format of a data directory that this release reads, and the one that it writes.
pub const FORMAT: u32 = 2;
/// The format before there were members.
const FORMAT_ALONE: u32 = 1;

/// The first members of a cluster, and where their peers reach them as `host:port`. Empty: the
/// node began alone.
pub type Members = BTreeMap<NodeId, String>;

/// Who the node is that owns a disk. Written once, at birth or on joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The cluster: drawn at its birth.
    pub cluster: u128,
    /// The node within the cluster; never given twice.
    pub node: NodeId,
    /// Drawn when this disk was first used: tells it from another one with the same node id.
    pub incarnation: u64,
}

/// A disk that has another identity already.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// The disk belongs to somebody.
    #[error("the disk belongs to {} of cluster {:032x}", .found.node, .found.cluster)]
    Taken {
        /// Whom it belongs to.
        found: Identity,
    },
    /// The disk is bound to the same cluster with other first members.
    #[error("the disk was bound to its cluster with other members: {}", list(.found))]
    OtherMembers {
        /// Those on the disk.
        found: Members,
    },
    /// The disk is meant for another cluster.
    #[error("the disk is meant for cluster {expected:032x}, and not for {found:032x}")]
    OtherCluster {
        /// The cluster that it would be bound to.
        found: u128,
        /// The one of the configuration.
        expected: u128,
    },
    /// The disk fails; whether it was written is unknown.
    #[error("write the identity file")]
    Io(#[source] io::Error),
}

/// What the identity file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) identity: Identity,
    pub(crate) members: Members,
}

impl Record {
    /// Of a disk that has an incarnation and belongs to nobody.
    pub(crate) fn marked(incarnation: u64) -> Self {
        let identity = Identity {
            cluster: 0,
            node: NodeId(0),
            incarnation,
        };
        let members = Members::new();
        Self { identity, members }
    }

    /// Whether the disk belongs to a node: no cluster is number zero.
    pub(crate) fn is_bound(&self) -> bool {
        self.identity.cluster != 0
    }

    /// `format u32 | cluster u128 | node u64 | incarnation u64 | members u32 | member…`, each member
    /// `node u64 | bytes u32 | address`, little-endian. Format 1 ends before the members.
    fn encode(&self) -> Vec<u8> {
        let identity = &self.identity;
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&identity.cluster.to_le_bytes());
        bytes.extend_from_slice(&identity.node.0.to_le_bytes());
        bytes.extend_from_slice(&identity.incarnation.to_le_bytes());
        bytes.extend_from_slice(&length(self.members.len()));
        for (node, address) in &self.members {
            bytes.extend_from_slice(&node.0.to_le_bytes());
            bytes.extend_from_slice(&length(address.len()));
            bytes.extend_from_slice(address.as_bytes());
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Self, OpenError> {
        let (format, rest) = part(bytes)?;
        let found = u32::from_le_bytes(format);
        if found > FORMAT {
            return Err(OpenError::NewerFormat {
                found,
                known: FORMAT,
            });
        }
        let (cluster, rest) = part(rest)?;
        let (node, rest) = part(rest)?;
        let (incarnation, rest) = part(rest)?;
        let identity = Identity {
            cluster: u128::from_le_bytes(cluster),
            node: NodeId(u64::from_le_bytes(node)),
            incarnation: u64::from_le_bytes(incarnation),
        };
        let members = match found {
            FORMAT_ALONE => Members::new(),
            _ => decode_members(rest)?,
        };
        Ok(Self { identity, members })
    }
}

fn decode_members(bytes: &[u8]) -> Result<Members, OpenError> {
    let (count, mut rest) = part(bytes)?;
    let mut members = Members::new();
    for _ in 0..u32::from_le_bytes(count) {
        let (node, after) = part(rest)?;
        let (bytes, after) = part(after)?;
        let bytes = usize::try_from(u32::from_le_bytes(bytes)).ok();
        let split = bytes.and_then(|it| after.split_at_checked(it));
        let (address, after) = split.ok_or(OpenError::IdentityDamaged)?;
        let address = str::from_utf8(address).map_err(|_| OpenError::IdentityDamaged)?;
        members.insert(NodeId(u64::from_le_bytes(node)), address.to_owned());
        rest = after;
    }
    Ok(members)
}

fn length(of: usize) -> [u8; 4] {
    let of = u32::try_from(of).expect("a few members with short addresses");
    of.to_le_bytes()
}

fn list(members: &Members) -> String {
    let members: Vec<_> = members.values().map(String::as_str).collect();
    members.join(", ")
}

/// Reads the record from its cell, if it has one.
pub(crate) fn load(cell: &dyn Cell) -> Result<Option<Record>, OpenError> {
    match cell.load() {
        Ok(None) => Ok(None),
        Ok(Some(bytes)) => Record::decode(&bytes).map(Some),
        Err(CellError::Damaged) => Err(OpenError::IdentityDamaged),
        Err(CellError::Io(source)) => Err(OpenError::engine("the identity file", source)),
    }
}

/// Writes the record, durable on return.
pub(crate) fn save(cell: &dyn Cell, record: &Record) -> io::Result<()> {
    cell.save(&record.encode())
}

fn part<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), OpenError> {
    let (part, rest) = bytes
        .split_first_chunk::<N>()
        .ok_or(OpenError::IdentityDamaged)?;
    Ok((*part, rest))
}

#[cfg(test)]
mod tests {
    use super::{Identity, Members, OpenError, Record};
    use ackord_core::id::NodeId;

    /// Cluster 0x0102, node 3, incarnation 4, as the first format has them.
    fn alone() -> Vec<u8> {
        let mut bytes = vec![0u8; 36];
        bytes[0] = 1;
        (bytes[4], bytes[5]) = (2, 1);
        bytes[20] = 3;
        bytes[28] = 4;
        bytes
    }

    fn sample(members: Members) -> Record {
        let identity = Identity {
            cluster: 0x0102,
            node: NodeId(3),
            incarnation: 4,
        };
        Record { identity, members }
    }

    #[test]
    fn the_bytes_of_format_1_are_still_read() {
        let read = Record::decode(&alone()).expect("decodes");
        assert_eq!(read, sample(Members::new()));
    }

    #[test]
    fn the_bytes_of_format_2_stay_as_they_are() {
        let members = [
            (NodeId(1), "a:1".to_owned()),
            (NodeId(3), "b:22".to_owned()),
        ];
        let record = sample(members.into());
        let mut frozen = alone();
        frozen[0] = 2;
        frozen.extend_from_slice(&[2, 0, 0, 0]);
        frozen.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, b'a', b':', b'1']);
        frozen.extend_from_slice(&[3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0]);
        frozen.extend_from_slice(b"b:22");
        assert_eq!(record.encode(), frozen);
        assert_eq!(Record::decode(&frozen).expect("decodes"), record);
        for end in 0..frozen.len() {
            let cut = Record::decode(&frozen[..end]);
            assert!(matches!(cut, Err(OpenError::IdentityDamaged)), "{end}");
        }
    }

    #[test]
    fn a_newer_format_is_named_and_not_guessed_at() {
        let mut bytes = alone();
        bytes[0] = 3;
        let error = Record::decode(&bytes).expect_err("refused");
        assert!(matches!(
            error,
            OpenError::NewerFormat { found: 3, known: 2 }
        ));
    }
}
