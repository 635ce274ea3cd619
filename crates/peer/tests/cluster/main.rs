//! Nodes in one process that talk over real connections.
#![cfg(not(madsim))]

mod clock;
mod crash;
mod damage;
mod forward;
mod fresh;
mod large;
mod lead;
mod lost;
mod snapshot;
mod strangers;
mod support;
mod through;
