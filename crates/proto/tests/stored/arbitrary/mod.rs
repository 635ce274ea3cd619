//! Values of core's types, drawn at random for properties.

mod agent;
mod approval;
mod command;
mod cron;
mod event;
mod row;
mod source;
mod word;

pub(crate) use command::entry;
pub(crate) use row::keyed_row;
