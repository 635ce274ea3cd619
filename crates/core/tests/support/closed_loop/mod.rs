//! A closed loop: sessions that act on what they are delivered, nodes that lose actions, time that
//! jumps, people who change their minds; and a model that judges what comes of it.

mod agents;
mod approvals;
mod clients;
mod commands;
pub(crate) mod coverage;
mod crons;
mod heal;
mod histories;
mod model;
mod order;
mod sources;
pub(crate) mod steps;
pub(crate) mod world;
