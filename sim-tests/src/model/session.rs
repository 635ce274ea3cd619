//! A session, and what it holds.

use std::collections::VecDeque;

use ackord_core::id::{EventId, NodeId};
use ackord_core::model::Phase;
use ackord_core::time::{Millis, Timestamp};

use super::QueueName;

/// An offer that was not confirmed ends after this long.
pub(super) const OFFER: Millis = Millis(15_000);
/// Who lost its stream keeps what it holds for so long.
pub(super) const GRACE: Millis = Millis(60_000);
/// Who holds nothing is remembered for so long.
pub(super) const KEPT: Millis = Millis(24 * 3_600_000);

/// So many of a session's earlier processes are kept from coming back.
const FORMER: usize = 4;

/// An event in hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) event: EventId,
    pub(super) phase: Phase,
    /// A claim or an extension is good for so long.
    pub(super) length: Millis,
    pub(super) until: Timestamp,
    pub(super) claim_by: Timestamp,
    pub(super) cap: Timestamp,
}

/// A session lost its stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detached {
    /// It is waited for until then.
    pub(super) until: Timestamp,
    /// The number of the command that said so.
    pub(super) by: usize,
}

/// A session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) queue: QueueName,
    pub(super) nonce: u64,
    /// The processes before this one that are remembered, oldest first.
    pub(super) former: VecDeque<u64>,
    pub(super) node: NodeId,
    pub(super) stream: u64,
    /// The number of the command that attached it.
    pub(super) attached_at: usize,
    /// It has no stream.
    pub(super) detached: Option<Detached>,
    /// It takes events.
    pub(super) well: bool,
    /// The number of the command that heard of it again, after it had taken none.
    pub(super) well_since: usize,
    /// Messages may go to its tag, as far as it is concerned.
    pub(super) listens: bool,
    pub(super) held: Option<Held>,
    pub(super) parked: Option<EventId>,
    /// The number of the command since which it holds nothing.
    pub(super) idle_since: usize,
}

impl Session {
    /// It has a stream and takes events.
    pub(super) fn is_ready(&self) -> bool {
        self.detached.is_none() && self.well
    }

    /// It could take an event.
    pub(super) fn is_idle(&self) -> bool {
        self.is_ready() && self.held.is_none() && self.parked.is_none()
    }

    /// It keeps messages from its tag: it wants none, and is here or comes back for what it holds.
    pub(super) fn keeps_silence(&self) -> bool {
        let holds = self.held.is_some() || self.parked.is_some();
        !self.listens && (self.detached.is_none() || holds)
    }

    /// Another process has it now.
    pub(super) fn pass_on(&mut self, nonce: u64) {
        self.former.push_back(self.nonce);
        if self.former.len() > FORMER {
            self.former.pop_front();
        }
        self.nonce = nonce;
    }

    /// The same process is back.
    pub(super) fn resume(&mut self, now: Timestamp) {
        if let Some(held) = &mut self.held {
            if held.phase == Phase::Claimed {
                held.until = held.until.max(now.after(held.length).min(held.cap));
            } else {
                held.phase = Phase::Offered;
                held.until = now.after(OFFER).min(held.claim_by);
            }
        }
    }

    /// It lost its stream.
    pub(super) fn detach(&mut self, now: Timestamp, by: usize) {
        let holds = self.held.is_some() || self.parked.is_some();
        let until = now.after(if holds { GRACE } else { KEPT });
        self.detached = Some(Detached { until, by });
    }
}
