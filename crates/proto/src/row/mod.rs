//! Rows as bytes: the value under each kind of key. One file per kind of row.

mod ack_record;
mod approval;
mod content;
mod cron;
mod dead_letter;
mod dedup;
mod event;
mod event_ref;
mod finished;
mod job;
mod lane;
mod lease;
mod ledger;
mod meta;
mod node;
mod queue;
mod runs;
mod session;
mod source;
mod state;
mod step;
mod team;
mod token;
mod watch;

use std::sync::Arc;

use ackord_core::model::{
    Approval, Cron, Event, Holding, Job, Node, Queue, Session, Source, Team, Token, Watch,
};
use ackord_core::rows::{Key, Row};

use crate::decode_error::{DecodeError, Fault};
use crate::form::{Stored, read, write};

/// The row as bytes.
#[must_use]
pub fn encode(row: &Row) -> Vec<u8> {
    match row {
        Row::Meta(it) => write(it),
        Row::Node(it) => write(it),
        Row::Team(it) => write(it),
        Row::Token(it) => write(it),
        Row::Queue(it) => write(&**it),
        Row::Session(it) => write(&**it),
        Row::Job(it) => write(it),
        Row::Event(it) => write(&**it),
        Row::Content(it) => write(it),
        Row::Dedup(it) => write(it),
        Row::Lane(it) => write(it),
        Row::EventRef(it) => event_ref::write(*it),
        Row::Due => Vec::new(),
        Row::DeadLetter(it) => write(it),
        Row::Finished(it) => write(it),
        Row::Source(it) => write(&**it),
        Row::Holding(it) => write(it),
        Row::Cron(it) => write(&**it),
        Row::Instruction(it) => write(it),
        Row::Ledger(it) => write(it),
        Row::Approval(it) => write(&**it),
        Row::Watch(it) => write(it),
    }
}

/// The row that stands under `key` as these bytes.
///
/// # Errors
/// The bytes are not a row of that kind, or they are the row of another key.
pub fn decode(key: &Key, bytes: &[u8]) -> Result<Row, DecodeError> {
    match key {
        Key::Meta => Ok(Row::Meta(read(bytes, "meta")?)),
        Key::Node(id) => own(bytes, "node", |it: &Node| it.id == *id).map(Row::Node),
        Key::Team(id) => own(bytes, "team", |it: &Team| it.id == *id).map(Row::Team),
        Key::Token(id) => own(bytes, "token", |it: &Token| it.id == *id).map(Row::Token),
        Key::Queue(id) => boxed(bytes, "queue", |it: &Queue| it.id == *id).map(Row::Queue),
        Key::Session(id) => boxed(bytes, "session", |it: &Session| it.id == *id).map(Row::Session),
        Key::Job(id) => own(bytes, "job", |it: &Job| it.id == *id).map(Row::Job),
        Key::Event(team, id) => boxed(bytes, "event", |it: &Event| {
            it.team == *team && it.id == *id
        })
        .map(Row::Event),
        Key::Content(_, _) => Ok(Row::Content(read(bytes, "content")?)),
        Key::Dedup(_, _) => Ok(Row::Dedup(read(bytes, "dedup")?)),
        Key::Lane(_, _) => Ok(Row::Lane(read(bytes, "lane")?)),
        Key::LaneWaiting(_, _, _)
        | Key::Fresh(_, _, _)
        | Key::Returned(_, _, _)
        | Key::Held(_, _) => event_ref::read(bytes).map(Row::EventRef),
        Key::Due(_, _, _, _) => due(bytes),
        Key::Dead(_, _) => Ok(Row::DeadLetter(read(bytes, "dead letter")?)),
        Key::Finished(_, _) => Ok(Row::Finished(read(bytes, "finished")?)),
        Key::Source(id) => {
            own(bytes, "source", |it: &Source| it.id == *id).map(|it| Row::Source(Arc::new(it)))
        }
        Key::Holding(id) => {
            own(bytes, "holding", |it: &Holding| it.source == *id).map(Row::Holding)
        }
        Key::Cron(team, id) => own(bytes, "cron", |it: &Cron| it.team == *team && it.id == *id)
            .map(|it| Row::Cron(Arc::new(it))),
        Key::CronInstruction(_, _) => Ok(Row::Instruction(read(bytes, "instruction")?)),
        Key::Ledger(_, _) => Ok(Row::Ledger(read(bytes, "ledger")?)),
        Key::Approval(team, id) => own(bytes, "approval", |it: &Approval| {
            it.team == *team && it.id == *id
        })
        .map(|it| Row::Approval(Arc::new(it))),
        Key::Watch(of) => own(bytes, "watch", |it: &Watch| it.of == *of).map(Row::Watch),
    }
}

/// A row that says itself whose it is.
fn own<T: Stored>(
    bytes: &[u8],
    name: &str,
    is_here: impl FnOnce(&T) -> bool,
) -> Result<T, DecodeError> {
    let row = read(bytes, name)?;
    if is_here(&row) {
        Ok(row)
    } else {
        Err(DecodeError::new(name, Fault::Misplaced))
    }
}

/// The same for a large row.
fn boxed<T: Stored>(
    bytes: &[u8],
    name: &str,
    is_here: impl FnOnce(&T) -> bool,
) -> Result<Box<T>, DecodeError> {
    own(bytes, name, is_here).map(Box::new)
}

/// The key of a due row says it all.
fn due(bytes: &[u8]) -> Result<Row, DecodeError> {
    if bytes.is_empty() {
        Ok(Row::Due)
    } else {
        Err(DecodeError::new("due", Fault::Unknown))
    }
}
