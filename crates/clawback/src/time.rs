//! Instants, as JavaScript reads them.

/// An instant of the API as RFC 3339.
pub(crate) fn iso(unix_ms: u64) -> String {
    let ms = i64::try_from(unix_ms).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |it| it.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_to_the_millisecond() {
        assert_eq!(iso(1_763_683_200_007), "2025-11-21T00:00:00.007Z");
        assert_eq!(iso(u64::MAX), "");
    }
}
