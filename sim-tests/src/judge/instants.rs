//! The instants of the world's schedules, computed apart from the crate that the servers use: an
//! interval, or minutes of UTC that a number divides.

use ackord_core::time::Timestamp;

const MINUTE: u64 = 60_000;

/// A schedule: every so many milliseconds, from an instant on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instants {
    span: u64,
    origin: u64,
}

impl Instants {
    /// That of one of [`crate::plan::SCHEDULES`]; `anchor` is where an interval begins.
    pub(super) fn of(schedule: &str, anchor: Timestamp) -> Option<Self> {
        let origin = 0;
        let (span, origin) = match schedule {
            "* * * * *" => (MINUTE, origin),
            "*/2 * * * *" => (2 * MINUTE, origin),
            _ => {
                let seconds = schedule.strip_prefix("@every ")?.strip_suffix('s')?;
                (seconds.parse::<u64>().ok()? * 1_000, anchor.0)
            }
        };
        Some(Self { span, origin })
    }

    /// The first instant after this one.
    pub(super) fn after(self, at: Timestamp) -> Timestamp {
        let mut next = self.origin;
        if at.0 >= next {
            next += (at.0 - next) / self.span * self.span + self.span;
        }
        Timestamp(next)
    }

    /// Whether this is one of them.
    pub(super) fn has(self, at: Timestamp) -> bool {
        at.0 >= self.origin && (at.0 - self.origin).is_multiple_of(self.span)
    }

    /// All of them from one instant through another.
    pub(super) fn through(
        self,
        first: Timestamp,
        last: Timestamp,
    ) -> impl Iterator<Item = Timestamp> {
        let step = move |at: &Timestamp| Some(self.after(*at));
        std::iter::successors(Some(first), step).take_while(move |it| *it <= last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_counts_from_its_anchor_and_minutes_do_not() {
        let every = Instants::of("@every 3s", Timestamp(500)).expect("one of them");
        let from = |at| every.after(Timestamp(at)).0;
        assert_eq!(
            [from(0), from(500), from(3_499), from(3_500)],
            [500, 3_500, 3_500, 6_500]
        );
        let minutes = Instants::of("*/2 * * * *", Timestamp(500)).expect("one of them");
        assert_eq!(minutes.after(Timestamp(119_999)), Timestamp(120_000));
        assert!(minutes.has(Timestamp(240_000)) && !minutes.has(Timestamp(60_000)));
        let some = every.through(Timestamp(500), Timestamp(6_500));
        assert_eq!(some.map(|it| it.0).collect::<Vec<_>>(), [500, 3_500, 6_500]);
    }
}
