//! What happens when clocks change: four zones, both ways, jobs at a fixed time and others. The
//! expected instants are in UTC and were worked out by hand from the zones' rules.

use ackord_core::time::Timestamp;
use ackord_schedule::Schedule;

fn at(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().expect("an instant");
    Timestamp(u64::try_from(at.as_millisecond()).expect("after 1970"))
}

fn tell(at: Timestamp) -> String {
    let ms = i64::try_from(at.0).expect("before 10000");
    let at = jiff::Timestamp::from_millisecond(ms).expect("before 10000");
    at.strftime("%m-%dT%H:%M").to_string()
}

/// The instants of 2026 that follow `after`, in UTC.
#[track_caller]
fn check(zone: &str, text: &str, after: &str, expected: &[&str]) {
    let schedule = Schedule::parse(text, zone, Timestamp(0)).expect("a schedule");
    let found = schedule.upcoming(at(after), expected.len());
    let found: Vec<String> = found.into_iter().map(tell).collect();
    assert_eq!(found, expected, "'{text}' in {zone} after {after}");
}

const BERLIN: &str = "Europe/Berlin";
const NEW_YORK: &str = "America/New_York";
/// Changes by half an hour.
const LORD_HOWE: &str = "Australia/Lord_Howe";
/// Changes at midnight: one day has none, another has two.
const SANTIAGO: &str = "America/Santiago";

#[test]
fn a_fixed_time_that_a_spring_leaves_out_is_when_the_gap_ends() {
    // 02:00 to 03:00 is left out on March 29.
    check(
        BERLIN,
        "30 2 * * *",
        "2026-03-27T12:00Z",
        &["03-28T01:30", "03-29T01:00", "03-30T00:30"],
    );
    // 02:00 to 03:00 is left out on March 8.
    check(
        NEW_YORK,
        "15 2 * * *",
        "2026-03-06T12:00Z",
        &["03-07T07:15", "03-08T07:00", "03-09T06:15"],
    );
    // 02:00 to 02:30 is left out on October 4.
    check(
        LORD_HOWE,
        "10 2 * * *",
        "2026-10-02T00:00Z",
        &["10-02T15:40", "10-03T15:30", "10-04T15:10"],
    );
    // 00:00 to 01:00 is left out on September 6.
    check(
        SANTIAGO,
        "0 0 * * *",
        "2026-09-04T12:00Z",
        &["09-05T04:00", "09-06T04:00", "09-07T03:00"],
    );
}

#[test]
fn a_gap_that_ends_at_midnight_leaves_out_what_names_its_day() {
    // 23:00 to 24:00 is left out on March 28, a Saturday.
    let nuuk = "America/Nuuk";
    check(
        nuuk,
        "30 23 * * *",
        "2026-03-27T12:00Z",
        &["03-28T01:30", "03-29T01:00", "03-30T00:30"],
    );
    // The instant after the gap is a Sunday.
    check(
        nuuk,
        "30 23 * * SAT",
        "2026-03-20T12:00Z",
        &["03-22T01:30", "04-05T00:30"],
    );
}

#[test]
fn a_fixed_time_that_an_autumn_repeats_is_the_first_of_the_two() {
    // 02:00 to 03:00 comes twice on October 25.
    check(
        BERLIN,
        "30 2 * * *",
        "2026-10-23T12:00Z",
        &["10-24T00:30", "10-25T00:30", "10-26T01:30"],
    );
    // 01:00 to 02:00 comes twice on November 1.
    check(
        NEW_YORK,
        "30 1 * * *",
        "2026-10-30T12:00Z",
        &["10-31T05:30", "11-01T05:30", "11-02T06:30"],
    );
    // 01:30 to 02:00 comes twice on April 5.
    check(
        LORD_HOWE,
        "45 1 * * *",
        "2026-04-03T00:00Z",
        &["04-03T14:45", "04-04T14:45", "04-05T15:15"],
    );
    // 23:00 to 24:00 comes twice on April 4.
    check(
        SANTIAGO,
        "30 23 * * *",
        "2026-04-03T12:00Z",
        &["04-04T02:30", "04-05T02:30", "04-06T03:30"],
    );
}

#[test]
fn every_half_hour_goes_on_through_a_spring() {
    check(
        BERLIN,
        "*/30 * * * *",
        "2026-03-29T00:15Z",
        &["03-29T00:30", "03-29T01:00", "03-29T01:30", "03-29T02:00"],
    );
    check(
        NEW_YORK,
        "*/30 * * * *",
        "2026-03-08T06:15Z",
        &["03-08T06:30", "03-08T07:00", "03-08T07:30", "03-08T08:00"],
    );
    check(
        LORD_HOWE,
        "*/30 * * * *",
        "2026-10-03T14:45Z",
        &["10-03T15:00", "10-03T15:30", "10-03T16:00", "10-03T16:30"],
    );
    check(
        SANTIAGO,
        "*/30 * * * *",
        "2026-09-06T03:15Z",
        &["09-06T03:30", "09-06T04:00", "09-06T04:30", "09-06T05:00"],
    );
}

#[test]
fn every_half_hour_goes_on_through_an_autumn() {
    check(
        BERLIN,
        "*/30 * * * *",
        "2026-10-25T00:15Z",
        &["10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"],
    );
    check(
        NEW_YORK,
        "*/30 * * * *",
        "2026-11-01T05:15Z",
        &["11-01T05:30", "11-01T06:00", "11-01T06:30", "11-01T07:00"],
    );
    check(
        SANTIAGO,
        "*/30 * * * *",
        "2026-04-05T02:15Z",
        &["04-05T02:30", "04-05T03:00", "04-05T03:30", "04-05T04:00"],
    );
    // 01:30 comes twice within half an hour: 14:30 and 15:00 in UTC.
    check(
        LORD_HOWE,
        "*/30 * * * *",
        "2026-04-04T14:15Z",
        &["04-04T14:30", "04-04T15:00", "04-04T15:30", "04-04T16:00"],
    );
}

#[test]
fn several_times_of_a_day_are_no_fixed_time() {
    // A list is an interval: what a spring leaves out does not come, what an autumn repeats comes
    // twice.
    check(
        BERLIN,
        "30 2,14 * * *",
        "2026-03-28T12:00Z",
        &["03-28T13:30", "03-29T12:30", "03-30T00:30"],
    );
    check(
        BERLIN,
        "30 2,14 * * *",
        "2026-10-24T13:00Z",
        &["10-25T00:30", "10-25T01:30", "10-25T13:30"],
    );
}

#[test]
fn an_interval_minds_no_clocks() {
    let anchor = at("2026-03-28T00:00Z");
    let schedule = Schedule::parse("@every 12h", BERLIN, anchor).expect("a schedule");
    let found: Vec<String> = schedule.upcoming(anchor, 4).into_iter().map(tell).collect();
    assert_eq!(
        found,
        ["03-28T12:00", "03-29T00:00", "03-29T12:00", "03-30T00:00"]
    );
}
