//! The program as people run it.

mod agents;
mod approvals;
mod attach;
mod cert;
mod channel;
mod crons;
mod doctor;
mod host;
mod messages;
mod nouns;
mod operations;
mod permissions;
mod program;
mod rot;
mod setup;
mod sources;
mod start;
