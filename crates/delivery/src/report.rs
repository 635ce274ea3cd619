//! What the machine is told once a second: offers that were written, sessions that made a call.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::command::{Confirm, Fence, Written};
use ackord_core::id::{NodeId, SessionId};
use ackord_core::limits::DELIVERIES_PER_COMMAND;

/// Since the last one. Bounded by the sessions of this node.
#[derive(Debug, Default)]
pub(crate) struct Report {
    written: BTreeMap<Fence, SessionId>,
    seen: BTreeSet<SessionId>,
}

impl Report {
    pub(crate) fn is_empty(&self) -> bool {
        self.written.is_empty() && self.seen.is_empty()
    }

    /// An offer was written to its session.
    pub(crate) fn wrote(&mut self, fence: Fence, session: SessionId) {
        self.written.insert(fence, session);
    }

    /// The offer was answered, or is over: nobody need be told that it was written.
    pub(crate) fn answered(&mut self, fence: Fence) {
        self.written.remove(&fence);
    }

    /// The session made a call.
    pub(crate) fn seen(&mut self, session: SessionId) {
        self.seen.insert(session);
    }

    /// Takes all of it, in parts that one command may carry.
    pub(crate) fn take(&mut self, node: NodeId) -> Vec<Confirm> {
        let written: Vec<Written> = std::mem::take(&mut self.written)
            .into_iter()
            .map(|(fence, session)| Written { session, fence })
            .collect();
        let seen: Vec<SessionId> = std::mem::take(&mut self.seen).into_iter().collect();

        let confirm = |written: &[Written], seen: &[SessionId]| Confirm {
            node,
            written: written.to_vec(),
            seen: seen.to_vec(),
        };
        let written = written
            .chunks(DELIVERIES_PER_COMMAND)
            .map(|it| confirm(it, &[]));
        let seen = seen
            .chunks(DELIVERIES_PER_COMMAND)
            .map(|it| confirm(&[], it));
        let mut parts: Vec<Confirm> = written.chain(seen).collect();
        if let [first, second] = parts.as_mut_slice()
            && first.written.len() + second.seen.len() <= DELIVERIES_PER_COMMAND
        {
            first.seen.append(&mut second.seen);
            parts.truncate(1);
        }
        parts
    }

    /// A part did not get through. What has been answered since is gone from the machine's view
    /// too, and a confirmation of it changes nothing.
    pub(crate) fn put_back(&mut self, part: Confirm) {
        self.written
            .extend(part.written.into_iter().map(|it| (it.fence, it.session)));
        self.seen.extend(part.seen);
    }
}
