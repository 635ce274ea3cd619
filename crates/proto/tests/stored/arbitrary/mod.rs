//! Values of core's types, drawn at random for properties.

mod command;
mod event;
mod row;
mod word;

pub(crate) use command::entry;
pub(crate) use row::keyed_row;
