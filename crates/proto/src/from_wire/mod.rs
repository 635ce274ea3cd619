//! From messages of the public API to core's types. Each function takes what a caller sent and
//! answers with what core understands, or with the first field that breaks a rule.
//!
//! What these functions judge needs no state: texts, ids, constants, sizes. The rest is judged in
//! apply.

mod answer;
mod approval;
mod attach;
mod cancel;
mod constant;
mod cron;
mod effect;
mod field;
mod hash;
mod job;
mod message;
mod page;
mod position;
mod queue;
mod silence;
mod source;
mod submit;
mod team;
mod token;

pub use answer::{CronAsked, EmitAsked, ack, checkpoint, claim, emit, extension, fence, nack};
pub use approval::{answer_approval, approval_filter, request_approval};
pub use attach::attach;
pub use cancel::cancel;
pub use constant::{class, dead_cause, event_state, job_kind, role, session_link, source_mode};
pub use cron::{CronName, cron_name, cron_terms, fire_cron, instant, instruction};
pub use effect::{begin_effect, complete_effect, force_effect};
pub use field::{event_type, id, id_or_none, tag, tag_filter};
pub use hash::{body_key, dedup_key, delivery_key};
pub use job::start_job;
pub use message::{handoff, send};
pub use page::page_size;
pub use position::at_least;
pub use queue::{set_mode, set_queue};
pub use silence::{silence, silence_change};
pub use source::{secret_name, secret_value, slug};
pub use submit::submit;
pub use team::{TeamName, create_team, set_team, team_name};
pub use token::create_token;

use crate::field_error::{FieldError, FieldFault};
