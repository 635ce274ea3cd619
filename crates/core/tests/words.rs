//! Ids, texts and times: what they are written like, and what is none.

use std::fmt::Debug;
use std::str::FromStr;

use ackord_core::id::{EventId, JobId, NodeId, QueueId, SessionId, TeamId, TokenId};
use ackord_core::text::{
    ContentType, EventType, Label, MetaKey, MetaValue, Note, OrderingKey, Reason, SessionKey,
    Summary, Tag, TeamName, TextError,
};
use ackord_core::time::{Millis, Position, Timestamp};
use proptest::prelude::*;

fn refused<T: FromStr + Debug>(texts: &[&str]) {
    for text in texts {
        assert!(text.parse::<T>().is_err(), "{text:?} is no id");
    }
}

#[test]
fn a_number_is_read_as_it_is_written_and_under_its_own_name_only() {
    assert_eq!(TeamId(0).to_string(), "team_0");
    assert_eq!("tok_12".parse(), Ok(TokenId(12)));
    assert_eq!("que_1".parse(), Ok(QueueId(1)));
    assert_eq!("ses_18446744073709551615".parse(), Ok(SessionId(u64::MAX)));
    assert_eq!("job_3".parse(), Ok(JobId(3)));
    assert_eq!("node_4".parse(), Ok(NodeId(4)));
    refused::<SessionId>(&[
        "", "ses_", "12", "tok_12", "SES_12", "ses_12 ", " ses_12", "ses_x",
    ]);
    refused::<SessionId>(&[
        "ses_+1",
        "ses_-1",
        "ses_007",
        "ses_00",
        "ses_18446744073709551616",
    ]);
}

#[test]
fn what_is_no_id_says_which_one_was_expected() {
    let error = "tok_1".parse::<SessionId>().expect_err("another id");
    assert_eq!(error.to_string(), "not an id of the form ses_…");
}

#[test]
fn an_event_id_has_twenty_six_letters() {
    let last = EventId(u128::MAX).to_string();
    assert_eq!(last, "evt_7zzzzzzzzzzzzzzzzzzzzzzzzz");
    assert_eq!(EventId(0).to_string(), "evt_00000000000000000000000000");
    // One more than the largest, a letter short, a letter too long, and letters that there are not.
    refused::<EventId>(&["evt_80000000000000000000000000"]);
    refused::<EventId>(&[
        "evt_0000000000000000000000000",
        "evt_000000000000000000000000000",
    ]);
    for letter in ["i", "l", "o", "u", "A", "-", "é"] {
        let text = format!("evt_{letter:0>26}");
        refused::<EventId>(&[&text]);
    }
    refused::<EventId>(&["", "evt_", "00000000000000000000000000"]);
}

proptest! {
    #[test]
    fn an_event_id_is_read_as_it_is_written(id: u128) {
        prop_assert_eq!(EventId(id).to_string().parse(), Ok(EventId(id)));
    }

    #[test]
    fn event_ids_sort_by_time_and_their_texts_sort_alike(
        (one, other) in (0..1u64 << 48, 0..1u64 << 48), (a, b) in any::<(u128, u128)>(),
    ) {
        let (first, second) = (EventId::new(one, a), EventId::new(other, b));
        if one != other {
            prop_assert_eq!(first < second, one < other);
        }
        prop_assert_eq!(first.cmp(&second), first.to_string().cmp(&second.to_string()));
    }
}

/// A text of one kind: how long it may be, and what may and may not stand in it.
fn kind<T: ToString>(
    new: fn(String) -> Result<T, TextError>,
    bytes_max: usize,
    allowed: &str,
    refused: &str,
) {
    let longest = "a".repeat(bytes_max);
    assert_eq!(
        new(longest.clone()).map(|it| it.to_string()),
        Ok(longest.clone())
    );
    let rule = new(longest + "a")
        .map(|it| it.to_string())
        .expect_err("too long");
    assert!(!rule.what.is_empty() && rule.to_string().contains(rule.rule));
    assert!(new(String::new()).is_err(), "{rule}: empty");
    for it in allowed.chars() {
        assert!(new(format!("a{it}b")).is_ok(), "{rule}: {it:?} is allowed");
    }
    for it in refused.chars() {
        assert!(new(format!("a{it}b")).is_err(), "{rule}: {it:?} is refused");
    }
}

#[test]
fn a_text_is_as_long_and_of_such_letters_as_its_kind_allows() {
    let control = "\0\u{1b}\u{7f}\u{85}";
    kind(TeamName::new, 63, "az09-", "A_. ä\n");
    kind(Tag::new, 128, "azAZ09-_.:/@", " ,#*ä\n");
    kind(MetaKey::new, 64, "azAZ09-_.:/@", " ,#*ä\n");
    kind(SessionKey::new, 128, "aZ0!~#,*", " ä\n\t");
    kind(EventType::new, 128, "aZ0!~#,*", " ä\n\t");
    for (new, max) in [
        (|it| OrderingKey::new(it).map(|_| ()), 256),
        (|it| Label::new(it).map(|_| ()), 128),
        (|it| ContentType::new(it).map(|_| ()), 128),
        (|it| Reason::new(it).map(|_| ()), 1024),
        (|it| MetaValue::new(it).map(|_| ()), 1024),
    ] as [(fn(String) -> Result<(), TextError>, usize); 5]
    {
        line(new, max, control);
    }
    kind(Summary::new, 16_384, "a \n\t\rä🦀", control);
    kind(Note::new, 16_384, "a \n\t\rä🦀", control);
}

fn line(new: fn(String) -> Result<(), TextError>, max: usize, control: &str) {
    assert_eq!(new("a".repeat(max)), Ok(()));
    assert!(new("a".repeat(max + 1)).is_err());
    assert!(new(String::new()).is_err());
    assert_eq!(new(String::from("a b, ä🦀\"")), Ok(()));
    for it in control.chars().chain("\n\r\t".chars()) {
        assert!(new(format!("a{it}b")).is_err(), "{it:?}");
    }
}

/// A length is counted in bytes: a letter may have four.
#[test]
fn a_text_of_wide_letters_is_shorter() {
    assert!(Label::new("🦀".repeat(32)).is_ok());
    assert!(Label::new("🦀".repeat(33)).is_err());
}

#[test]
fn time_ends_where_numbers_end() {
    let last = Timestamp(u64::MAX);
    assert_eq!(last.after(Millis(1)), last);
    assert_eq!(Timestamp(5).since(Timestamp(3)), Millis(2));
    assert_eq!(Timestamp(3).since(Timestamp(5)), Millis(0));
    assert_eq!(Millis::from_days(1), Millis(86_400_000));
    assert_eq!(Millis::from_days(u64::MAX), Millis(u64::MAX));
}

#[test]
fn positions_sort_by_entry_and_then_within_it() {
    let at = |index, offset| Position { index, offset };
    assert!(at(1, 9) < at(2, 0));
    assert!(at(2, 0) < at(2, 1));
    assert_eq!(at(7, 3).to_string(), "7.3");
}
