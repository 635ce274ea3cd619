use alloc::vec::Vec;

use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, Outcome};
use crate::command::Command;
use crate::id::{NodeId, SessionId};
use crate::model::{Link, Process, Session};
use crate::planted::{Bug, is_planted};

/// "A process of this node began." Detaches what an earlier process of it held, a bounded number
/// of sessions a time: asked again until the answer says that none is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartNode {
    /// The node.
    pub node: NodeId,
    /// The incarnation of its disk: the first one that is said of a node is its own for ever.
    pub disk: u64,
    /// Drawn at the start of the process.
    pub incarnation: u64,
    /// The incarnation that it found on record; none: none. If it is another one by now, a later
    /// process may have begun, and this one is refused.
    pub after: Option<u64>,
}

impl StartNode {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_cluster(command)?;
        self.begin(batch)?;
        let node = batch.state.nodes.get(&self.node);
        let process = node.and_then(|it| it.process);
        let started = process.expect("it has just begun").started;
        let ghost = |it: &&Session| {
            it.node == self.node && it.link == Link::Attached && it.attached_at < started
        };
        let ghosts = batch.state.sessions.values().filter(ghost);
        let ghosts: Vec<SessionId> = ghosts.map(|it| it.id).collect();
        let mut left = ghosts.len();
        for id in ghosts {
            if !batch.has_room() || is_planted(Bug::GhostsStay) {
                break;
            }
            batch.detach(id, false)?;
            left -= 1;
        }
        Ok(Reply::Detaching(left as u64))
    }

    /// Notes that the process began, unless that was heard before.
    fn begin(&self, batch: &mut Batch<'_>) -> Result<(), Rejection> {
        let position = batch.position();
        let mut nodes = batch.state.nodes.values();
        let others = nodes.any(|it| it.id != self.node && it.disk == Some(self.disk));
        let node = batch.state.nodes.get_mut(&self.node);
        let node = node.ok_or(Rejection::NotFound)?;
        if node.removed.is_some() {
            return Err(Rejection::NodeRemoved);
        }
        if node.disk.is_some_and(|it| it != self.disk) || others {
            return Err(Rejection::OtherDisk);
        }
        let known = node.process.map(|it| it.incarnation);
        if known == Some(self.incarnation) {
            return Ok(());
        }
        if known != self.after {
            let present = known.unwrap_or_default();
            return Err(Rejection::Revision { present });
        }
        node.disk = Some(self.disk);
        node.process = Some(Process {
            incarnation: self.incarnation,
            started: position,
        });
        batch.touch_node(self.node);
        Ok(())
    }
}
