//! The machine's front desk: what the rooms use of it, and all that they use.
//!
//! *Propose*: commands of all callers wait in a [bounded, fair queue](Options::queue); the batcher
//! makes entries of them, stamps them with log time, and keeps a few on their way. *Read*: a
//! published [`View`] of what everybody asks for, and consistent [rows](Machine::rows). *Listen*:
//! actions for a node, which are hints, and the next deadline.
//!
//! A command ends in one of three ways, never mixed: committed, with the machine's yes or no;
//! refused before it was in the log; or [unknown](ProposeError::Unknown).

mod batcher;
mod caller;
mod clock;
mod committed;
mod contact;
mod desk;
mod error;
mod forwarding;
mod forwards;
mod incoming;
mod machine;
mod options;
mod patience;
mod proposing;
mod queue;
mod read;
mod stamp;
mod unit;

pub use ackord_raft::failpoint;
pub use ackord_raft::{
    Actions, Alone, Answers, Directory, Incoming, IncomingError, Lagged, Leader, Link, LinkError,
    Member, Network, Retention, StartError, Status, Timing, View,
};
pub use ackord_store::RowView;
pub use clock::{Clock, SystemClock};
pub use committed::Committed;
pub use error::ProposeError;
pub use forwards::{Failures, Forwards, Peers};
pub use machine::Machine;
pub use options::Options;
pub use queue::Bounds;
pub use stamp::Reading;
