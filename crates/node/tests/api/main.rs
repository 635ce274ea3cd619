//! The API of a real node: real sockets, a real disk, one node for each test.
#![cfg(not(madsim))]

mod bad_answers;
mod bad_attach;
mod bad_start;
mod bad_submit;
mod bad_token;
mod control;
mod garbage;
mod life;
mod restart;
mod session;
mod streams;
mod support;
