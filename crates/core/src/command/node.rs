use crate::id::NodeId;

/// "A process of this node began." Detaches what an earlier process of it held, a bounded number
/// of sessions a time: asked again until the answer says that none is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartNode {
    /// The node.
    pub node: NodeId,
    /// Drawn at the start of the process.
    pub incarnation: u64,
}
