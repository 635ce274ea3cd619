//! The deterministic state machine of Ackord.
#![no_std]

extern crate alloc;

pub mod action;
pub mod answer;
pub mod command;
pub mod history;
pub mod id;
pub mod limits;
pub mod model;
pub mod rows;
pub mod text;
pub mod time;
