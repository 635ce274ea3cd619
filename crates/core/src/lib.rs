//! The deterministic state machine of Ackord: commands in, answers, rows and actions out.
//!
//! It has no IO, no clock, no randomness, no floats and no hash order, and it does not know who
//! leads. Given the same rows and the same entries it writes the same rows, on every node.
//!
//! Where to look: [`command`] has a file for everything that may happen; [`State`] and [`Batch`]
//! carry it out; [`model`] says what is remembered, [`rows`] under which keys. `place` moves events
//! about, `dispatch` hands them to sessions, `expire` and `sweep` act when time passes.
#![no_std]
#![warn(clippy::wildcard_enum_match_arm)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod action;
pub mod answer;
mod approvals;
mod arrival;
mod auth;
mod backoff;
mod batch;
mod budget;
pub mod command;
mod dispatch;
mod due;
mod emit;
mod emit_cron;
mod expire;
mod fence;
pub mod history;
mod hold;
pub mod id;
pub mod invariants;
mod lane;
mod ledger;
pub mod limits;
pub mod message;
pub mod model;
mod overlay;
mod pick;
mod place;
pub mod planted;
mod publish;
mod restore;
pub mod rows;
mod runs;
mod session;
mod silence;
mod state;
mod sweep;
pub mod text;
pub mod time;
mod why;
mod window;

pub use batch::{Applied, Batch, FORMAT};
pub use restore::format_of;
pub use state::State;
pub use why::{Why, why};
