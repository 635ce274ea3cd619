//! What the machine knows: the rows, one struct each. Plain data; rules live with the commands.

mod approval;
mod cron;
mod effect;
mod event;
mod index;
mod job;
mod queue;
mod session;
mod source;
mod team;
mod watch;

pub use approval::{Approval, Asked, Decision, Verdict};
pub use cron::{CatchUp, Cron, CronCounts, CronTerms, Decided, Fate, Overlap, SkipCause};
pub use effect::{Effect, EffectState, Ledger};
pub use event::{
    AckRecord, Content, DeadCause, Emitted, Event, EventState, Instruction, Origin, Outcome, Sender,
};
pub use index::{ContentHash, DeadLetter, Dedup, DedupKey, DedupKind, DueKind, Finished, Lane};
pub use job::{Filter, Job, JobKind};
pub use queue::{Class, Mode, Queue, QueueSettings, Run, Runs, StrictHold};
pub use session::{Health, Lease, Link, Parked, Phase, Session};
pub use source::{Holding, SealedSecret, Secret, Source, SourceMode};
pub use team::{Meta, Node, Process, Role, Team, Token};
pub use watch::{Alarm, Silence, Watch, Watched};
