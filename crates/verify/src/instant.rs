//! Instants in requests, and how old they may be.

use ackord_proto::v1::TimeUnit;
use jiff::Timestamp;

use crate::refused::Refused;

/// How an instant is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Milliseconds,
    Rfc3339,
}

impl Unit {
    /// The unit of that number; none for one that says nothing.
    pub(crate) fn of(code: i32) -> Option<Self> {
        match TimeUnit::try_from(code).ok()? {
            TimeUnit::Unspecified => None,
            TimeUnit::Seconds => Some(Self::Seconds),
            TimeUnit::Milliseconds => Some(Self::Milliseconds),
            TimeUnit::Rfc3339 => Some(Self::Rfc3339),
        }
    }

    /// The instant, in milliseconds since the Unix epoch: digits and nothing else, up to the year
    /// 9999, or a date and a time with its offset.
    fn read(self, text: &str) -> Option<u64> {
        match self {
            Self::Seconds => digits(text, 12)?.checked_mul(1000),
            Self::Milliseconds => digits(text, 15),
            Self::Rfc3339 if text.len() > 64 => None,
            Self::Rfc3339 => {
                let instant: Timestamp = text.parse().ok()?;
                instant.as_millisecond().try_into().ok()
            }
        }
    }
}

fn digits(text: &str, count_max: usize) -> Option<u64> {
    let digits =
        (1..=count_max).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// How far an instant may be from now, before or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tolerance {
    pub(crate) ms: u64,
}

impl Tolerance {
    /// The instant, in milliseconds since the Unix epoch, if it is near enough. Who counts in
    /// seconds is asked in seconds.
    pub(crate) fn check(self, text: &str, unit: Unit, now_ms: u64) -> Result<u64, Refused> {
        let instant = unit.read(text).ok_or(Refused::StaleTimestamp)?;
        let now_ms = match unit {
            Unit::Seconds => now_ms - now_ms % 1000,
            Unit::Milliseconds | Unit::Rfc3339 => now_ms,
        };
        match instant.abs_diff(now_ms) <= self.ms {
            true => Ok(instant),
            false => Err(Refused::StaleTimestamp),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_614_265_330_000;

    fn fresh(text: &str, unit: Unit, now_ms: u64) -> bool {
        Tolerance { ms: 300_000 }.check(text, unit, now_ms).is_ok()
    }

    #[test]
    fn seconds_are_fresh_up_to_300_on_both_sides() {
        for part in [0, 1, 500, 999] {
            let now = NOW + part;
            for (off, is_fresh) in [
                (-301, false),
                (-300, true),
                (0, true),
                (300, true),
                (301, false),
            ] {
                let text = (1_614_265_330i64 + off).to_string();
                assert_eq!(
                    fresh(&text, Unit::Seconds, now),
                    is_fresh,
                    "{off} s at {part} ms"
                );
            }
        }
    }

    #[test]
    fn milliseconds_are_fresh_up_to_300_000_on_both_sides() {
        for (off, is_fresh) in [
            (-300_001, false),
            (-300_000, true),
            (300_000, true),
            (300_001, false),
        ] {
            let text = (1_614_265_330_000i64 + off).to_string();
            assert_eq!(fresh(&text, Unit::Milliseconds, NOW), is_fresh, "{off} ms");
        }
    }

    #[test]
    fn dates_are_fresh_up_to_300_s_on_both_sides() {
        let dates = [
            ("2021-02-25T14:57:09Z", false),
            ("2021-02-25T14:57:10Z", true),
            ("2021-02-25T16:02:10+01:00", true),
            ("2021-02-25T15:07:10.000Z", true),
            ("2021-02-25T15:07:10.001Z", false),
        ];
        for (text, is_fresh) in dates {
            assert_eq!(fresh(text, Unit::Rfc3339, NOW), is_fresh, "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_not_fresh() {
        let texts = [
            "",
            " 1614265330",
            "+1614265330",
            "-1",
            "1614265330.0",
            "1e9",
            "١٦١٤٢٦٥٣٣٠",
            "0",
        ];
        for text in texts
            .into_iter()
            .chain(["9999999999999", "99999999999999999999"])
        {
            for unit in [Unit::Seconds, Unit::Milliseconds, Unit::Rfc3339] {
                assert!(!fresh(text, unit, NOW), "{text} {unit:?}");
            }
        }
        // Of no offset, or before the epoch.
        assert!(!fresh("2021-02-25T15:02:10", Unit::Rfc3339, NOW));
        assert!(!fresh("1969-12-31T23:59:59Z", Unit::Rfc3339, 0));
    }
}
