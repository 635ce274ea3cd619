//! What waits for an entry: commands of one caller that go in together, and the caller.

use ackord_core::command::Command;
use ackord_core::limits::{COMMANDS_MAX, ENTRY_BYTES_MAX};
use ackord_proto::entry::{command_len, encode_command};
use tokio::time::Instant;

use crate::caller::Caller;
use crate::error::ProposeError;
use crate::queue::{Load, Owner};

/// Bytes of an entry besides its commands, generously.
const HEAD_BYTES: usize = 64;
/// What goes into one entry at the most.
pub(crate) const ENTRY_MAX: Load = Load {
    commands: COMMANDS_MAX,
    bytes: ENTRY_BYTES_MAX - HEAD_BYTES,
};

/// A command with its encoding, made by its caller.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) command: Command,
    pub(crate) bytes: bytes::Bytes,
}

impl Encoded {
    /// # Errors
    /// No entry can take it.
    pub(crate) fn new(command: Command) -> Result<Self, ProposeError> {
        let it = Self {
            bytes: encode_command(&command),
            command,
        };
        let Load { bytes, .. } = it.load();
        if bytes > ENTRY_MAX.bytes {
            return Err(ProposeError::TooLarge {
                bytes,
                max: ENTRY_MAX.bytes,
            });
        }
        Ok(it)
    }

    pub(crate) fn load(&self) -> Load {
        Load {
            commands: 1,
            bytes: command_len(&self.bytes),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) commands: Vec<Encoded>,
    pub(crate) caller: Caller,
    /// Its place among all units of this node, and since when it waits.
    pub(crate) arrived: Arrived,
}

/// When a unit came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrived {
    /// Counts the units of this process.
    pub(crate) number: u64,
    pub(crate) when: Instant,
}

impl Unit {
    pub(crate) fn load(&self) -> Load {
        load(&self.commands)
    }

    pub(crate) fn owner(&self) -> Owner {
        self.commands.first().and_then(|it| it.command.team)
    }

    pub(crate) fn is_of_here(&self) -> bool {
        matches!(self.caller, Caller::Here(_))
    }

    pub(crate) fn fail(self, error: ProposeError) {
        self.caller.fail(error);
    }
}

/// What commands are, together.
pub(crate) fn load(commands: &[Encoded]) -> Load {
    commands
        .iter()
        .fold(Load::default(), |load, it| load.plus(it.load()))
}

/// Commands cut into units of neighbours, as large as an entry may be.
pub(crate) fn cut(commands: Vec<Encoded>) -> Vec<Vec<Encoded>> {
    let mut units: Vec<Vec<Encoded>> = Vec::new();
    let mut load = Load::default();
    for command in commands {
        let with = load.plus(command.load());
        let fits = with.commands <= ENTRY_MAX.commands && with.bytes <= ENTRY_MAX.bytes;
        match units.last_mut() {
            Some(unit) if fits => {
                load = with;
                unit.push(command);
            }
            _ => {
                load = command.load();
                units.push(vec![command]);
            }
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use ackord_core::command::{Actor, Op, Tick};

    use super::*;

    fn tick() -> Encoded {
        let command = Command {
            by: Actor::Cluster,
            team: None,
            op: Op::Tick(Tick),
        };
        Encoded::new(command).expect("a tick is small")
    }

    #[test]
    fn neighbours_stay_together_as_far_as_an_entry_takes_them() {
        let many = (0..COMMANDS_MAX * 2 + 3).map(|_| tick()).collect();
        let sizes: Vec<usize> = cut(many).iter().map(Vec::len).collect();
        assert_eq!(sizes, [COMMANDS_MAX, COMMANDS_MAX, 3]);
        assert!(cut(Vec::new()).is_empty());
    }
}
