//! Why a call is not taken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ackord_core::id::NodeId;
use ackord_core::model::Node;
use ackord_proto::peer::PeerHeader;

use crate::me::Me;

/// Why a caller is refused: it is not who may call here, or takes this node for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
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
    /// It is no member any more.
    #[error("the caller was removed from the cluster")]
    Removed,
    /// Its certificate is of the cluster, and another node's.
    #[error("the caller's certificate is not for the address of the node that it says it is")]
    OtherName,
    /// Its number was used by another disk: that one was wiped, restored or swapped.
    #[error("the caller's disk is not the one that had its number before")]
    OtherDisk,
}

/// Callers that are remembered, and strangers.
const REMEMBERED_MAX: usize = 1024;

/// Who has called.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    /// The disk of each node, as it was at its first call.
    disks: BTreeMap<u64, u64>,
    /// Strangers that were reported.
    reported: BTreeSet<(u64, Stranger)>,
}

impl Callers {
    /// Whether nobody was told yet that this caller is refused for this.
    pub(crate) fn is_news(&mut self, from: u64, stranger: Stranger) -> bool {
        self.reported.len() < REMEMBERED_MAX && self.reported.insert((from, stranger))
    }

    /// Whether a caller's disk is the one that it had before, as far as is remembered.
    fn is_same_disk(&mut self, from: u64, incarnation: u64) -> bool {
        if self.disks.len() >= REMEMBERED_MAX && !self.disks.contains_key(&from) {
            return true;
        }
        *self.disks.entry(from).or_insert(incarnation) == incarnation
    }
}

/// The number of the caller, if it may call `me`, whose log `knows` the nodes of the cluster, and if
/// its certificate allows that it `is_at` the node's address. What the log does not say of a disk is
/// what its first call has said; of what the log does not know at all, a certificate of the cluster
/// has to do, for a node that is behind first hears of a new member from that member.
///
/// # Errors
/// It may not.
pub(crate) fn check(
    me: &Me,
    knows: impl FnOnce(NodeId) -> Option<Arc<Node>>,
    is_at: impl FnOnce(&str) -> bool,
    callers: &mut Callers,
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
    let known = knows(NodeId(header.from));
    if known.as_ref().is_some_and(|it| it.removed.is_some()) {
        return Err(Stranger::Removed);
    }
    // Before its disk is remembered: nobody else must be able to take a number.
    if known.as_ref().is_some_and(|it| !is_at(it.address.as_str())) {
        return Err(Stranger::OtherName);
    }
    let same = match known.and_then(|it| it.disk) {
        Some(disk) => disk == header.from_incarnation,
        None => callers.is_same_disk(header.from, header.from_incarnation),
    };
    if !same {
        return Err(Stranger::OtherDisk);
    }
    Ok(header.from)
}

#[cfg(test)]
mod tests {
    use ackord_core::text::PeerAddress;
    use ackord_core::time::Timestamp;

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
        let header = Some(header::of(&from, to));
        check(
            &node(1),
            |_| None,
            |_| true,
            &mut Callers::default(),
            header,
        )
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
            check(&node(1), |_| None, |_| true, &mut Callers::default(), None),
            Err(Stranger::Nameless)
        );
    }

    #[test]
    fn another_disk_under_a_known_number_is_refused() {
        let mut callers = Callers::default();
        let wiped = Me {
            incarnation: 5,
            ..node(2)
        };
        let mut call = |from: Me| {
            let header = Some(header::of(&from, 1));
            check(&node(1), |_| None, |_| true, &mut callers, header)
        };
        assert_eq!(call(node(2)), Ok(2));
        assert_eq!(call(wiped), Err(Stranger::OtherDisk));
        assert_eq!(call(node(2)), Ok(2));
    }

    #[test]
    fn what_the_log_knows_counts_whoever_called_first() {
        let address = PeerAddress::new("h2:1").expect("a valid address");
        let on_record = Node {
            id: NodeId(2),
            address,
            disk: Some(node(2).incarnation),
            removed: None,
            process: None,
        };
        let call = |from: Me, on_record: &Node| {
            let header = Some(header::of(&from, 1));
            let on_record = Some(Arc::new(on_record.clone()));
            let is_at = |address: &str| address == "h2:1";
            check(
                &node(1),
                |_| on_record,
                is_at,
                &mut Callers::default(),
                header,
            )
        };
        let wiped = Me {
            incarnation: 5,
            ..node(2)
        };
        assert_eq!(call(wiped, &on_record), Err(Stranger::OtherDisk));
        assert_eq!(call(node(2), &on_record), Ok(2));
        let elsewhere = Node {
            address: PeerAddress::new("h3:1").expect("a valid address"),
            ..on_record.clone()
        };
        assert_eq!(call(node(2), &elsewhere), Err(Stranger::OtherName));
        let removed = Node {
            removed: Some(Timestamp(1)),
            ..on_record
        };
        assert_eq!(call(node(2), &removed), Err(Stranger::Removed));
    }

    #[test]
    fn a_stranger_is_news_once() {
        let mut callers = Callers::default();
        assert!(callers.is_news(2, Stranger::OtherCluster));
        assert!(!callers.is_news(2, Stranger::OtherCluster));
        assert!(callers.is_news(2, Stranger::OtherDisk));
    }
}
