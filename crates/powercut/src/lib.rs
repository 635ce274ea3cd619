#![doc = include_str!("../README.md")]
#![cfg(target_os = "linux")]

mod contents;
mod cut;
mod disk;
mod fault;
mod mounted;
mod power;
mod server;
mod tree;

pub use fuser::Errno;

pub use crate::cut::{CutMode, Lost};
pub use crate::disk::Counters;
pub use crate::fault::FailWhat;
pub use crate::mounted::MountError;
pub use crate::power::{Options, PowerFs};
