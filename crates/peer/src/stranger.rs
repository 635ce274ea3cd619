//! Why a call is not taken.

use std::collections::BTreeMap;

use ackord_proto::peer::PeerHeader;

use crate::me::Me;

/// Why a caller is refused: it is not who may call here, or takes this node for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stranger {
    /// It does not say who it is.
    #[error("the call does not say who calls")]
    Nameless,
    /// It belongs to another cluster.
    #[error("the caller belongs to another cluster")]
    OtherCluster,
    /// It asks for another group.
    #[error("the call is for another group")]
    OtherGroup,
    /// It meant another node: two have changed places, or addresses.
    #[error("the call is for another node")]
    OtherNode,
    /// It says that it is this very node.
    #[error("the caller has the number of the node that it calls")]
    SameNumber,
    /// Its number was used by another disk: that one was wiped, restored or swapped.
    #[error("the caller's disk is not the one that had its number before")]
    OtherDisk,
}

/// The disk of each node that has called, as it was at its first call.
#[derive(Debug, Default)]
pub(crate) struct Disks(BTreeMap<u64, u64>);

/// The number of the caller, if it may call `me`.
///
/// # Errors
/// It may not.
pub(crate) fn check(
    me: &Me,
    disks: &mut Disks,
    header: Option<PeerHeader>,
) -> Result<u64, Stranger> {
    let header = header.ok_or(Stranger::Nameless)?;
    if header.cluster != me.cluster.to_be_bytes().as_slice() {
        return Err(Stranger::OtherCluster);
    }
    if header.group != me.group {
        return Err(Stranger::OtherGroup);
    }
    if header.to != me.node {
        return Err(Stranger::OtherNode);
    }
    if header.from == 0 {
        return Err(Stranger::Nameless);
    }
    if header.from == me.node {
        return Err(Stranger::SameNumber);
    }
    let disk = disks
        .0
        .entry(header.from)
        .or_insert(header.from_incarnation);
    if *disk != header.from_incarnation {
        return Err(Stranger::OtherDisk);
    }
    Ok(header.from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header;

    fn node(node: u64) -> Me {
        Me {
            cluster: 7,
            group: 1,
            node,
            incarnation: 100 + node,
        }
    }

    fn call(from: Me, to: u64) -> Result<u64, Stranger> {
        check(&node(1), &mut Disks::default(), Some(header::of(&from, to)))
    }

    #[test]
    fn a_member_may_call() {
        assert_eq!(call(node(2), 1), Ok(2));
    }

    #[test]
    fn whoever_takes_this_node_for_another_is_refused() {
        assert_eq!(call(node(2), 3), Err(Stranger::OtherNode));
        assert_eq!(call(node(2), 0), Err(Stranger::OtherNode));
        assert_eq!(call(node(1), 1), Err(Stranger::SameNumber));
        assert_eq!(call(node(0), 1), Err(Stranger::Nameless));
        let cluster = Me {
            cluster: 8,
            ..node(2)
        };
        assert_eq!(call(cluster, 1), Err(Stranger::OtherCluster));
        let group = Me {
            group: 2,
            ..node(2)
        };
        assert_eq!(call(group, 1), Err(Stranger::OtherGroup));
        assert_eq!(
            check(&node(1), &mut Disks::default(), None),
            Err(Stranger::Nameless)
        );
    }

    #[test]
    fn another_disk_under_a_known_number_is_refused() {
        let mut disks = Disks::default();
        let wiped = Me {
            incarnation: 5,
            ..node(2)
        };
        let first = check(&node(1), &mut disks, Some(header::of(&node(2), 1)));
        assert_eq!(first, Ok(2));
        let second = check(&node(1), &mut disks, Some(header::of(&wiped, 1)));
        assert_eq!(second, Err(Stranger::OtherDisk));
        let first = check(&node(1), &mut disks, Some(header::of(&node(2), 1)));
        assert_eq!(first, Ok(2));
    }
}
