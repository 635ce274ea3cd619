//! Entries put together from commands that were encoded one by one: by those who ask for them, at
//! the same time, so that the one who proposes has little left to do.

use ackord_core::command::Command;
use ackord_core::time::Timestamp;
use bytes::Bytes;
use prost::Message;

use super::stored;
use crate::form::write;

/// The number of [`stored::Entry`]'s commands, as a field with a length.
const COMMANDS_KEY: u8 = 3 << 3 | 2;

/// The command as bytes of a [`stored::Command`].
#[must_use]
pub fn encode_command(command: &Command) -> Bytes {
    write(command).into()
}

/// Bytes that a command of `bytes` adds to an entry.
#[must_use]
pub fn command_len(bytes: &Bytes) -> usize {
    1 + prost::length_delimiter_len(bytes.len()) + bytes.len()
}

/// What [`super::encode`] gives for an entry of these commands.
#[must_use]
pub fn join(format: u32, at: Timestamp, commands: &[Bytes]) -> Bytes {
    let head = stored::Entry {
        format,
        at_ms: at.0,
        commands: Vec::new(),
    };
    let len = head.encoded_len() + commands.iter().map(command_len).sum::<usize>();
    let mut entry = Vec::with_capacity(len);
    head.encode_raw(&mut entry);
    for command in commands {
        entry.push(COMMANDS_KEY);
        prost::encode_length_delimiter(command.len(), &mut entry).expect("a Vec takes any length");
        entry.extend_from_slice(command);
    }
    entry.into()
}

#[cfg(test)]
mod tests {
    use ackord_core::FORMAT;
    use ackord_core::command::{Actor, Birth, Entry, Op, Tick};
    use ackord_core::id::TeamId;

    use super::*;

    #[test]
    fn joined_commands_are_the_encoded_entry() {
        let tick = Command {
            by: Actor::Cluster,
            team: Some(TeamId(7)),
            op: Op::Tick(Tick),
        };
        let birth = Op::Birth(Birth {
            cluster: u128::MAX,
            admin: [9; 32],
            members: vec![],
        });
        let birth = Command {
            by: Actor::Cluster,
            team: None,
            op: birth,
        };
        for commands in [vec![], vec![tick.clone()], vec![birth, tick.clone(), tick]] {
            let parts: Vec<Bytes> = commands.iter().map(encode_command).collect();
            let entry = Entry {
                format: FORMAT,
                at: Timestamp(1234),
                commands,
            };
            assert_eq!(join(FORMAT, entry.at, &parts), super::super::encode(&entry));
        }
    }
}
