//! From core's types to messages of the public API.

mod answer;
mod constant;
mod deliver;
mod event;
mod job;
mod place;
mod queue;
mod refusal;
mod session;
mod step;
mod submit;
mod team;
mod token;
mod why;

pub use answer::{acked, dead, extended, retrying};
pub use constant::{class, close_cause, dead_cause, queue_mode, revoke_cause, role};
pub use deliver::{body, deliver, revoke};
pub use event::{event, event_state};
pub use job::job;
pub use place::{Log, fence};
pub use queue::{Occupancy, queue};
pub use refusal::{code, field_refusal, refusal, refuse, status};
pub use session::{session, session_link};
pub use submit::{refused, submitted};
pub use team::team;
pub use token::token;
pub use why::why;
