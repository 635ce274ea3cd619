//! What the cluster knows, in words.

use std::time::{Duration, UNIX_EPOCH};

use ackord_client::v1::{self, Fence};
use ackord_render::neutral;

use super::Told;
use crate::desk::{Lost, NoneMeant};
use crate::page;
use crate::room::{Linked, NotMeant};

/// A list, or what there is to say of an empty one.
pub(super) fn list(none: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<_> = lines.collect();
    match lines.is_empty() {
        true => none.to_owned(),
        false => lines.join("\n"),
    }
}

/// An instant of the API.
pub(super) fn time(unix_ms: u64) -> String {
    page::time(UNIX_EPOCH + Duration::from_millis(unix_ms))
}

/// The short name of a constant: `EVENT_STATE_READY` of `EVENT_STATE_` is `ready`.
pub(super) fn word(name: &str, kind: &str) -> String {
    name.strip_prefix(kind)
        .unwrap_or(name)
        .to_lowercase()
        .replace('_', " ")
}

/// A text from outside, in one line.
pub(super) fn line(text: &str) -> String {
    neutral(text).replace('\n', " ")
}

/// One event.
pub(super) fn event(it: &v1::Event) -> String {
    let state = word(it.state().as_str_name(), "EVENT_STATE_");
    let mut text = format!(
        "{}: {state}\ntype: {}\ntag: {}\nclass: {}\nfrom: {}\naccepted: {}\nbody: {} bytes\ndeliveries: {}, attempts spent: {}\n",
        it.id,
        line(&it.event_type),
        if it.tag.is_empty() {
            "(untagged)"
        } else {
            &it.tag
        },
        page::class(it.class()),
        it.origin,
        time(it.accepted_at_ms),
        it.body_bytes,
        it.deliveries,
        it.attempts,
    );
    if !it.ordering_key.is_empty() {
        text += &format!("ordering key: {}\n", line(&it.ordering_key));
    }
    if !it.note.is_empty() {
        text += &format!("note: {}\n", line(&it.note));
    }
    for step in &it.history {
        text += &format!("{} {}\n", time(step.at_ms), self::step(step));
    }
    if let Some(ack) = &it.ack {
        text += &format!("acknowledged: {}\n", line(&ack.summary));
    }
    text
}

fn step(it: &v1::Step) -> String {
    let kind = word(it.kind().as_str_name(), "STEP_KIND_");
    let causes = [
        word(it.delivery_cause().as_str_name(), "DELIVERY_CAUSE_"),
        word(it.return_cause().as_str_name(), "RETURN_CAUSE_"),
        word(it.dead_cause().as_str_name(), "DEAD_CAUSE_"),
    ];
    let causes = causes.into_iter().filter(|it| it != "unspecified");
    let mut words = vec![kind];
    if it.delivery > 0 {
        words.push(format!("delivery {}", it.delivery));
    }
    words.extend(causes);
    if !it.reason.is_empty() {
        words.push(line(&it.reason));
    }
    words.join(", ")
}

/// One event that has ended.
pub(super) fn ended(it: &v1::Event) -> String {
    let state = word(it.state().as_str_name(), "EVENT_STATE_");
    let summary = it.ack.as_ref().map_or("", |it| it.summary.as_str());
    let by = it.ack.as_ref().map_or("", |it| it.session_key.as_str());
    format!(
        "{} {} {}: {state} by {}: {}",
        time(it.state_since_ms),
        it.id,
        line(&it.event_type),
        if by.is_empty() { "nobody" } else { by },
        if summary.is_empty() {
            "(no summary)".to_owned()
        } else {
            line(summary)
        },
    )
}

/// One dead letter.
pub(super) fn dead(it: &v1::Event) -> String {
    let cause = word(it.dead_cause().as_str_name(), "DEAD_CAUSE_");
    let reason = it.history.last().map_or("", |it| it.reason.as_str());
    let reason = match reason {
        "" => String::new(),
        reason => format!(": {}", line(reason)),
    };
    format!(
        "{} {} {}: {cause} after {} attempts{reason}",
        time(it.state_since_ms),
        it.id,
        line(&it.event_type),
        it.attempts,
    )
}

/// Why no event can be handed over.
pub(super) fn no_event(linked: &Linked, tag: Option<&str>) -> Told {
    match linked {
        Linked::Attached(_) => {
            let queue =
                tag.map_or_else(|| "the untagged queue".to_owned(), |it| format!("tag {it}"));
            Ok(format!(
                "No event is there for this session, which takes those of {queue}. The next one comes by \
                 itself, or call again with wait_seconds."
            ))
        }
        Linked::Trying(None) => Ok(
            "Not attached yet: the cluster is being reached. Call again with wait_seconds."
                .to_owned(),
        ),
        Linked::Trying(Some(why)) => Err(format!(
            "This session is not attached, and is tried again and again. {why}. `ackord channel doctor` \
             says more."
        )),
        Linked::Over(why) => Err(why.clone()),
    }
}

/// Why no delivery is meant.
pub(super) fn not_meant(why: &NotMeant) -> String {
    match why {
        NotMeant::None(NoneMeant::Nothing(None)) => {
            "This session has no event at hand, so nothing was done. event_next gets one."
                .to_owned()
        }
        NotMeant::None(NoneMeant::Nothing(Some(lost))) => format!(
            "This session has no event at hand, so nothing was done. The last one was {}. If you mean \
             another one, name it as event_id.",
            fate(lost)
        ),
        NotMeant::None(NoneMeant::Changed { lost, now }) => {
            let now = match now {
                Some(fence) => format!("{} is at hand now", fence.event_id),
                None => "nothing is at hand now".to_owned(),
            };
            format!(
                "Nothing was done: what you worked on has changed. {}; {now}. Name the event that you \
                 mean as event_id.",
                fate(lost)
            )
        }
        NotMeant::None(NoneMeant::Repeated { answered, now }) => {
            repeated("answered", answered, now.as_ref())
        }
        NotMeant::None(NoneMeant::Unseen(fence)) => format!(
            "Nothing was done: {} has just come, and you have not read it yet. Call event_next to read it.",
            fence.event_id
        ),
        NotMeant::NotYet => {
            "This session is not attached yet, so nothing was done. Call again in a few \
             seconds: what it works on comes back to it, maybe under another delivery number."
                .to_owned()
        }
        NotMeant::Foreign(event_id) => format!(
            "This session was not given {event_id}, so nothing was done. Check the id; event_next shows \
             what is at hand."
        ),
        NotMeant::Older(latest) => format!(
            "Nothing was done: {} was delivered again since, as number {}. Look at what is done already, \
             and answer that delivery.",
            latest.event_id, latest.delivery
        ),
    }
}

/// The same answer again, without a name.
pub(super) fn repeated(how: &str, answered: &Fence, now: Option<&Fence>) -> String {
    let now = now.map_or_else(String::new, |it| {
        format!(
            " {0} is at hand now: if you mean that one, say so with event_id {0}.",
            it.event_id
        )
    });
    format!(
        "Nothing was done: {} was already {how} in the same words, and that counts.{now}",
        answered.event_id
    )
}

fn fate(lost: &Lost) -> String {
    format!("{} ({})", lost.fence.event_id, lost.loss)
}
