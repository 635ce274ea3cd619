//! What the machine knows: the rows, one struct each. Plain data; rules live with the commands.

mod event;
mod index;
mod job;
mod queue;
mod session;
mod team;

pub use event::{AckRecord, Content, DeadCause, Event, EventState, Outcome};
pub use index::{ContentHash, DeadLetter, Dedup, DedupKey, DedupKind, DueKind, Finished, Lane};
pub use job::{Filter, Job, JobKind};
pub use queue::{Class, Mode, Queue, QueueSettings, Run, Runs, StrictHold};
pub use session::{Health, Lease, Link, Parked, Phase, Session};
pub use team::{Meta, Node, Role, Team, Token};
