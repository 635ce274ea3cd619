//! Commands: everything that may enter the log. One file each, with its rule.

mod ack;
mod approval;
mod attach;
mod birth;
mod cancel;
mod checkpoint;
pub(crate) mod confirm;
mod cron;
mod cron_fire;
mod cron_rules;
mod cron_tick;
mod detach;
mod effect;
mod extend;
mod format;
mod handoff;
mod job;
mod member;
mod nack;
mod node;
mod queue;
mod receive;
mod replay;
mod reroute;
mod send;
mod source;
mod submit;
mod team;
mod tick;
mod token;

pub use ack::Ack;
pub use approval::{AnswerApproval, RequestApproval};
pub use attach::Attach;
pub use birth::{Birth, FirstMember};
pub use cancel::Cancel;
pub use checkpoint::Checkpoint;
pub use confirm::{Claim, Confirm, Written};
pub use cron::{CreateCron, DeleteCron, PauseCron, ResumeCron, UpdateCron};
pub use cron_fire::FireCron;
pub use cron_tick::{DecideTick, Missed};
pub use detach::Detach;
pub use effect::{BeginEffect, CompleteEffect, ForceEffect};
pub use extend::{Extend, Extension};
pub use format::RaiseFormat;
pub use handoff::Handoff;
pub use job::StartJob;
pub use member::{AdmitNode, RemoveNode};
pub use nack::Nack;
pub use node::StartNode;
pub use queue::{SetMode, SetQueue};
pub use receive::{DeliveryKey, Receive, Routed, Routing};
pub use replay::{Purge, Replay};
pub use reroute::Reroute;
pub use send::{Process, Send};
pub use source::{CreateSource, DeleteSource, OpenPairing, UpdateSource};
pub use submit::{DedupClaim, Moment, Submit};
pub use team::{CreateTeam, SetTeam};
pub use tick::Tick;
pub use token::{CreateToken, RevokeToken};

use crate::answer::Reply;
use crate::batch::{Batch, Outcome};
pub use crate::emit::Emit;
pub use crate::emit_cron::CronChange;
use crate::id::{EventId, SourceId, TeamId, TokenId};
pub use crate::ledger::Completion;
pub use crate::message::{Addressed, Message};
use crate::time::Timestamp;

/// Who asks. Judged in apply, against the tokens of that moment, whatever the edge has checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The cluster itself: a timer, a node that lost a stream.
    Cluster,
    /// The holder of a token.
    Token(TokenId),
    /// A source: a node has verified what came to it.
    Source(SourceId),
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
    /// A disk wants to be a node.
    AdmitNode(AdmitNode),
    /// A node is no member any more.
    RemoveNode(RemoveNode),
    /// A newer format may be used.
    RaiseFormat(RaiseFormat),
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
    /// Makes a source.
    CreateSource(CreateSource),
    /// Changes a source.
    UpdateSource(UpdateSource),
    /// Removes a source.
    DeleteSource(DeleteSource),
    /// Lets a source answer handshakes for a while.
    OpenPairing(OpenPairing),
    /// A verified request came to a source.
    Receive(alloc::boxed::Box<Receive>),
    /// Routes an event again that no route had matched.
    Reroute(Reroute),
    /// Makes a cron.
    CreateCron(alloc::boxed::Box<CreateCron>),
    /// Changes a cron.
    UpdateCron(alloc::boxed::Box<UpdateCron>),
    /// Removes a cron.
    DeleteCron(DeleteCron),
    /// Lets a cron have no ticks for a while.
    PauseCron(PauseCron),
    /// Lets a cron have ticks again.
    ResumeCron(ResumeCron),
    /// Fires a cron by hand.
    FireCron(FireCron),
    /// Decides a tick of a cron.
    DecideTick(DecideTick),
    /// How far the work is.
    Checkpoint(Checkpoint),
    /// The work is somebody else's.
    Handoff(Handoff),
    /// Somebody says something to sessions.
    Send(alloc::boxed::Box<Send>),
    /// A session is about to do something outside.
    BeginEffect(BeginEffect),
    /// It is done outside.
    CompleteEffect(CompleteEffect),
    /// It did not happen outside, and is done now.
    ForceEffect(ForceEffect),
    /// A session asks to be allowed something.
    RequestApproval(alloc::boxed::Box<RequestApproval>),
    /// Somebody answers it.
    AnswerApproval(AnswerApproval),
}

impl Op {
    /// The format that a node must know to apply this: an entry needs the greatest of its
    /// commands'.
    #[must_use]
    pub const fn format(&self) -> u32 {
        match self {
            Self::RaiseFormat(it) => it.format,
            Self::Birth(_)
            | Self::StartNode(_)
            | Self::AdmitNode(_)
            | Self::RemoveNode(_)
            | Self::CreateTeam(_)
            | Self::SetTeam(_)
            | Self::CreateToken(_)
            | Self::RevokeToken(_)
            | Self::SetQueue(_)
            | Self::SetMode(_)
            | Self::Submit(_)
            | Self::Cancel(_)
            | Self::Attach(_)
            | Self::Detach(_)
            | Self::Confirm(_)
            | Self::Claim(_)
            | Self::Ack(_)
            | Self::Nack(_)
            | Self::Extend(_)
            | Self::Replay(_)
            | Self::Purge(_)
            | Self::StartJob(_)
            | Self::Tick(_)
            | Self::CreateSource(_)
            | Self::UpdateSource(_)
            | Self::DeleteSource(_)
            | Self::OpenPairing(_)
            | Self::Receive(_)
            | Self::Reroute(_)
            | Self::CreateCron(_)
            | Self::UpdateCron(_)
            | Self::DeleteCron(_)
            | Self::PauseCron(_)
            | Self::ResumeCron(_)
            | Self::FireCron(_)
            | Self::DecideTick(_)
            | Self::Checkpoint(_)
            | Self::Handoff(_)
            | Self::Send(_)
            | Self::BeginEffect(_)
            | Self::CompleteEffect(_)
            | Self::ForceEffect(_)
            | Self::RequestApproval(_)
            | Self::AnswerApproval(_) => 1,
        }
    }

    /// Carries the command out, or refuses it and changes nothing.
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        match self {
            Self::Birth(it) => it.apply(batch, command),
            Self::StartNode(it) => it.apply(batch, command),
            Self::AdmitNode(it) => it.apply(batch, command),
            Self::RemoveNode(it) => it.apply(batch, command),
            Self::RaiseFormat(it) => it.apply(batch, command),
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
            Self::CreateSource(it) => it.apply(batch, command),
            Self::UpdateSource(it) => it.apply(batch, command),
            Self::DeleteSource(it) => it.apply(batch, command),
            Self::OpenPairing(it) => it.apply(batch, command),
            Self::Receive(it) => it.apply(batch, command),
            Self::Reroute(it) => it.apply(batch, command),
            Self::CreateCron(it) => it.apply(batch, command),
            Self::UpdateCron(it) => it.apply(batch, command),
            Self::DeleteCron(it) => it.apply(batch, command),
            Self::PauseCron(it) => it.apply(batch, command),
            Self::ResumeCron(it) => it.apply(batch, command),
            Self::FireCron(it) => it.apply(batch, command),
            Self::DecideTick(it) => it.apply(batch, command),
            Self::Checkpoint(it) => it.apply(batch, command),
            Self::Handoff(it) => it.apply(batch, command),
            Self::Send(it) => it.apply(batch, command),
            Self::BeginEffect(it) => it.apply(batch, command),
            Self::CompleteEffect(it) => it.apply(batch, command),
            Self::ForceEffect(it) => it.apply(batch, command),
            Self::RequestApproval(it) => it.apply(batch, command),
            Self::AnswerApproval(it) => it.apply(batch, command),
        }
    }
}
