//! The server on real sockets, among callers of each bad kind. Its times are short here, and no test
//! measures one: each waits until the server acts.
#![cfg(not(madsim))]

mod bodies;
mod crowds;
mod drain;
mod heads;
mod multiplexed;
mod support;
mod tls;
