//! Requests to sources, on a machine of one node: what each is answered, and what is told of it.
#![cfg(not(madsim))]

mod answers;
mod changes;
mod http;
mod refusals;
mod support;
mod told;
mod trials;
