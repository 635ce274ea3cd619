//! Values as people type them, and as they are shown.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;

/// A length of time: `500ms`, `5s`, `10m`, `2h`, `1h 30m`, `7d`.
pub(crate) fn length(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|it| format!("{it}; write a length of time as 5s, 10m, 2h or 7d"))
}

/// `NAME=VALUE`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

/// Whole milliseconds of a length.
pub(crate) fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

/// The instant of the API so long from now; zero, which is never, if nothing is said.
pub(crate) fn from_now(length: Option<Duration>) -> u64 {
    length.map_or(0, |it| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        millis(now.unwrap_or_default().saturating_add(it))
    })
}

/// An instant of the API as RFC 3339, to the millisecond; none if it is not set.
pub(crate) fn time(unix_ms: u64) -> Option<String> {
    let set = i64::try_from(unix_ms).ok().filter(|it| *it > 0)?;
    let instant = Timestamp::from_millisecond(set).ok()?;
    Some(format!("{instant:.3}"))
}

/// An instant of the API as the clocks of a zone show it; none if it is not set, or there is no such
/// zone.
pub(crate) fn local_time(unix_ms: u64, zone: &str) -> Option<String> {
    let set = i64::try_from(unix_ms).ok().filter(|it| *it > 0)?;
    let instant = Timestamp::from_millisecond(set).ok()?;
    let zone = TimeZoneDatabase::bundled().get(zone).ok()?;
    let local = instant.to_zoned(zone);
    Some(local.strftime("%a %Y-%m-%d %H:%M:%S %Z").to_string())
}

/// An instant, as RFC 3339: `2026-03-01T08:00:00Z`.
pub(crate) fn instant(text: &str) -> Result<u64, String> {
    let instant: Result<Timestamp, _> = text.parse();
    let ms = instant.ok().map(Timestamp::as_millisecond);
    ms.and_then(|it| u64::try_from(it).ok())
        .ok_or_else(|| "write an instant as 2026-03-01T08:00:00Z".to_owned())
}

/// The same of the standard library's instant.
pub(crate) fn system_time(instant: SystemTime) -> Option<String> {
    time(millis(instant.duration_since(UNIX_EPOCH).ok()?))
}

/// A length of the API for people.
pub(crate) fn span(ms: u64) -> String {
    humantime::format_duration(Duration::from_millis(ms)).to_string()
}

/// A text of the API; none if it is not set.
pub(crate) fn stated(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// A number of the API; none if it is not set.
pub(crate) fn counted<N: Default + PartialEq>(number: N) -> Option<N> {
    (number != N::default()).then_some(number)
}

/// The short name of a value of an enum: `EVENT_STATE_READY` with `EVENT_STATE` is `ready`.
pub(crate) fn word(name: &str, kind: &str) -> String {
    let short = name
        .strip_prefix(kind)
        .and_then(|it| it.strip_prefix('_'))
        .unwrap_or(name);
    short.to_lowercase()
}

/// A number of bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut tenths = u128::from(count) * 10;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    match unit {
        0 => format!("{count} B"),
        _ => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        assert_eq!(length("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(length("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(length("1h 30m"), Ok(Duration::from_secs(5400)));
        assert!(length("5").is_err_and(|it| it.contains("5s, 10m")));
    }

    #[test]
    fn a_pair_has_a_name() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(pair("=b").is_err());
        assert!(pair("a").is_err());
    }

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(
            time(1_763_683_200_123).as_deref(),
            Some("2025-11-21T00:00:00.123Z")
        );
        assert_eq!(time(0), None);
        assert_eq!(
            local_time(1_763_683_200_000, "Europe/Berlin").as_deref(),
            Some("Fri 2025-11-21 01:00:00 CET")
        );
        assert_eq!(instant("2025-11-21T01:00:00+01:00"), Ok(1_763_683_200_000));
        assert!(instant("tomorrow").is_err_and(|it| it.contains("2026-03-01T08")));
    }

    #[test]
    fn enums_are_named_shortly() {
        assert_eq!(word("EVENT_STATE_READY", "EVENT_STATE"), "ready");
        assert_eq!(word("ODD", "EVENT_STATE"), "odd");
    }

    #[test]
    fn bytes_are_told_in_the_nearest_unit() {
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024), "1.0 KiB");
        assert_eq!(bytes(1_572_864), "1.5 MiB");
    }
}
