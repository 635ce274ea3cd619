use alloc::vec::Vec;

use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, Outcome};
use crate::command::Command;
use crate::id::{NodeId, SessionId};
use crate::model::{Link, Node, Session};

/// "A process of this node began." Detaches what an earlier process of it held, a bounded number
/// of sessions a time: asked again until the answer says that none is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartNode {
    /// The node.
    pub node: NodeId,
    /// Drawn at the start of the process.
    pub incarnation: u64,
    /// The incarnation that it found on record; none: none. If it is another one by now, a later
    /// process may have begun, and this one is refused.
    pub after: Option<u64>,
}

impl StartNode {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_cluster(command)?;
        if self.node.0 == u64::MAX {
            return Err(Rejection::Invalid("node: not the last number there is").into());
        }
        let known = batch.state.nodes.get(&self.node).map(|it| it.incarnation);
        if known != Some(self.incarnation) {
            if known != self.after {
                let present = known.unwrap_or_default();
                return Err(Rejection::Revision { present }.into());
            }
            let node = Node {
                id: self.node,
                incarnation: self.incarnation,
                started: batch.position(),
            };
            batch.state.nodes.insert(self.node, node);
            batch.touch_node(self.node);
        }

        let started = batch.state.nodes[&self.node].started;
        let ghost = |it: &&Session| {
            it.node == self.node && it.link == Link::Attached && it.attached_at < started
        };
        let ghosts = batch.state.sessions.values().filter(ghost);
        let ghosts: Vec<SessionId> = ghosts.map(|it| it.id).collect();
        let mut left = ghosts.len();
        for id in ghosts {
            if !batch.has_room() {
                break;
            }
            batch.detach(id, false)?;
            left -= 1;
        }
        Ok(Reply::Detaching(left as u64))
    }
}
