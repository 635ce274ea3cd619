//! Sessions and their nodes, as the machine sees them from outside.

use std::collections::BTreeSet;

use ackord_core::action::Action;
use ackord_core::command::Fence;
use ackord_core::id::{NodeId, SessionId};

/// A session: one key of one team.
#[derive(Debug, Default)]
pub(crate) struct Client {
    /// The process that speaks for it now.
    pub(crate) nonce: u64,
    /// The last process that there was of it: whoever was taken over does not come back.
    pub(crate) latest: u64,
    pub(crate) node: NodeId,
    pub(crate) id: Option<SessionId>,
    /// The stream that it has.
    pub(crate) stream: Option<u64>,
    /// What was written to the stream and is not over.
    pub(crate) has: Option<Fence>,
}

/// All sessions, and what their nodes have not yet told.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) all: Vec<Client>,
    /// Written, but not yet confirmed.
    pub(crate) written: Vec<(NodeId, SessionId, Fence)>,
    /// Nodes that missed actions.
    pub(crate) lagging: BTreeSet<NodeId>,
}

impl Clients {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            all: (0..count).map(|_| Client::default()).collect(),
            written: vec![],
            lagging: BTreeSet::new(),
        }
    }

    /// Carries out what the machine asks.
    pub(crate) fn act(&mut self, action: &Action) {
        match *action {
            Action::Deliver {
                node,
                session,
                stream,
                fence,
            } => {
                if let Some(client) = self.on(session, stream) {
                    client.has = Some(fence);
                    self.written.push((node, session, fence));
                }
            }
            Action::Revoke {
                session,
                stream,
                fence,
                ..
            } => {
                if let Some(client) = self.on(session, stream) {
                    client.has = client.has.filter(|it| *it != fence);
                }
            }
            Action::Close {
                session, stream, ..
            } => {
                if let Some(client) = self.on(session, stream) {
                    client.stream = None;
                    client.has = None;
                }
            }
            Action::TokenEnded(_) => {}
        }
    }

    /// A node that missed actions is told again what it must be doing.
    pub(crate) fn catch_up(&mut self, node: NodeId, outstanding: &[Action]) {
        for client in self.all.iter_mut().filter(|it| it.node == node) {
            client.has = None;
        }
        for action in outstanding {
            self.act(action);
        }
        self.lagging.remove(&node);
    }

    /// A node's process is gone, and all its streams.
    pub(crate) fn break_node(&mut self, node: NodeId) {
        for client in self.all.iter_mut().filter(|it| it.node == node) {
            client.stream = None;
            client.has = None;
        }
        self.written.retain(|it| it.0 != node);
    }

    fn on(&mut self, session: SessionId, stream: u64) -> Option<&mut Client> {
        let mut all = self.all.iter_mut();
        all.find(|it| it.id == Some(session) && it.stream == Some(stream))
    }
}
