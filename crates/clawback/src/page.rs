//! An event, as the plugin hands it to its agent.
//!
//! The text is the one that every agent of ours is shown: what the team wants done, and then, between two
//! marks, what came from outside. The facts beside it have the names that Clawback gives them, and ours.

use std::collections::BTreeMap;

use ackord_proto::v1::instruction::Instruction as Told;
use ackord_proto::v1::{Class, Deliver, Fence, LeasePhase};
use ackord_render::{Fields, Instruction, Page, meta, neutral, show};

use crate::frame::priority;
use crate::limits::SHOWN_BYTES;
use crate::remind::REMINDER_TYPE;
use crate::time::iso;

/// Names that Clawback gives facts: nobody outside says them.
const THEIRS: [&str; 16] = [
    "source",
    "path",
    "method",
    "contentType",
    "skill",
    "truncated",
    "timestamp",
    "cronId",
    "label",
    "schedule",
    "priority",
    "remoteEventId",
    "queueDepth",
    "type",
    "from",
    "redelivered",
];
/// Longest skill or prompt among the facts.
const SKILL_BYTES_MAX: usize = 256;
const MESSAGE_TYPE: &str = "ackord.message";

/// The text and the facts of an event.
pub(crate) fn page(it: &Deliver, fence: &Fence, nonce: [u8; 16]) -> (String, Fields) {
    let is_again = fence.delivery > 1 || it.phase() != LeasePhase::Offered;
    let (mut text, is_cut) = text(it, fence, nonce);
    if is_again {
        text.insert_str(
            0,
            "This event was delivered before, perhaps to you, and nobody has said that its work is done. If \
             you are at work on it, go on; if its work is done, only acknowledge it.\n\n",
        );
    }
    (text, facts(it, fence, is_again, is_cut))
}

/// Where an event comes from, in Clawback's words or in ours.
pub(crate) fn source(event_type: &str, is_webhook: bool) -> &'static str {
    match event_type {
        "ackord.cron" => "cron",
        MESSAGE_TYPE => "session",
        _ if is_webhook => "webhook",
        _ => "api",
    }
}

/// What an event's route, or its cron, says to do.
pub(crate) fn skill(instruction: Option<&Told>) -> Option<String> {
    let (Told::Skill(text) | Told::Prompt(text)) = instruction?;
    let text = neutral(text).replace(['\n', '\t'], " ");
    Some(text[..text.floor_char_boundary(SKILL_BYTES_MAX)].to_owned())
}

fn text(it: &Deliver, fence: &Fence, nonce: [u8; 16]) -> (String, bool) {
    let told = it
        .instruction
        .as_ref()
        .and_then(|it| it.instruction.as_ref());
    let shown_bytes = match usize::try_from(it.shown_bytes) {
        Ok(of_route @ 1..) => of_route.min(SHOWN_BYTES),
        _ => SHOWN_BYTES,
    };
    // A cron says what to do, and nothing came from outside.
    if let (Some(Told::Prompt(prompt)), true) = (told, it.body.is_empty()) {
        return (note(neutral(prompt.trim_end()), it), false);
    }
    let shown = show(&Page {
        instruction: told.map(|it| match it {
            Told::Skill(name) => Instruction::Skill(name),
            Told::Prompt(text) => Instruction::Prompt(text),
        }),
        body: &it.body,
        shown_bytes,
        whole: &format!("ackord event body {}", fence.event_id),
        nonce,
    });
    let is_cut = shown.body_bytes < it.body.len();
    (note(shown.text, it), is_cut)
}

/// What an earlier delivery has left.
fn note(mut text: String, it: &Deliver) -> String {
    if !it.note.is_empty() {
        let note = neutral(&it.note);
        text += &format!("\nA session that had this event before left a note:\n{note}\n");
    }
    if !it.effects.is_empty() {
        text +=
            "\nWhat was begun outside for this event before; look at it before doing it again:\n";
        for effect in &it.effects {
            text += &format!("{}\n", neutral(&effect.key).replace('\n', " "));
        }
    }
    text
}

fn facts(it: &Deliver, fence: &Fence, is_again: bool, is_cut: bool) -> Fields {
    let stated = |name: &str| it.meta.get(name).cloned();
    let slug = stated("ackord.source");
    let class = Class::try_from(it.class).unwrap_or_default();
    let told = it
        .instruction
        .as_ref()
        .and_then(|it| it.instruction.as_ref());
    let attempt = match it.attempts {
        0 => None,
        spent => Some(format!("{} of {}", spent + 1, it.attempts_max)),
    };
    let yes = |it: bool| it.then(|| "true".to_owned());
    let theirs: [(&str, Option<String>); 13] = [
        (
            "source",
            Some(source(&it.event_type, slug.is_some()).to_owned()),
        ),
        ("path", slug.as_ref().map(|it| format!("/{it}"))),
        ("method", slug.map(|_| "POST".to_owned())),
        ("contentType", Some(it.content_type.clone())),
        ("skill", skill(told)),
        ("truncated", yes(is_cut)),
        ("timestamp", Some(iso(it.accepted_at_ms))),
        ("cronId", stated("ackord.cron")),
        ("label", stated("ackord.cron_label")),
        ("priority", Some(priority(class).to_owned())),
        ("type", event_type(it)),
        ("from", from(it)),
        ("redelivered", yes(is_again)),
    ];
    let number = fence.delivery.to_string();
    let ours = [
        ("ackord.event_id", fence.event_id.as_str()),
        ("ackord.delivery", number.as_str()),
        ("ackord.attempt", attempt.as_deref().unwrap_or_default()),
        ("ackord.ordering_key", it.ordering_key.as_str()),
        ("ackord.replayed_from", it.replayed_from.as_str()),
    ];
    let fields = it.meta.iter().map(|(name, value)| (&**name, &**value));
    let mut facts = meta(ours.into_iter().chain(fields.filter(|it| !is_forged(it.0))));
    facts.retain(|name, _| !THEIRS.contains(&name.as_str()));
    let theirs: BTreeMap<&str, String> = theirs
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    facts.extend(meta(theirs.iter().map(|(name, value)| (*name, &**value))));
    facts
}

/// The type, unless it would pass for one of our own reminders: agents do not act on those.
fn event_type(it: &Deliver) -> Option<String> {
    (it.event_type != REMINDER_TYPE).then(|| it.event_type.clone())
}

/// Who sent a message: its tag, or else its session.
fn from(it: &Deliver) -> Option<String> {
    let tag = it.meta.get("ackord.from_tag");
    tag.or_else(|| it.meta.get("ackord.from")).cloned()
}

/// Whether the name looks like one that the cluster alone gives, and is not.
fn is_forged(name: &str) -> bool {
    let looks_like_ours = name.get(..7).is_some_and(|it| {
        it[..6].eq_ignore_ascii_case("ackord") && !it.as_bytes()[6].is_ascii_alphanumeric()
    });
    looks_like_ours && !name.starts_with("ackord.")
}

#[cfg(test)]
mod tests {
    use ackord_proto::v1;

    use super::*;

    fn webhook() -> (Deliver, Fence) {
        let told = Told::Prompt("Review it.".to_owned());
        let deliver = Deliver {
            event_type: "pull_request.opened".to_owned(),
            content_type: "application/json".to_owned(),
            meta: BTreeMap::from(
                [
                    ("ackord.source", "github"),
                    ("cronId", "forged"),
                    ("ackord-event-id", "forged"),
                    ("x-github-event", "pull_request"),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
            ),
            body: bytes::Bytes::from_static(b"{\"number\":7}"),
            instruction: Some(v1::Instruction {
                instruction: Some(told),
            }),
            accepted_at_ms: 1_763_683_200_000,
            phase: LeasePhase::Offered.into(),
            ..Deliver::default()
        };
        let fence = Fence {
            event_id: "evt_1".to_owned(),
            delivery: 1,
        };
        (deliver, fence)
    }

    #[test]
    fn a_webhook_has_the_facts_that_clawback_names() {
        let (deliver, fence) = webhook();
        let (text, facts) = page(&deliver, &fence, [7; 16]);
        assert!(text.starts_with("Review it.\n"), "{text}");
        assert!(text.contains("{\"number\":7}"));
        let facts: Vec<_> = facts
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let expected = [
            "ackord_delivery=1",
            "ackord_event_id=evt_1",
            "ackord_source=github",
            "contentType=application/json",
            "method=POST",
            "path=/github",
            "priority=normal",
            "skill=Review it.",
            "source=webhook",
            "timestamp=2025-11-21T00:00:00Z",
            "type=pull_request.opened",
            "x_github_event=pull_request",
        ];
        assert_eq!(facts, expected);
    }

    #[test]
    fn nobody_outside_makes_a_reminder() {
        let (mut deliver, fence) = webhook();
        deliver.event_type = "ack_reminder".to_owned();
        let (_, facts) = page(&deliver, &fence, [7; 16]);
        assert!(!facts.contains_key("type"), "{facts:?}");
        assert_eq!(facts["source"], "webhook");
    }

    #[test]
    fn a_cron_is_its_prompt() {
        let (mut deliver, fence) = webhook();
        deliver.event_type = "ackord.cron".to_owned();
        deliver.meta = BTreeMap::from([("ackord.cron".to_owned(), "crn_1".to_owned())]);
        deliver.body = bytes::Bytes::new();
        let (text, facts) = page(&deliver, &fence, [7; 16]);
        assert_eq!(text, "Review it.");
        assert_eq!(facts["source"], "cron");
        assert_eq!(facts["cronId"], "crn_1");
    }

    #[test]
    fn what_came_before_says_so() {
        let (mut deliver, mut fence) = webhook();
        assert!(
            !page(&deliver, &fence, [7; 16])
                .1
                .contains_key("redelivered")
        );
        deliver.set_phase(LeasePhase::Claimed);
        let (text, facts) = page(&deliver, &fence, [7; 16]);
        assert!(text.starts_with("This event was delivered before"));
        assert_eq!(facts["redelivered"], "true");
        deliver.set_phase(LeasePhase::Offered);
        fence.delivery = 2;
        assert_eq!(page(&deliver, &fence, [7; 16]).1["redelivered"], "true");
    }

    #[test]
    fn what_is_cut_says_so() {
        let (mut deliver, fence) = webhook();
        deliver.shown_bytes = 2;
        let (text, facts) = page(&deliver, &fence, [7; 16]);
        assert!(text.contains("ackord event body evt_1"), "{text}");
        assert_eq!(facts["truncated"], "true");
    }
}
