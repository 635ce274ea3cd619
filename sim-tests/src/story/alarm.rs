//! Events that nobody sends: a silence is told of by one of its own, whose id says which silence.

use ackord_core::id::{CronId, EventId, SourceId};
use ackord_core::model::Watched;

/// Ids of crons and sources are numbers of the log, and no log of the world is as long: no other event
/// has such an id by chance.
const NUMBERS: u64 = 1 << 32;
/// What marks the alarm of a cron, and that of a source.
const MARKS: [u128; 2] = [0x51c0, 0x51c1];

/// Whose silence an event tells of; none: it is something else.
#[must_use]
pub fn alarm_of(event: EventId) -> Option<Watched> {
    let mark = (event.0 >> 64) & 0xffff;
    let low = event.0 & u128::from(u64::MAX);
    let number = u64::try_from(low).ok().filter(|it| *it < NUMBERS)?;
    match MARKS.iter().position(|it| *it == mark)? {
        0 => Some(Watched::Cron(CronId(number))),
        _ => Some(Watched::Source(SourceId(number))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_whose_alarm_it_is() {
        let id = |mark: u128, number: u64| EventId::new(77_000, (mark << 64) | u128::from(number));
        assert_eq!(alarm_of(id(MARKS[0], 5)), Some(Watched::Cron(CronId(5))));
        assert_eq!(
            alarm_of(id(MARKS[1], 5)),
            Some(Watched::Source(SourceId(5)))
        );
        assert_eq!(alarm_of(id(0, 5)), None);
        assert_eq!(alarm_of(id(MARKS[0], u64::MAX)), None);
    }
}
