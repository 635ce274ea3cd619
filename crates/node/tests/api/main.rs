//! The API of a real node: real sockets, a real disk, one node for each test.
#![cfg(not(madsim))]

mod agents;
mod bad_answers;
mod bad_attach;
mod bad_start;
mod bad_submit;
mod bad_token;
mod control;
mod crons;
mod emits;
mod garbage;
mod life;
mod messages;
#[path = "../common/raw.rs"]
mod raw;
mod restart;
mod session;
mod sources;
mod streams;
mod support;
mod webhooks;
