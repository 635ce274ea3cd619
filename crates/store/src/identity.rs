//! Who the node is. Belongs to the disk: an empty disk has none, and no two disks share one.

use std::io;

use ackord_core::id::NodeId;

use crate::cell::{Cell, CellError};
use crate::error::OpenError;

/// The newest format of a data directory that this release reads, and the one that it writes.
pub const FORMAT: u32 = 1;

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
    /// The disk fails; whether it was written is unknown.
    #[error("write the identity file")]
    Io(#[source] io::Error),
}

const BYTES: usize = 4 + 16 + 8 + 8;

impl Identity {
    /// `format u32 | cluster u128 | node u64 | incarnation u64`, little-endian.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&self.cluster.to_le_bytes());
        bytes.extend_from_slice(&self.node.0.to_le_bytes());
        bytes.extend_from_slice(&self.incarnation.to_le_bytes());
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
        let (incarnation, _) = part(rest)?;
        Ok(Self {
            cluster: u128::from_le_bytes(cluster),
            node: NodeId(u64::from_le_bytes(node)),
            incarnation: u64::from_le_bytes(incarnation),
        })
    }
}

/// Reads the identity from its cell, if it has one.
pub(crate) fn load(cell: &dyn Cell) -> Result<Option<Identity>, OpenError> {
    match cell.load() {
        Ok(None) => Ok(None),
        Ok(Some(bytes)) => Identity::decode(&bytes).map(Some),
        Err(CellError::Damaged) => Err(OpenError::IdentityDamaged),
        Err(CellError::Io(source)) => Err(OpenError::engine("the identity file", source)),
    }
}

/// Writes the identity, durable on return.
pub(crate) fn save(cell: &dyn Cell, identity: &Identity) -> io::Result<()> {
    cell.save(&identity.encode())
}

fn part<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), OpenError> {
    let (part, rest) = bytes
        .split_first_chunk::<N>()
        .ok_or(OpenError::IdentityDamaged)?;
    Ok((*part, rest))
}

#[cfg(test)]
mod tests {
    use super::{Identity, OpenError};
    use ackord_core::id::NodeId;

    const SAMPLE: Identity = Identity {
        cluster: 0x0102,
        node: NodeId(3),
        incarnation: 4,
    };

    #[test]
    fn the_bytes_of_format_1_stay_as_they_are() {
        let mut frozen = [0u8; 36];
        frozen[0] = 1;
        (frozen[4], frozen[5]) = (2, 1);
        frozen[20] = 3;
        frozen[28] = 4;
        assert_eq!(SAMPLE.encode(), frozen);
        assert_eq!(Identity::decode(&frozen).expect("decodes"), SAMPLE);
    }

    #[test]
    fn a_newer_format_is_named_and_not_guessed_at() {
        let mut bytes = SAMPLE.encode();
        bytes[0] = 2;
        let error = Identity::decode(&bytes).expect_err("refused");
        assert!(matches!(
            error,
            OpenError::NewerFormat { found: 2, known: 1 }
        ));
    }
}
