//! The history: what the world outside of Ackord did and saw, in the order in which it happened.
//! The simulation runs one thing at a time, so this order is total.
//!
//! A judge trusts it more than anything that Ackord says. An operation that ended `Info` may have
//! been carried out, then or later; it is never counted as failed.

mod approval;
mod ask;
mod cron;
mod op;
mod operation;
mod sight;
mod stray;

use std::fmt;
use std::time::Duration;

pub use approval::{ApprovalAsk, Bearer, Power, Request, Ruling, Standing, Whom};
pub use ask::Ask;
pub use cron::{CronAsk, CronDeed};
pub(crate) use op::show;
pub use op::{Answer, Copied, Op, Outcome, Seal, Submission, Taken, Via, Webhook};
pub use operation::Operation;
pub use sight::{DiskFault, Fault, Mount, Rot, Sight};
pub use stray::{Deed, Overstep, Stray};

/// Who did or saw something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// What breaks and heals things.
    World,
    /// A client that submits.
    Submitter(u32),
    /// A client that cancels, replays, pauses.
    Operator,
    /// A client of another team, or with a token that allows too little.
    Stranger,
    /// Whoever looks after the servers: adds, replaces and removes them.
    Keeper,
    /// A provider that sends webhooks, or somebody who says that he is one.
    Sender,
    /// A client that asks one server, and no other one.
    Reader(u32),
    /// Somebody who is asked what agents may not do alone.
    Approver(u32),
    /// A process of a session.
    Session(Process),
}

/// One process of a session: from its start until it crashes, ends or is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    /// Which session; its key is the same in all of its processes.
    pub session: u32,
    /// Counts its processes, from 1.
    pub process: u32,
}

/// Names an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub u32);

/// A place in the history: everything with a lesser one came before.
pub type Moment = usize;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Simulated time since the start.
    pub at: Duration,
    /// Who.
    pub who: Who,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Somebody asks for something.
    Invoke(OpId, Op),
    /// Somebody learns how that ended.
    Return(OpId, Outcome),
    /// A session sees something.
    Sight(Sight),
    /// Something is broken, or mended.
    Fault(Fault),
}

/// Everything that happened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// In order.
    pub records: Vec<Record>,
    ops: u32,
}

impl History {
    /// Somebody asks for something.
    pub fn invoke(&mut self, at: Duration, who: Who, op: Op) -> OpId {
        let id = OpId(self.ops);
        self.ops += 1;
        self.push(at, who, What::Invoke(id, op));
        id
    }

    /// Somebody learns how an operation ended.
    pub fn end(&mut self, at: Duration, who: Who, id: OpId, outcome: Outcome) {
        self.push(at, who, What::Return(id, outcome));
    }

    /// A process sees something.
    pub fn see(&mut self, at: Duration, process: Process, sight: Sight) {
        self.push(at, Who::Session(process), What::Sight(sight));
    }

    /// Something is broken or mended.
    pub fn fault(&mut self, at: Duration, fault: Fault) {
        self.push(at, Who::World, What::Fault(fault));
    }

    fn push(&mut self, at: Duration, who: Who, what: What) {
        self.records.push(Record { at, who, what });
    }

    /// What sessions saw, with the moment.
    pub fn sights(&self) -> impl Iterator<Item = (Moment, Process, &Sight)> {
        self.records
            .iter()
            .enumerate()
            .filter_map(|(moment, it)| match (&it.what, it.who) {
                (What::Sight(sight), Who::Session(process)) => Some((moment, process, sight)),
                _ => None,
            })
    }

    /// What was broken and mended.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.timed_faults().map(|it| it.1)
    }

    /// What was broken and mended, and when.
    pub fn timed_faults(&self) -> impl Iterator<Item = (Duration, &Fault)> {
        self.records.iter().filter_map(|it| match &it.what {
            What::Fault(fault) => Some((it.at, fault)),
            What::Invoke(..) | What::Return(..) | What::Sight(_) => None,
        })
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}#{}", self.session, self.process)
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::World => f.write_str("world"),
            Self::Submitter(number) => write!(f, "submitter {number}"),
            Self::Operator => f.write_str("operator"),
            Self::Stranger => f.write_str("stranger"),
            Self::Keeper => f.write_str("keeper"),
            Self::Sender => f.write_str("sender"),
            Self::Reader(server) => write!(f, "reader {server}"),
            Self::Approver(number) => write!(f, "approver {number}"),
            Self::Session(process) => process.fmt(f),
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = self.who.to_string();
        write!(f, "{:>9.3}  {who:<12} ", self.at.as_secs_f64())?;
        match &self.what {
            What::Invoke(OpId(id), op) => write!(f, "#{id:<4} {op}"),
            What::Return(OpId(id), outcome) => write!(f, "#{id:<4}   → {outcome}"),
            What::Sight(sight) => write!(f, "      {sight}"),
            What::Fault(fault) => write!(f, "      *** {fault}"),
        }
    }
}
