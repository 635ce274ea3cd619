//! The process of a node: its configuration, and the one place that wires the rooms together.
//!
//! The program `ackord` and the simulation both start a node by [`server`]; the first on a data
//! directory, the second on a simulated disk, and from there on the code is the same.

pub mod config;
mod hex;
pub mod logs;
pub mod server;

pub use ackord_grpc::{Secret, secret};
pub use config::{Config, ConfigError};
pub use server::{Server, Setup, StartError};
