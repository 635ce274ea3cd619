//! An instant with its zone that looks only so far ahead, so that a search for a day that does not
//! come ends.

use std::cmp::Ordering;

use croner::errors::CronError;
use croner::{CivilDateTime, CronDateTime, Resolution, Weekday};
use jiff::Zoned;

/// The 29th of February may be a Monday, say, 40 years after it was last: a year that is divisible
/// by 100 may lie between.
const YEARS_AHEAD: i32 = 41;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Within {
    pub(crate) at: Zoned,
    last_year: i32,
}

impl Within {
    pub(crate) fn new(at: Zoned) -> Self {
        let last_year = i32::from(at.year()) + YEARS_AHEAD;
        Self { at, last_year }
    }

    fn with(&self, at: Zoned) -> Self {
        Self {
            at,
            last_year: self.last_year,
        }
    }
}

impl CronDateTime for Within {
    fn to_civil(&self) -> CivilDateTime {
        self.at.to_civil()
    }

    fn civil_weekday(&self) -> Weekday {
        self.at.civil_weekday()
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        if civil.year() > self.last_year {
            return Err(CronError::TimeSearchLimitExceeded);
        }
        Ok(match self.at.resolve_civil(civil)? {
            Resolution::Single(at) => Resolution::Single(self.with(at)),
            Resolution::Ambiguous(earlier, later) => {
                Resolution::Ambiguous(self.with(earlier), self.with(later))
            }
            Resolution::Gap => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        let at = self.at.checked_add_seconds(seconds)?;
        Some(self.with(at))
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.at.cmp_instant(&other.at)
    }
}
