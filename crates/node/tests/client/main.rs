//! The client against a real node in this process.

mod agents;
mod approvals;
mod failover;
mod node;
mod proxy;
mod sessions;
mod submits;
