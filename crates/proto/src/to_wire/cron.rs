//! Crons, and what was decided of their ticks.

use ackord_core::model::{CatchUp, Cron, CronTerms, Decided, Fate, Instruction, Watch};
use ackord_core::time::Timestamp;

use super::constant::{class, overlap, skip_cause};
use super::instruction;
use super::watch::{silence, watch};
use crate::text::{owned, owned_or_empty};
use crate::v1;

/// A cron that fires next at these instants; its instruction, where it is to be shown; what is known
/// of its silence.
#[must_use]
pub fn cron(
    cron: &Cron,
    told: Option<&Instruction>,
    next: &[Timestamp],
    watched: Option<&Watch>,
) -> v1::Cron {
    v1::Cron {
        id: cron.id.to_string(),
        revision: cron.revision,
        terms: Some(v1::CronTerms {
            silence: watched.map(|it| silence(&it.silence)),
            ..terms(&cron.terms)
        }),
        instruction: told.map(instruction),
        paused_at_ms: cron.paused.unwrap_or_default().0,
        next_at_ms: next.iter().map(|it| it.0).collect(),
        last_tick: cron.last.as_ref().map(tick),
        last_event_id: cron.live.map(|it| it.to_string()).unwrap_or_default(),
        ticks_fired: cron.counts.fired,
        ticks_replaced: cron.counts.replaced,
        ticks_skipped: cron.counts.skipped,
        fired_by_hand: cron.counts.by_hand,
        created_at_ms: cron.created.0,
        changed_at_ms: cron.changed.0,
        watch: watched.map(watch),
    }
}

fn terms(terms: &CronTerms) -> v1::CronTerms {
    let (catch_up, max_age) = match terms.catch_up {
        CatchUp::Skip => (v1::CatchUp::Skip, 0),
        CatchUp::One => (v1::CatchUp::One, 0),
        CatchUp::All { max_age } => (v1::CatchUp::All, max_age.0),
    };
    v1::CronTerms {
        label: owned(&terms.label),
        schedule: owned(&terms.schedule),
        time_zone: owned(&terms.zone),
        tag: owned_or_empty(terms.tag.as_ref()),
        class: class(terms.class).into(),
        ordering_key: owned_or_empty(terms.ordering_key.as_ref()),
        ttl_ms: terms.ttl.unwrap_or_default().0,
        attempts: terms.attempts.unwrap_or_default(),
        lease_ms: terms.lease.unwrap_or_default().0,
        overlap: overlap(terms.overlap).into(),
        catch_up: catch_up.into(),
        catch_up_max_age_ms: max_age,
        starts_at_ms: terms.starts.unwrap_or_default().0,
        ends_at_ms: terms.ends.unwrap_or_default().0,
        silence: None,
    }
}

fn tick(decided: &Decided) -> v1::CronTick {
    let plain = v1::CronTick {
        scheduled_at_ms: decided.nominal.0,
        decided_at_ms: decided.at.0,
        ..v1::CronTick::default()
    };
    match decided.fate {
        Fate::Fired(event) => v1::CronTick {
            fate: v1::TickFate::Fired.into(),
            event_id: event.to_string(),
            ..plain
        },
        Fate::Skipped(cause) => v1::CronTick {
            fate: v1::TickFate::Skipped.into(),
            skip_cause: skip_cause(cause).into(),
            ..plain
        },
        Fate::Replaced { event, before } => v1::CronTick {
            fate: v1::TickFate::Replaced.into(),
            event_id: event.to_string(),
            replaced_event_id: before.to_string(),
            ..plain
        },
    }
}
