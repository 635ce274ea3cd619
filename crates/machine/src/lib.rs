//! The machine's front desk: what the rooms use of it, and all that they use.
//!
//! *Propose*: commands of all callers wait in a [bounded, fair queue](Options::queue); the batcher
//! makes entries of them, stamps them with log time, and keeps a few on their way. *Read*: a
//! published [`View`] of what everybody asks for, and consistent [rows](Machine::rows). *Listen*:
//! actions for a node, which are hints, and the next deadline.
//!
//! A command ends in one of three ways, never mixed: committed, with the machine's yes or no;
//! refused before it was in the log; or [unknown](ProposeError::Unknown).

mod acquaintances;
mod asks;
mod batcher;
mod caller;
mod clock;
mod cluster_clock;
mod committed;
mod contact;
mod counters;
mod desk;
mod error;
mod exchange;
mod fitness;
mod format;
mod forwarding;
mod forwards;
mod fresh;
mod incoming;
mod introductions;
mod machine;
mod members;
mod metrics;
mod options;
mod patience;
mod proposing;
mod queue;
mod read;
mod stamp;
mod unit;

#[cfg(madsim)]
pub use ackord_raft::SyncMax;
pub use ackord_raft::failpoint;
pub use ackord_raft::{
    Actions, Alone, Answers, Change, ChangeError, ChangeRefusal, Directory, Incoming,
    IncomingError, Lagged, Leader, Link, LinkError, Member, Network, Passing, Retention,
    StartError, Status, Timing, View,
};
pub use ackord_store::{Figures as EngineFigures, RowView};
pub use asks::Asks;
pub use clock::{Clock, SystemClock};
pub use committed::Committed;
pub use counters::Counters;
pub use error::ProposeError;
pub use format::FormatRefusal;
pub use forwards::{Failures, Forwards, Peers};
pub use fresh::Unconfirmed;
pub use machine::{Figures, Machine};
pub use members::{AdmitError, Invited};
pub use options::Options;
pub use queue::Bounds;
pub use stamp::Reading;
