//! What is wrong with a schedule, for whoever wrote it.

use std::fmt;

/// A field of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The first.
    Minute,
    /// The second.
    Hour,
    /// The third.
    DayOfMonth,
    /// The fourth.
    Month,
    /// The fifth.
    DayOfWeek,
}

impl Field {
    pub(crate) const ALL: [Self; 5] = [
        Self::Minute,
        Self::Hour,
        Self::DayOfMonth,
        Self::Month,
        Self::DayOfWeek,
    ];
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of month",
            Self::Month => "month",
            Self::DayOfWeek => "day of week",
        })
    }
}

/// Why a schedule was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It is longer than [`crate::TEXT_BYTES_MAX`].
    #[error("it is longer than {} bytes", crate::TEXT_BYTES_MAX)]
    TooLong,
    /// It has another number of fields.
    #[error(
        "it has {0} fields and not five: minute, hour, day of month, month, day of week; \
         or it is one of @hourly, @daily, @weekly, @monthly, @yearly, @every 10m"
    )]
    Fields(usize),
    /// It begins with `@` and is none of the names.
    #[error(
        "no such name: there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly, \
         @annually and @every, as in '@every 10m'"
    )]
    Name,
    /// A field breaks a rule.
    #[error("{field}, '{text}': {why}")]
    Field {
        /// Which.
        field: Field,
        /// What stands there.
        text: String,
        /// The rule.
        why: String,
    },
    /// The length of time after `@every` is none.
    #[error("@every: {0}")]
    Interval(&'static str),
    /// Not a name of the IANA time zone database.
    #[error("'{0}' is no time zone: give an IANA name, such as Europe/Berlin or UTC")]
    Zone(String),
    /// No day of the calendar fits.
    #[error("it never fires: no year has such a day")]
    NeverFires,
}
