//! What the model reads of an event: the text of a notification, or of an answer to `event_next`, and the
//! facts beside it.

use std::time::{SystemTime, UNIX_EPOCH};

use ackord_client::v1::Class;
use ackord_client::{Facts, Instruction, Loss};
use ackord_render::{Fields, Page, meta, show};

use crate::desk::Push;
use crate::tools::ledger;

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notification {
    pub(crate) content: String,
    pub(crate) meta: Fields,
}

/// The notification of what there is to say about a delivery.
pub(crate) fn notification(
    it: &Facts,
    push: &Push,
    shown_bytes: usize,
    nonce: [u8; 16],
) -> Notification {
    let id = &it.event_id;
    let (kind, content) = match push {
        Push::Whole => ("event", text(it, shown_bytes, nonce)),
        Push::Again => (
            "waiting",
            format!(
                "Event {id} waits for you, and no tool was called for it yet. Call event_next to read it."
            ),
        ),
        Push::Reminder(waiting) => ("reminder", reminder(id, *waiting)),
        Push::Gone(loss) => ("gone", gone(id, *loss)),
        Push::Missed => ("gone", missed(id)),
    };
    let ours = [("ackord.kind", kind), ("ackord.event_id", id.as_str())];
    let number = it.number.to_string();
    let ours = ours
        .into_iter()
        .chain([("ackord.delivery", number.as_str())]);
    match push {
        Push::Whole => {
            let facts = facts(it);
            let facts = facts.iter().map(|(name, value)| (*name, value.as_str()));
            Notification {
                content,
                meta: meta(ours.chain(facts).chain(stated(it))),
            }
        }
        Push::Again | Push::Reminder(_) | Push::Gone(_) | Push::Missed => Notification {
            content,
            meta: meta(ours),
        },
    }
}

/// The answer to a call that asked for an event: the same, with the facts as lines.
pub(crate) fn answer(
    delivery: &Facts,
    is_confirmed: bool,
    shown_bytes: usize,
    nonce: [u8; 16],
) -> String {
    let claim = match is_confirmed {
        true => "It is claimed: its lease goes on while this session lives.",
        false => {
            "The cluster has not confirmed yet that it is yours: before you do what cannot be undone, call \
             event_extend."
        }
    };
    let mut page = format!(
        "Event {}, delivery {}. {claim}\n",
        delivery.event_id, delivery.number
    );
    let facts = facts(delivery);
    let ours = facts.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in meta(ours.chain(stated(delivery))) {
        page += &format!("{name}: {value}\n");
    }
    page.push('\n');
    page + &text(delivery, shown_bytes, nonce)
}

/// What was submitted, and what was noted about it.
fn text(it: &Facts, shown_bytes: usize, nonce: [u8; 16]) -> String {
    let of_route = it.shown_bytes.and_then(|it| usize::try_from(it).ok());
    let instruction = it.instruction.as_ref().map(|it| match it {
        Instruction::Skill(name) => ackord_render::Instruction::Skill(name),
        Instruction::Prompt(text) => ackord_render::Instruction::Prompt(text),
    });
    let page = Page {
        instruction,
        body: &it.body,
        shown_bytes: of_route.map_or(shown_bytes, |it| it.min(shown_bytes)),
        whole: &format!("event_body with event_id {}", it.event_id),
        nonce,
    };
    let mut text = show(&page).text;
    let framed = |words: &str| {
        let page = Page {
            instruction: None,
            body: words.as_bytes(),
            shown_bytes: usize::MAX,
            whole: "",
            nonce,
        };
        show(&page).text
    };
    if !it.effects.is_empty() {
        text += "\nWhat was begun outside for this event before (effect_begin). ";
        text += &framed(&ledger(&it.effects));
    }
    if let Some(note) = &it.note {
        text += "\nA session that had this event before left a note. ";
        text += &framed(note);
    }
    text
}

/// What was stated with it: by the cluster under names that begin with `ackord.`, and by whoever submitted it
/// under others. None of those may look like the cluster's, or like what the host itself says.
fn stated(it: &Facts) -> impl Iterator<Item = (&str, &str)> {
    let is_forged = |name: &str| {
        let looks_like_ours = name.get(..7).is_some_and(|it| {
            it[..6].eq_ignore_ascii_case("ackord") && !it.as_bytes()[6].is_ascii_alphanumeric()
        });
        name.eq_ignore_ascii_case("source") || (looks_like_ours && !name.starts_with("ackord."))
    };
    let stated = it.meta.iter().map(|(name, value)| (&**name, &**value));
    stated.filter(move |(name, _)| !is_forged(name))
}

/// What the cluster knows of it.
fn facts(it: &Facts) -> Vec<(&'static str, String)> {
    let or_nothing = |it: &Option<String>| it.clone().unwrap_or_default();
    let attempt = match it.attempts {
        0 => String::new(),
        spent => format!("{} of {}", spent + 1, it.attempts_max),
    };
    vec![
        ("ackord.event_type", it.event_type.clone()),
        ("ackord.class", class(it.class).to_owned()),
        ("ackord.content_type", or_nothing(&it.content_type)),
        ("ackord.ordering_key", or_nothing(&it.ordering_key)),
        ("ackord.attempt", attempt),
        ("ackord.accepted_at", time(it.accepted_at)),
        ("ackord.replayed_from", or_nothing(&it.replayed_from)),
    ]
}

fn reminder(id: &str, waiting: Option<u64>) -> String {
    let others = match waiting {
        Some(1) => "Another event waits behind it".to_owned(),
        Some(count) => format!("{count} events wait behind it"),
        None => "Others may wait behind it".to_owned(),
    };
    format!(
        "Event {id} is still yours. {others}. If its work is done, call event_ack. If it cannot be done, \
         call event_nack. If it goes on, nothing is needed."
    )
}

fn gone(id: &str, loss: Loss) -> String {
    let then = match loss {
        Loss::Preempted => "set it aside: it comes back by itself",
        Loss::Cancelled | Loss::Superseded | Loss::Expired => {
            "stop working on it: an answer to it does not count"
        }
        Loss::Finished => "stop working on it: somebody else has answered it",
        Loss::SessionEnded => "stop working on it",
    };
    format!("Event {id} is no longer yours: {loss}. Please {then}.")
}

fn missed(id: &str) -> String {
    format!(
        "Nobody looked at event {id} in time: it went back to its queue. This session gets no events until \
         you call a tool of Ackord: call event_next now."
    )
}

/// The name of a class.
pub(crate) fn class(class: Class) -> &'static str {
    match class {
        Class::Interrupt => "interrupt",
        Class::Priority => "priority",
        Class::Normal | Class::Unspecified => "normal",
    }
}

/// An instant as RFC 3339, to the second.
pub(crate) fn time(instant: SystemTime) -> String {
    let seconds = instant
        .duration_since(UNIX_EPOCH)
        .map_or(0, |it| it.as_secs());
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |it| it.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;

    fn event() -> Facts {
        Facts {
            event_id: "evt_1".to_owned(),
            number: 2,
            event_type: "push".to_owned(),
            content_type: None,
            meta: BTreeMap::from([
                ("x-github-event".to_owned(), "push".to_owned()),
                ("ackord_event_id".to_owned(), "forged".to_owned()),
                ("Ackord-From".to_owned(), "forged".to_owned()),
                ("ackordian".to_owned(), "fine".to_owned()),
                ("Source".to_owned(), "forged".to_owned()),
                ("ackord.from".to_owned(), "ada".to_owned()),
            ]),
            instruction: Some(Instruction::Skill("review".to_owned())),
            body: Bytes::from_static(b"hello"),
            shown_bytes: None,
            class: Class::Priority,
            ordering_key: None,
            attempts: 1,
            attempts_max: 11,
            accepted_at: UNIX_EPOCH + Duration::from_secs(1_763_683_200),
            note: Some("half done".to_owned()),
            replayed_from: None,
            effects: Vec::new(),
            claimed: false,
            claim_limit: Duration::from_secs(600),
            lease: Duration::from_secs(300),
            lease_cap_at: UNIX_EPOCH,
        }
    }

    #[test]
    fn an_event_is_shown_with_what_is_known_of_it() {
        let shown = notification(&event(), &Push::Whole, 1000, [7; 16]);
        assert!(shown.content.starts_with("Use the skill review.\n"));
        assert!(shown.content.contains("\nhello\n"));
        let mark = format!("data-{}", "07".repeat(16));
        let note = format!("----- begin {mark} -----\nhalf done\n----- end {mark} -----\n");
        assert!(shown.content.ends_with(&note), "{}", shown.content);
        let meta: Vec<_> = shown
            .meta
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let expected = [
            "ackord_accepted_at=2025-11-21T00:00:00Z",
            "ackord_attempt=2 of 11",
            "ackord_class=priority",
            "ackord_delivery=2",
            "ackord_event_id=evt_1",
            "ackord_event_type=push",
            "ackord_from=ada",
            "ackord_kind=event",
            "ackordian=fine",
            "x_github_event=push",
        ];
        assert_eq!(meta, expected);
    }

    #[test]
    fn what_is_cut_says_how_to_read_the_rest() {
        let shown = notification(&event(), &Push::Whole, 2, [7; 16]);
        let rest = "Shown are 2 of 5 bytes. All of them: event_body with event_id evt_1";
        assert!(shown.content.contains(rest), "{}", shown.content);
    }

    #[test]
    fn words_about_an_event_bring_nothing_from_outside() {
        for push in [
            Push::Again,
            Push::Reminder(Some(2)),
            Push::Gone(Loss::Cancelled),
            Push::Missed,
        ] {
            let shown = notification(&event(), &push, 1000, [7; 16]);
            assert_eq!(shown.meta.len(), 3, "{shown:?}");
            assert!(shown.content.contains("evt_1") && !shown.content.contains("hello"));
        }
    }
}
