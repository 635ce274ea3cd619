//! The replicated log of Ackord: openraft on this node's disk, with the machine applied behind it.
//! The only crate that names openraft, and the place to look for *when* things happen.
//!
//! ```text
//! propose ─▶ openraft ─▶ Log ─▶ writer: write, one sync for many entries, report
//!                │                 (thread "ackord-log")
//!                ▼ committed
//!          StateMachine: gather a batch, wait until our own log has it on disk
//!                │
//!                ▼         (thread "ackord-apply")
//!            Applier: run the machine ─▶ rows, one write ─▶ view ─▶ answers ─▶ actions
//! ```
//!
//! What holds here, whatever crashes when:
//! * Nothing is reported durable before it is: votes and truncations when they return, entries
//!   when their callback is called.
//! * Rows never lead this node's own durable log, and the log is purged only behind the rows that
//!   a restart would find.
//! * An answer follows the rows that make it true.
//! * After a failed write or sync the process ends; see [`fatal()`].
//!
//! Nothing here is one of a process: a node may run many groups, a test many nodes. One member
//! founds a group, by [`RaftHandle::found`]; the others start and wait for a leader.

mod apply;
mod config;
mod contact;
mod error;
pub mod failpoint;
mod fatal;
mod gate;
mod handle;
#[cfg(not(madsim))]
pub mod inspect;
mod leading;
mod log;
mod members;
mod metrics;
mod peer;
mod progress;
#[cfg(all(feature = "raw", not(madsim)))]
pub mod raw;
mod record;
mod retention;
mod roster;
mod runtime;
mod start;
mod status;
#[cfg(all(test, not(madsim)))]
mod storage_suite;
mod tickets;
mod types;
mod watchdog;

pub use apply::{Actions, Directory, Lagged, View};
#[cfg(madsim)]
pub use config::SyncMax;
pub use config::{Options, Retention, Timing};
pub use error::{Leader, ProposeFailure, StartError};
pub use fatal::fatal;
pub use handle::RaftHandle;
pub use leading::{LeaderWatch, Leading, Led};
pub use members::{Change, ChangeError, ChangeRefusal};
pub use metrics::Metrics;
pub use peer::{Alone, Answers, Incoming, IncomingError, Link, LinkError, Network};
pub use progress::Progress;
pub use roster::Roster;
pub use runtime::vital;
pub use start::log_end;
pub use status::{Member, Passing, Status};
pub use tickets::{NobodyWaits, Share, Tickets};
pub use types::{Origin, Outcome, Proposal};
