//! Crons as they are shown.

use ackord_client::v1;
use ackord_client::v1::instruction::Instruction;
use serde::Serialize;

use crate::cli::output::{self, Row};
use crate::cli::silence;
use crate::cli::values::{counted, local_time, span, stated, time, word};

/// A tick that was decided.
#[derive(Serialize)]
struct Tick {
    scheduled_at: Option<String>,
    decided_at: Option<String>,
    fate: String,
    skip_cause: Option<String>,
    event_id: Option<String>,
    replaced_event_id: Option<String>,
}

impl From<v1::CronTick> for Tick {
    fn from(it: v1::CronTick) -> Self {
        let cause = word(it.skip_cause().as_str_name(), "TICK_SKIP_CAUSE");
        Self {
            scheduled_at: time(it.scheduled_at_ms),
            decided_at: time(it.decided_at_ms),
            fate: word(it.fate().as_str_name(), "TICK_FATE"),
            skip_cause: Some(cause).filter(|_| it.skip_cause != 0),
            event_id: stated(it.event_id),
            replaced_event_id: stated(it.replaced_event_id),
        }
    }
}

impl Tick {
    fn fate(&self) -> String {
        match (&self.skip_cause, &self.event_id) {
            (Some(cause), _) => format!("{}: {cause}", self.fate),
            (None, Some(event)) => format!("{} {event}", self.fate),
            (None, None) => self.fate.clone(),
        }
    }
}

/// A cron in a list.
#[derive(Serialize)]
pub(super) struct Named {
    label: String,
    id: String,
    revision: u64,
    schedule: String,
    time_zone: String,
    tag: Option<String>,
    class: String,
    ordering_key: Option<String>,
    ttl_ms: Option<u64>,
    attempts: Option<u32>,
    lease_ms: Option<u64>,
    overlap: String,
    catch_up: String,
    catch_up_max_age_ms: Option<u64>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    paused_at: Option<String>,
    next_at: Vec<Option<String>>,
    last_tick: Option<Tick>,
    last_event_id: Option<String>,
    ticks_fired: u64,
    ticks_replaced: u64,
    ticks_skipped: u64,
    fired_by_hand: u64,
    created_at: Option<String>,
    changed_at: Option<String>,
    watch: Option<silence::Shown>,
}

impl From<v1::Cron> for Named {
    fn from(it: v1::Cron) -> Self {
        let terms = it.terms.unwrap_or_default();
        Self {
            class: word(terms.class().as_str_name(), "CLASS"),
            overlap: word(terms.overlap().as_str_name(), "OVERLAP"),
            catch_up: word(terms.catch_up().as_str_name(), "CATCH_UP"),
            label: terms.label,
            id: it.id,
            revision: it.revision,
            schedule: terms.schedule,
            time_zone: terms.time_zone,
            tag: stated(terms.tag),
            ordering_key: stated(terms.ordering_key),
            ttl_ms: counted(terms.ttl_ms),
            attempts: counted(terms.attempts),
            lease_ms: counted(terms.lease_ms),
            catch_up_max_age_ms: counted(terms.catch_up_max_age_ms),
            starts_at: time(terms.starts_at_ms),
            ends_at: time(terms.ends_at_ms),
            paused_at: time(it.paused_at_ms),
            next_at: it.next_at_ms.into_iter().map(time).collect(),
            last_tick: it.last_tick.map(Tick::from),
            last_event_id: stated(it.last_event_id),
            ticks_fired: it.ticks_fired,
            ticks_replaced: it.ticks_replaced,
            ticks_skipped: it.ticks_skipped,
            fired_by_hand: it.fired_by_hand,
            created_at: time(it.created_at_ms),
            changed_at: time(it.changed_at_ms),
            watch: it.watch.map(silence::Shown::from),
        }
    }
}

impl Named {
    pub(super) fn sentence(&self) -> String {
        format!("cron {}: {}", self.label, self.next())
    }

    fn next(&self) -> String {
        match (self.next_at.first(), &self.paused_at) {
            (_, Some(_)) => "paused".to_owned(),
            (Some(next), None) => next.clone().unwrap_or_default(),
            (None, None) => "no more ticks".to_owned(),
        }
    }

    fn when(&self) -> String {
        match self.time_zone.as_str() {
            "UTC" => self.schedule.clone(),
            zone => format!("{} {zone}", self.schedule),
        }
    }

    fn last(&self) -> (String, String) {
        match &self.last_tick {
            Some(tick) => (tick.scheduled_at.clone().unwrap_or_default(), tick.fate()),
            None => ("-".to_owned(), "-".to_owned()),
        }
    }
}

impl Row for Named {
    const HEAD: &'static [&'static str] = &[
        "label",
        "id",
        "schedule",
        "tag",
        "last tick",
        "fate",
        "next",
    ];

    fn cells(&self) -> Vec<String> {
        let (last, fate) = self.last();
        vec![
            self.label.clone(),
            self.id.clone(),
            self.when(),
            self.tag.clone().unwrap_or_else(|| "-".to_owned()),
            last,
            fate,
            self.next(),
        ]
    }
}

/// A cron by itself.
#[derive(Serialize)]
pub(super) struct Card {
    #[serde(flatten)]
    cron: Named,
    skill: Option<String>,
    prompt: Option<String>,
}

impl From<v1::Cron> for Card {
    fn from(mut it: v1::Cron) -> Self {
        let told = it.instruction.take().and_then(|it| it.instruction);
        let (skill, prompt) = match told {
            Some(Instruction::Skill(skill)) => (Some(skill), None),
            Some(Instruction::Prompt(prompt)) => (None, Some(prompt)),
            None => (None, None),
        };
        Self {
            cron: Named::from(it),
            skill,
            prompt,
        }
    }
}

impl output::Card for Card {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let it = &self.cron;
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let length = |it: Option<u64>| it.map(span).unwrap_or_default();
        let catch_up = match it.catch_up_max_age_ms {
            Some(age) => format!("{}, up to {}", it.catch_up, span(age)),
            None => it.catch_up.clone(),
        };
        let next: Vec<String> = it.next_at.iter().flatten().cloned().collect();
        let next = match next.is_empty() {
            true => it.next(),
            false => next.join("\n"),
        };
        let (last, fate) = it.last();
        let counts = format!(
            "{} fired ({} in the place of another), {} skipped, {} fired by hand",
            it.ticks_fired, it.ticks_replaced, it.ticks_skipped, it.fired_by_hand
        );
        vec![
            ("label", it.label.clone()),
            ("id", it.id.clone()),
            ("revision", it.revision.to_string()),
            ("schedule", it.schedule.clone()),
            ("time zone", it.time_zone.clone()),
            ("starts", text(&it.starts_at)),
            ("ends", text(&it.ends_at)),
            ("tag", text(&it.tag)),
            ("class", it.class.clone()),
            ("ordering key", text(&it.ordering_key)),
            ("ttl", length(it.ttl_ms)),
            (
                "attempts",
                it.attempts.map(|it| it.to_string()).unwrap_or_default(),
            ),
            ("lease", length(it.lease_ms)),
            ("overlap", it.overlap.clone()),
            ("catch up", catch_up),
            ("skill", text(&self.skill)),
            ("prompt", text(&self.prompt)),
            ("last tick", format!("{last}  {fate}")),
            ("last event", text(&it.last_event_id)),
            ("ticks", counts),
            (
                "silence",
                it.watch
                    .as_ref()
                    .map(silence::Shown::text)
                    .unwrap_or_default(),
            ),
            ("next", next),
        ]
    }
}

/// An event that was fired by hand.
#[derive(Serialize)]
pub(super) struct Fired {
    event_id: String,
}

impl From<v1::FireCronResponse> for Fired {
    fn from(it: v1::FireCronResponse) -> Self {
        Self {
            event_id: it.event_id,
        }
    }
}

impl Fired {
    pub(super) fn sentence(&self) -> String {
        format!("fired {}", self.event_id)
    }
}

/// An instant of a schedule.
#[derive(Serialize)]
pub(super) struct Instant {
    at: Option<String>,
    local: Option<String>,
}

impl Instant {
    pub(super) fn new(unix_ms: u64, zone: &str) -> Self {
        Self {
            at: time(unix_ms),
            local: local_time(unix_ms, zone),
        }
    }
}

impl Row for Instant {
    const HEAD: &'static [&'static str] = &["at", "local"];

    fn cells(&self) -> Vec<String> {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        vec![text(&self.at), text(&self.local)]
    }
}
