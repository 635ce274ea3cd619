use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, Outcome};
use crate::command::Command;
use crate::id::NodeId;
use crate::limits::NODES_MAX;
use crate::model::Node;
use crate::text::PeerAddress;

/// "A disk wants to be a node." Gives it a number that nobody ever had. The same disk again is
/// answered the number that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmitNode {
    /// The incarnation of the disk.
    pub disk: u64,
    /// Where the node's peers reach it. Another node may have been there whose disk is lost.
    pub address: PeerAddress,
}

impl AdmitNode {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_cluster(command)?;
        if batch.state.meta.cluster == 0 {
            return Err(Rejection::NotFound.into());
        }
        let nodes = &batch.state.nodes;
        if let Some(node) = nodes.values().find(|it| it.disk == Some(self.disk)) {
            return Ok(Reply::Node(self.again(node)?));
        }
        if nodes.values().filter(|it| it.removed.is_none()).count() >= NODES_MAX {
            return Err(Rejection::Limit("nodes of a cluster").into());
        }
        let last = nodes.last_key_value().map_or(0, |it| it.0.0);
        let id = NodeId(last + 1);
        let node = Node {
            id,
            address: self.address.clone(),
            disk: Some(self.disk),
            removed: None,
            process: None,
        };
        batch.state.nodes.insert(id, node);
        batch.touch_node(id);
        Ok(Reply::Node(id))
    }

    /// The number of a disk that was admitted before.
    fn again(&self, node: &Node) -> Result<NodeId, Rejection> {
        if node.removed.is_some() {
            return Err(Rejection::NodeRemoved);
        }
        if node.address != self.address {
            return Err(Rejection::Invalid("address: not the one of this disk"));
        }
        Ok(node.id)
    }
}

/// "This node is no member any more, and never will be." Its number stays its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveNode {
    /// The node.
    pub node: NodeId,
}

impl RemoveNode {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_cluster(command)?;
        let now = batch.now();
        let node = batch.state.nodes.get_mut(&self.node);
        let node = node.ok_or(Rejection::NotFound)?;
        if node.removed.is_none() {
            node.removed = Some(now);
            batch.touch_node(self.node);
        }
        Ok(Reply::Ok)
    }
}
