//! What a schedule may say, and what it is told otherwise.

use ackord_core::time::Timestamp;
use ackord_schedule::{Field, Schedule, ScheduleError};
use proptest::prelude::*;

const BEGIN: Timestamp = Timestamp(1_767_225_600_000); // 2026-01-01T00:00Z

fn refusal(text: &str) -> String {
    let refused = Schedule::parse(text, "UTC", BEGIN);
    refused.expect_err("it is wrong").to_string()
}

fn upcoming(text: &str, count: usize) -> Vec<u64> {
    let schedule = Schedule::parse(text, "UTC", BEGIN).expect("a schedule");
    let all = schedule.upcoming(BEGIN, count).into_iter();
    all.map(|it| (it.0 - BEGIN.0) / 1000).collect()
}

#[test]
fn an_error_names_the_field_and_why() {
    for (text, told) in [
        (
            "*/70 * * * *",
            "minute, '*/70': the step '70' is not among 1 to 59",
        ),
        ("60 * * * *", "minute, '60': '60' is not among 0 to 59"),
        ("* 24 * * *", "hour, '24': '24' is not among 0 to 23"),
        (
            "* * 0 * *",
            "day of month, '0': '0' is not among 1 to 31, L, 15W or LW",
        ),
        (
            "* * * 13 *",
            "month, '13': '13' is not among 1 to 12 or JAN to DEC",
        ),
        (
            "* * * * 8",
            "day of week, '8': '8' is not among 0 to 7 (both are Sunday) or SUN to SAT",
        ),
        (
            "* * * * MONDAY",
            "day of week, 'MONDAY': 'MONDAY' is not among 0 to 7 (both are Sunday) or SUN to SAT",
        ),
        ("MON * * * *", "minute, 'MON': 'MON' is not among 0 to 59"),
        (
            "1,,2 * * * *",
            "minute, '1,,2': nothing stands where a value should",
        ),
        (
            "* * * * *,SUN",
            "day of week, '*,SUN': '*' is every value: it stands alone",
        ),
        (
            "30-10 * * * *",
            "minute, '30-10': the range '30-10' ends before it begins",
        ),
        (
            "5/10 * * * *",
            "minute, '5/10': a step goes with '*' or a range, as in '*/10' or '0-59/10'",
        ),
        (
            "*/0 * * * *",
            "minute, '*/0': the step '0' is not among 1 to 59",
        ),
        (
            "* * * * 1#6",
            "day of week, '1#6': '#6' is not among #1 to #5 and #L",
        ),
    ] {
        assert_eq!(refusal(text), told, "of '{text}'");
    }
}

#[test]
fn another_number_of_fields_is_told() {
    assert!(refusal("* * * *").starts_with("it has 4 fields and not five"));
    assert!(refusal("0 * * * * *").starts_with("it has 6 fields and not five"));
    assert!(refusal("").starts_with("it has 0 fields and not five"));
    assert!(refusal("@noon").starts_with("no such name"));
    let long = "1,".repeat(200) + "1 * * * *";
    assert_eq!(refusal(&long), "it is longer than 256 bytes");
}

#[test]
fn an_unknown_zone_is_told() {
    for zone in ["Europe/Atlantis", "", "local", "../../etc/passwd", "+02:00"] {
        let refused = Schedule::parse("@hourly", zone, BEGIN).expect_err("no such zone");
        assert_eq!(refused, ScheduleError::Zone(zone.to_owned()));
    }
    assert!(Schedule::parse("@hourly", "Asia/Kathmandu", BEGIN).is_ok());
}

#[test]
fn what_never_fires_is_told() {
    for text in ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 31 FEB ?"] {
        let refused = Schedule::parse(text, "UTC", BEGIN);
        assert_eq!(
            refused.expect_err("never"),
            ScheduleError::NeverFires,
            "{text}"
        );
    }
    assert!(Schedule::parse("0 0 29 2 *", "UTC", BEGIN).is_ok());
    assert!(Schedule::parse("0 0 30 2 MON", "UTC", BEGIN).is_ok());
}

#[test]
fn what_only_a_gap_would_hold_is_never() {
    // Each last Sunday of March lacks this hour, and several times of a day are not moved.
    let text = "0,30 2 25-31 3 +SUN";
    let schedule = Schedule::parse(text, "Europe/Berlin", BEGIN).expect("such days exist");
    assert_eq!(schedule.next_after(BEGIN), None);
}

#[test]
fn intervals_begin_at_their_anchor() {
    assert_eq!(upcoming("@every 90s", 3), [90, 180, 270]);
    assert_eq!(upcoming("@every 1h30m", 2), [5400, 10800]);
    let schedule = Schedule::parse("@every 10m", "UTC", BEGIN).expect("a schedule");
    assert_eq!(schedule.next_after(Timestamp(5)), Some(BEGIN));
    assert_eq!(schedule.next_after(Timestamp(u64::MAX)), None);
    for text in [
        "@every",
        "@every 5",
        "@every m",
        "@every 1x",
        "@every -5m",
        "@every 500ms",
    ] {
        let told = refusal(text);
        assert_eq!(
            told, "@every: give a length of time as in 90s, 10m, 1h30m or 7d",
            "{text}"
        );
    }
    for text in ["@every 0s", "@every 367d"] {
        assert_eq!(refusal(text), "@every: 1 second to 366 days");
    }
    assert!(refusal("@every 99999999999999999999d").starts_with("@every"));
}

#[test]
fn names_stand_for_fields() {
    const DAY: u64 = 86_400;
    assert_eq!(upcoming("@hourly", 2), [3600, 7200]);
    assert_eq!(upcoming("@daily", 2), [DAY, 2 * DAY]);
    assert_eq!(upcoming("@midnight", 1), [DAY]);
    assert_eq!(upcoming("@weekly", 1), [3 * DAY]);
    assert_eq!(upcoming("@monthly", 1), [31 * DAY]);
    assert_eq!(upcoming("@yearly", 1), [365 * DAY]);
    assert_eq!(
        upcoming("0 0 * JAN-FEB FRI-SUN", 3),
        [DAY, 2 * DAY, 3 * DAY]
    );
    assert_eq!(upcoming("0 0 L * *", 1), [30 * DAY]);
    assert_eq!(upcoming("0 0 * * MON#2", 1), [11 * DAY]);
}

#[test]
fn a_rare_day_is_found() {
    let schedule = Schedule::parse("0 0 29 2 +MON", "UTC", BEGIN).expect("a schedule");
    let next = schedule.next_after(BEGIN).expect("in 2044");
    assert_eq!(
        jiff::Timestamp::from_millisecond(next.0.cast_signed())
            .expect("soon")
            .to_string(),
        "2044-02-29T00:00:00Z"
    );
}

#[test]
fn a_count_between_two_instants_is_the_number_of_steps() {
    let end = Timestamp(BEGIN.0 + 3_600_000);
    for text in ["@every 7m", "*/7 * * * *", "@every 2h"] {
        let schedule = Schedule::parse(text, "UTC", BEGIN).expect("a schedule");
        let steps = schedule.upcoming(BEGIN, 100);
        let within: Vec<Timestamp> = steps.into_iter().filter(|it| *it <= end).collect();
        let passed = schedule.passed(BEGIN, end, &mut 1_000);
        assert_eq!(passed.count, within.len() as u64, "{text}");
        assert_eq!(passed.last, within.last().copied());
        assert_eq!(passed.before_last, within.iter().rev().nth(1).copied());
    }
    let minutes = Schedule::parse("* * * * *", "UTC", BEGIN).expect("a schedule");
    let year = Timestamp(BEGIN.0 + 366 * 86_400_000);
    let mut steps = 100;
    assert_eq!(minutes.passed(BEGIN, year, &mut steps).count, 100);
    assert_eq!(steps, 0);
}

/// Texts that are nearly right, more often than not.
fn texts() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("*".to_owned()),
        "[0-9]{1,2}",
        "[0-9]{1,2}-[0-9]{1,2}",
        r"\*/[0-9]{1,2}",
        "(JAN|DEC|sun|Mon|SAT|L|LW|15W|5L|1#2|[?])",
        "[0-9A-Z*/,#+?@-]{0,6}",
    ];
    let field = prop::collection::vec(value, 1..3).prop_map(|it| it.join(","));
    let fields = prop::collection::vec(field, 4..7).prop_map(|it| it.join(" "));
    prop_oneof![fields, "@[a-z]{0,8} ?[0-9]{0,22}[smhd]?", any::<String>()]
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in texts(), zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Australia/Lord_Howe", "x"]), at in prop_oneof![any::<u64>(), 1_700_000_000_000..2_000_000_000_000u64]) {
        let at = Timestamp(at);
        if let Ok(schedule) = Schedule::parse(&text, zone, BEGIN)
            && let Some(next) = schedule.next_after(at)
        {
            prop_assert!(next > at);
            prop_assert_eq!(schedule.next_after(Timestamp(next.0 - 1)), Some(next));
        }
    }

    #[test]
    fn what_the_fields_allow_the_library_takes(text in texts()) {
        if let Err(ScheduleError::Field { why, .. }) = Schedule::parse(&text, "UTC", BEGIN) {
            let of_the_library = ["Component error", "illegal", "Invalid pattern"];
            prop_assert!(!of_the_library.iter().any(|it| why.contains(it)), "{text}: {why}");
        }
    }
}

#[test]
fn fields_have_names() {
    assert_eq!(Field::DayOfMonth.to_string(), "day of month");
}
