//! What waits for an entry: commands of one caller that go in together, and the caller.

use ackord_core::command::Command;
use ackord_core::limits::{COMMANDS_MAX, ENTRY_BYTES_MAX};
use ackord_core::time::Position;
use ackord_proto::entry::{command_len, encode_command};
use ackord_raft::Outcome;
use tokio::sync::oneshot;

use crate::committed::Committed;
use crate::error::ProposeError;
use crate::queue::{Load, Owner};

/// Bytes of an entry besides its commands, generously.
const HEAD_BYTES: usize = 64;
/// What goes into one entry at the most.
pub(crate) const ENTRY_MAX: Load = Load {
    commands: COMMANDS_MAX,
    bytes: ENTRY_BYTES_MAX - HEAD_BYTES,
};

/// What the callers of one unit are told.
pub(crate) type Answer = Result<Vec<Committed>, ProposeError>;

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

/// See the module. Dropped unanswered, its caller learns that nobody knows.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) commands: Vec<Encoded>,
    pub(crate) reply: oneshot::Sender<Answer>,
}

impl Unit {
    pub(crate) fn new(commands: Vec<Encoded>) -> (Self, oneshot::Receiver<Answer>) {
        let (reply, answer) = oneshot::channel();
        (Self { commands, reply }, answer)
    }

    pub(crate) fn load(&self) -> Load {
        self.commands
            .iter()
            .fold(Load::default(), |load, it| load.plus(it.load()))
    }

    pub(crate) fn owner(&self) -> Owner {
        self.commands.first().and_then(|it| it.command.team)
    }

    /// Says why there is no answer. Whoever asked may be gone.
    pub(crate) fn fail(self, error: ProposeError) {
        let _ = self.reply.send(Err(error));
    }
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

/// Those who wait for one entry: how many commands each had, in order.
pub(crate) struct Callers(Vec<(usize, oneshot::Sender<Answer>)>);

impl Callers {
    /// The commands of an entry, their encodings, and who waits for it.
    pub(crate) fn of(units: Vec<Unit>) -> (Vec<Command>, Vec<bytes::Bytes>, Self) {
        let (mut commands, mut bytes, mut callers) = (Vec::new(), Vec::new(), Vec::new());
        for unit in units {
            callers.push((unit.commands.len(), unit.reply));
            for it in unit.commands {
                commands.push(it.command);
                bytes.push(it.bytes);
            }
        }
        (commands, bytes, Self(callers))
    }

    /// Tells each its answers, or all the error. Whoever asked may be gone.
    pub(crate) fn answer(self, result: Result<Outcome, ProposeError>) {
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(error) => {
                for (_, reply) in self.0 {
                    let _ = reply.send(Err(error.clone()));
                }
                return;
            }
        };
        let Outcome { index, at, answers } = outcome;
        let mut committed = answers
            .into_iter()
            .zip(0..)
            .map(|(answer, offset)| Committed {
                answer,
                position: Position { index, offset },
                at,
            });
        for (commands, reply) in self.0 {
            let _ = reply.send(Ok(committed.by_ref().take(commands).collect()));
        }
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::answer::Reply;
    use ackord_core::command::{Actor, Op, Tick};
    use ackord_core::time::Timestamp;

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

    #[test]
    fn each_caller_gets_its_own_answers() {
        let (first, mut of_first) = Unit::new(vec![tick(), tick()]);
        let (second, mut of_second) = Unit::new(vec![tick()]);
        let (commands, bytes, callers) = Callers::of(vec![first, second]);
        assert_eq!((commands.len(), bytes.len()), (3, 3));
        let answers = vec![
            Ok(Reply::Ticked { done: 1 }),
            Ok(Reply::Ticked { done: 2 }),
            Ok(Reply::Ticked { done: 3 }),
        ];
        callers.answer(Ok(Outcome {
            index: 9,
            at: Timestamp(5),
            answers,
        }));
        let first = of_first.try_recv().expect("answered").expect("committed");
        let second = of_second.try_recv().expect("answered").expect("committed");
        assert_eq!(first.len(), 2);
        assert_eq!(second[0].answer, Ok(Reply::Ticked { done: 3 }));
        assert_eq!(
            second[0].position,
            Position {
                index: 9,
                offset: 2
            }
        );
    }

    #[test]
    fn dropped_without_an_answer_nobody_knows() {
        let (unit, mut answer) = Unit::new(vec![tick()]);
        drop(Callers::of(vec![unit]));
        assert!(answer.try_recv().is_err());
    }
}
