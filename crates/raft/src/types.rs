//! The one set of types that this cluster's Raft is made of, and short names for them.

use std::fmt;
use std::sync::Arc;

use ackord_core::answer::Answer;
use ackord_core::command::Entry as CoreEntry;
use ackord_core::time::Timestamp;
use bytes::Bytes;
use openraft::raft::responder::Responder;
use openraft::{OptionalSend, RaftTypeConfig};

use crate::apply::StateMachine;
use crate::runtime::Rt;

/// The types of openraft, chosen. A leader is known by its term and node together, as in
/// openraft's own tests: two of one term are two leaders, and the greater one wins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TypeConfig;

impl RaftTypeConfig for TypeConfig {
    type D = Proposal;
    type R = Outcome;
    type NodeId = u64;
    /// Where its peers reach a node.
    type Node = String;
    type Term = u64;
    type LeaderId = LeaderId;
    type Vote = Vote;
    type Payload = Payload;
    type Entry = Entry;
    type AsyncRuntime = Rt;
    type Responder<T>
        = Callback<T>
    where
        T: OptionalSend + 'static;
    type Batch<T>
        = openraft::impls::InlineBatch<T>
    where
        T: OptionalSend + 'static;
    type ErrorSource = openraft::impls::BoxedErrorSource;
}

pub(crate) type LeaderId = openraft::impls::leader_id_adv::LeaderId<u64, u64>;
pub(crate) type LogId = openraft::LogId<LeaderId>;
pub(crate) type Vote = openraft::impls::Vote<LeaderId>;
pub(crate) type Payload = openraft::EntryPayload<Proposal, u64, String>;
pub(crate) type Entry = openraft::Entry<LeaderId, Payload>;
pub(crate) type Membership = openraft::Membership<u64, String>;
pub(crate) type StoredMembership = openraft::StoredMembership<LeaderId, u64, String>;
pub(crate) type Raft = openraft::Raft<TypeConfig, StateMachine>;

/// What is proposed: an entry of the machine, encoded once by whoever proposes it.
#[derive(Clone)]
pub struct Proposal {
    /// The encoded entry, as it goes into the log and to peers.
    pub bytes: Bytes,
    /// The same entry as a value: the node that proposed it does not decode it again.
    pub entry: Option<Arc<CoreEntry>>,
    /// Whose commands these are, where other nodes asked for them.
    pub origins: Arc<[Origin]>,
}

/// Neighbouring commands of an entry that came by way of another node: that node learns what
/// became of them when it applies the entry itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// That node.
    pub node: u64,
    /// Its process.
    pub run: u64,
    /// Unique in that process.
    pub ticket: u64,
    /// Offset of the first of the commands.
    pub first: u32,
    /// Their number.
    pub commands: u32,
}

impl fmt::Debug for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proposal({self}, {:?})", self.origins)
    }
}

/// Never the content: it may be a secret, and it is large.
impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes.len())
    }
}

/// What became of an entry once it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Index of the entry.
    pub index: u64,
    /// Log time at which it was applied.
    pub at: Timestamp,
    /// One answer for each command, in order.
    pub answers: Vec<Answer>,
}

/// Hands a result to whoever waits, on the thread that has it. Dropped without a call, it drops
/// the closure: the waiting side must take that for "unknown".
pub(crate) struct Callback<T>(Box<dyn FnOnce(T) + Send>);

impl<T> Callback<T> {
    pub(crate) fn new(call: impl FnOnce(T) + Send + 'static) -> Self {
        Self(Box::new(call))
    }
}

impl<T: OptionalSend + 'static> Responder<TypeConfig, T> for Callback<T> {
    fn on_complete(self, result: T) {
        (self.0)(result);
    }
}
