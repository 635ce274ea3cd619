//! Who a node is among its peers.

/// A node's place in its cluster, as its disk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Me {
    /// The cluster.
    pub cluster: u128,
    /// The Raft group.
    pub group: u64,
    /// The node.
    pub node: u64,
    /// The incarnation of its disk.
    pub incarnation: u64,
}
