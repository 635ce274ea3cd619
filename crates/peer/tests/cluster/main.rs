//! Nodes in one process that talk over real connections.

mod crash;
mod damage;
mod forward;
mod large;
mod lead;
mod snapshot;
mod strangers;
mod support;
