//! Entries of the Raft log as bytes. One file per kind of command.

mod ack;
mod approval;
mod attach;
mod birth;
mod cancel;
mod checkpoint;
mod claim;
mod command;
mod confirm;
mod cron;
mod cron_tick;
mod detach;
mod effect;
mod emit;
mod extend;
mod format;
mod handoff;
mod job;
mod join;
mod member;
mod message;
mod nack;
mod node;
mod queue;
mod receive;
mod replay;
mod source;
mod submit;
mod team;
mod token;

use ackord_core::FORMAT;
use ackord_core::command::{Command, Entry};
use ackord_core::time::Timestamp;
use bytes::Bytes;
use prost::Message;

use crate::decode_error::{DecodeError, Fault, Within};
use crate::form::{load_all, read, read_form, store_all};
use crate::stored;

pub use join::{command_len, encode_command, join};

/// The entry as bytes of a [`stored::Entry`].
#[must_use]
pub fn encode(entry: &Entry) -> Bytes {
    let form = stored::Entry {
        format: entry.format,
        at_ms: entry.at.0,
        commands: store_all(&entry.commands),
    };
    form.encode_to_vec().into()
}

/// The entry of these bytes. Bodies share the memory of `bytes`.
///
/// # Errors
/// The bytes are not an entry of ours, or one that needs a newer version of this program.
pub fn decode(bytes: Bytes) -> Result<Entry, DecodeError> {
    decode_known(bytes, FORMAT)
}

/// The same in a program that knows formats up to `known`.
///
/// # Errors
/// As those of [`decode`].
pub fn decode_known(bytes: Bytes, known: u32) -> Result<Entry, DecodeError> {
    refuse_newer(bytes.clone(), known)?;
    let form: stored::Entry = read_form(bytes, "entry")?;
    let commands = load_all(form.commands, "commands").within("entry")?;
    Ok(Entry {
        format: form.format,
        at: Timestamp(form.at_ms),
        commands,
    })
}

/// The command of bytes that [`encode_command`] made. Its body shares the memory of `bytes`.
///
/// # Errors
/// The bytes are not a command of ours.
pub fn decode_command(bytes: Bytes) -> Result<Command, DecodeError> {
    read(bytes, "command")
}

/// Says "too new" before saying what of it is not understood.
fn refuse_newer(bytes: Bytes, known: u32) -> Result<(), DecodeError> {
    let stamp =
        Stamp::decode(bytes).map_err(|it| DecodeError::new("entry", Fault::Malformed(it)))?;
    if stamp.format > known {
        let fault = Fault::Newer {
            needed: stamp.format,
            known,
        };
        return Err(DecodeError::new("entry", fault));
    }
    Ok(())
}

/// The part of a [`stored::Entry`] that every version can read.
#[derive(Clone, PartialEq, Message)]
struct Stamp {
    #[prost(uint32, tag = "1")]
    format: u32,
}
