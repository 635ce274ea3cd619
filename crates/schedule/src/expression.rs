//! Five fields, or a name for some.

use ackord_core::time::Timestamp;
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, CronDateTime};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use crate::error::{Field, ScheduleError};
use crate::field;
use crate::within::Within;

/// In 28 years without a missing leap year each date falls on each day of the week that it can.
const CYCLE_FIRST: Date = date(2000, 1, 1);
const CYCLE_YEARS: i16 = 28;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    cron: Cron,
    zone: TimeZone,
}

impl Expression {
    pub(crate) fn parse(text: &str, zone: TimeZone) -> Result<Self, ScheduleError> {
        let text = match text.starts_with('@') {
            true => named(text).ok_or(ScheduleError::Name)?,
            false => text,
        };
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        if fields.len() != Field::ALL.len() {
            return Err(ScheduleError::Fields(fields.len()));
        }
        for (field, text) in Field::ALL.into_iter().zip(&fields) {
            field::check(field, text)?;
        }
        let cron = parser().parse(&fields.join(" "));
        let cron = cron.map_err(|error| blame(&fields, &error.to_string()))?;
        if !has_a_day(&cron) {
            return Err(ScheduleError::NeverFires);
        }
        Ok(Self { cron, zone })
    }

    pub(crate) fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let mut from = jiff::Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()?;
        // The search is by seconds of the clock on the wall: it may come out at the second that it
        // began in.
        for _ in 0..3 {
            let zoned = Within::new(from.to_zoned(self.zone.clone()));
            let found = self.cron.find_next_occurrence(&zoned, false).ok()?;
            let next = u64::try_from(found.at.timestamp().as_second()).ok()?;
            let next = Timestamp(next.checked_mul(1000)?);
            if next > at {
                return Some(next);
            }
            from = found.checked_add_seconds(1)?.at.timestamp();
        }
        None
    }
}

fn parser() -> CronParser {
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build()
}

fn named(text: &str) -> Option<&'static str> {
    Some(match text {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => return None,
    })
}

/// The field that the library does not take by itself.
fn blame(fields: &[&str], error: &str) -> ScheduleError {
    let refuses = |at: &usize| {
        let mut alone = ["*"; 5];
        alone[*at] = fields[*at];
        parser().parse(&alone.join(" ")).is_err()
    };
    let at = (0..fields.len()).find(refuses).unwrap_or(0);
    ScheduleError::Field {
        field: Field::ALL[at],
        text: fields[at].to_owned(),
        why: error.to_owned(),
    }
}

/// Whether any year has a day that fits.
fn has_a_day(cron: &Cron) -> bool {
    let last = date(CYCLE_FIRST.year() + CYCLE_YEARS, 1, 1);
    let mut days = CYCLE_FIRST.series(jiff::Span::new().days(1));
    days.by_ref().take_while(|it| *it < last).any(|day| {
        let noon = day.at(12, 0, 0, 0);
        let pattern = &cron.pattern;
        let (year, month, day) = (
            i32::from(day.year()),
            u32::from(day.month().unsigned_abs()),
            u32::from(day.day().unsigned_abs()),
        );
        let fits = pattern.day_match(year, month, day, noon.civil_weekday());
        pattern.month_match(month).unwrap_or(false) && fits.unwrap_or(false)
    })
}
