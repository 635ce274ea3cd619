//! Planted bugs of the edge; see `ackord_core::planted`.

use std::time::Duration;

use ackord_core::answer::{Reply, Taken};
use ackord_core::command::{Command, Op};
use ackord_core::planted::{Bug, is_planted};
use ackord_core::time::{Position, Timestamp};
use ackord_machine::{Committed, Machine, ProposeError};

/// How often a planted bug looks at the log.
const LOOK: Duration = Duration::from_millis(1);

/// Proposes submits, and mostly waits until they are decided.
pub(crate) async fn submit(
    machine: &Machine,
    commands: Vec<Command>,
) -> Vec<Result<Committed, ProposeError>> {
    let at_append = is_planted(Bug::AckAtAppend);
    if !at_append && !is_planted(Bug::AckAtPropose) {
        return machine.propose_many(commands).await;
    }
    let ended = machine.status().last_log;
    let guesses = guesses(&commands, machine.view().next);
    let proposed = {
        let machine = machine.clone();
        tokio::spawn(async move { machine.propose_many(commands).await })
    };
    if !at_append {
        return guesses;
    }
    tokio::select! {
        biased;
        done = proposed => done.expect("it does not panic"),
        index = appended(machine, ended) => moved(guesses, index),
    }
}

/// Returns with the end of this node's log once that is not where it was.
async fn appended(machine: &Machine, ended: Option<u64>) -> u64 {
    loop {
        let last = machine.status().last_log;
        if let Some(index) = last.filter(|_| last > ended) {
            return index;
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn guesses(commands: &[Command], index: u64) -> Vec<Result<Committed, ProposeError>> {
    let guess = |command: &Command| {
        let Op::Submit(submit) = &command.op else {
            return Err(ProposeError::Unknown);
        };
        Ok(Committed {
            answer: Ok(Reply::Submitted(submit.event, Taken::Accepted)),
            position: Position { index, offset: 0 },
            at: Timestamp(0),
        })
    };
    commands.iter().map(guess).collect()
}

fn moved(
    guesses: Vec<Result<Committed, ProposeError>>,
    index: u64,
) -> Vec<Result<Committed, ProposeError>> {
    let moved = |mut it: Committed| {
        it.position.index = index;
        it
    };
    guesses.into_iter().map(|it| it.map(moved)).collect()
}
