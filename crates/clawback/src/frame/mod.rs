//! The frames of the protocol, from untrusted bytes and back.
//!
//! * `asked`: what a plugin may say.
//! * `parse`: how it is read.
//! * `told`: what a plugin is told, and how that is written.

mod asked;
mod parse;
mod told;

pub(crate) use asked::{
    Ack, Asked, Auth, CronCreate, CronDelete, EventHistory, Frame, Request, SessionSend,
    SourceCreate, SourceDelete, TokenLabel,
};
pub use parse::request_types;
pub(crate) use parse::{Malformed, parse};
pub(crate) use told::{Told, priority};
