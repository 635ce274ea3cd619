//! Commands: everything that may enter the log. One file each, with its rule.

mod ack;
mod attach;
mod birth;
mod cancel;
pub(crate) mod confirm;
mod detach;
mod extend;
mod job;
mod nack;
mod node;
mod queue;
mod replay;
mod submit;
mod team;
mod tick;
mod token;

pub use ack::Ack;
pub use attach::Attach;
pub use birth::Birth;
pub use cancel::Cancel;
pub use confirm::{Claim, Confirm, Written};
pub use detach::Detach;
pub use extend::{Extend, Extension};
pub use job::StartJob;
pub use nack::Nack;
pub use node::StartNode;
pub use queue::{SetMode, SetQueue};
pub use replay::{Purge, Replay};
pub use submit::{DedupClaim, Moment, Submit};
pub use team::{CreateTeam, SetTeam};
pub use tick::Tick;
pub use token::{CreateToken, RevokeToken};

use crate::answer::Reply;
use crate::batch::{Batch, Outcome};
use crate::id::{EventId, TeamId, TokenId};
use crate::time::Timestamp;

/// Who asks. Judged in apply, against the tokens of that moment, whatever the edge has checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The cluster itself: a timer, a node that lost a stream.
    Cluster,
    /// The holder of a token.
    Token(TokenId),
}

/// The fence: what an answer must name to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence {
    /// The event.
    pub event: EventId,
    /// The number of the delivery.
    pub delivery: u32,
}

/// One entry of the log: commands, and the leader's stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The format that a node must know to apply this.
    pub format: u32,
    /// Log time, stamped by the leader.
    pub at: Timestamp,
    /// At most [`crate::limits::COMMANDS_MAX`], in order.
    pub commands: alloc::vec::Vec<Command>,
}

/// Something that somebody wants to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Who asks.
    pub by: Actor,
    /// The team that it concerns; none for what concerns the cluster.
    pub team: Option<TeamId>,
    /// What is asked.
    pub op: Op,
}

/// What may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Founds the cluster.
    Birth(Birth),
    /// A process of a node began.
    StartNode(StartNode),
    /// Makes a team.
    CreateTeam(CreateTeam),
    /// Changes a team's settings.
    SetTeam(SetTeam),
    /// Makes a token.
    CreateToken(CreateToken),
    /// Ends a token.
    RevokeToken(RevokeToken),
    /// Changes a queue's settings.
    SetQueue(SetQueue),
    /// Activates, pauses or drains a queue.
    SetMode(SetMode),
    /// An event arrives.
    Submit(alloc::boxed::Box<Submit>),
    /// Takes an event out before its work is done.
    Cancel(Cancel),
    /// A session has a stream.
    Attach(Attach),
    /// A session lost its stream.
    Detach(Detach),
    /// A node wrote offers to its sessions.
    Confirm(Confirm),
    /// The model has seen an event.
    Claim(Claim),
    /// The work is done.
    Ack(Ack),
    /// The work is not done.
    Nack(Nack),
    /// The work goes on.
    Extend(Extend),
    /// Sends an event round again.
    Replay(Replay),
    /// Removes a dead letter.
    Purge(Purge),
    /// Begins large work.
    StartJob(StartJob),
    /// Time passed.
    Tick(Tick),
}

impl Op {
    /// Carries the command out, or refuses it and changes nothing.
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        match self {
            Self::Birth(it) => it.apply(batch, command),
            Self::StartNode(it) => it.apply(batch, command),
            Self::CreateTeam(it) => it.apply(batch, command),
            Self::SetTeam(it) => it.apply(batch, command),
            Self::CreateToken(it) => it.apply(batch, command),
            Self::RevokeToken(it) => it.apply(batch, command),
            Self::SetQueue(it) => it.apply(batch, command),
            Self::SetMode(it) => it.apply(batch, command),
            Self::Submit(it) => it.apply(batch, command),
            Self::Cancel(it) => it.apply(batch, command),
            Self::Attach(it) => it.apply(batch, command),
            Self::Detach(it) => it.apply(batch, command),
            Self::Confirm(it) => it.apply(batch, command),
            Self::Claim(it) => it.apply(batch, command),
            Self::Ack(it) => it.apply(batch, command),
            Self::Nack(it) => it.apply(batch, command),
            Self::Extend(it) => it.apply(batch, command),
            Self::Replay(it) => it.apply(batch, command),
            Self::Purge(it) => it.apply(batch, command),
            Self::StartJob(it) => it.apply(batch, command),
            Self::Tick(it) => it.apply(batch, command),
        }
    }
}
