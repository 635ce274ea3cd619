//! Rules about watches.

use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::model::{SourceMode, Watched};
use crate::state::State;

/// What is watched is there, in the team that the watch says; an alarm is to come while events are
/// expected and none was given, and otherwise only of a cron that has run out of ticks; and it comes
/// so long after the last ack at the earliest.
pub(super) fn a_silence_is_told_of_once(_: &State, all: &All) -> Result<(), String> {
    for (of, watch) in &all.watches {
        let (team, expected, ran_out) = match of {
            Watched::Cron(id) => {
                let cron = all.crons.get(id);
                (
                    cron.map(|it| it.team),
                    cron.is_some_and(|it| it.next.is_some()),
                    cron.is_some_and(|it| it.next.is_none() && it.paused.is_none()),
                )
            }
            Watched::Source(id) => {
                let source = all.sources.get(id);
                let enabled = source.is_some_and(|it| it.mode == SourceMode::Enabled);
                (source.map(|it| it.team), enabled, false)
            }
        };
        let to_come = watch.deadline.is_some();
        let due = watch.alarm.is_none();
        let right = team == Some(watch.team)
            && (to_come == (expected && due) || (to_come && ran_out && due))
            && watch.deadline.is_none_or(|it| {
                watch
                    .last_ack
                    .is_none_or(|ack| ack.after(watch.silence.after) <= it)
            });
        ensure(right, || format!("{watch:?}, expected: {expected}"))?;
    }
    Ok(())
}
