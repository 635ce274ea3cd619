//! The client against a real node in this process.

mod failover;
mod node;
mod proxy;
mod sessions;
mod submits;
