//! From messages of the public API to core's types. Each function takes what a caller sent and
//! answers with what core understands, or with the first field that breaks a rule.
//!
//! What these functions judge needs no state: texts, ids, constants, sizes. The rest is judged in
//! apply.

mod answer;
mod attach;
mod cancel;
mod constant;
mod field;
mod hash;
mod job;
mod page;
mod position;
mod queue;
mod submit;
mod team;
mod token;

pub use answer::{ack, claim, extension, fence, nack};
pub use attach::attach;
pub use cancel::cancel;
pub use constant::{class, dead_cause, event_state, job_kind, role, session_link};
pub use field::{event_type, id, id_or_none, tag, tag_filter};
pub use hash::dedup_key;
pub use job::start_job;
pub use page::page_size;
pub use position::at_least;
pub use queue::{set_mode, set_queue};
pub use submit::submit;
pub use team::{TeamName, create_team, set_team, team_name};
pub use token::create_token;

use crate::field_error::{FieldError, FieldFault};
