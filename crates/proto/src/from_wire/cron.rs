//! Crons: what people say of them.

use ackord_core::command::{DedupClaim, FireCron};
use ackord_core::id::{CronId, EventId};
use ackord_core::model::{CatchUp, Class, ContentHash, CronTerms, DedupKind, Instruction, Overlap};
use ackord_core::text::Label;
use ackord_core::time::{Millis, Timestamp};

use super::field::{text, text_or_none};
use super::submit::check_dedup;
use super::{FieldError, FieldFault, constant, hash};
use crate::v1;
use crate::v1::instruction::Instruction as Wire;

/// The zone of a schedule that names none.
const UTC: &str = "UTC";

/// How a cron is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CronName {
    /// By its id.
    Id(CronId),
    /// By its label.
    Label(Label),
}

/// Names a cron of the caller's team.
///
/// # Errors
/// It is neither an id nor a label.
pub fn cron_name(name: String) -> Result<CronName, FieldError> {
    match name.parse() {
        Ok(id) => Ok(CronName::Id(id)),
        Err(_) => text(name, "cron").map(CronName::Label),
    }
}

/// "Fire it now, once under this key."
///
/// # Errors
/// The key breaks its rule.
pub fn fire_cron(cron: CronId, key: &str, event: EventId) -> Result<FireCron, FieldError> {
    check_dedup("", key)?;
    let claim = DedupClaim {
        key: hash::fire_key(cron, key),
        kind: DedupKind::Client,
        // The cron and its key say it all.
        content: ContentHash(0),
    };
    Ok(FireCron {
        cron,
        event,
        dedup: (!key.is_empty()).then_some(claim),
    })
}

/// What people say of a cron.
///
/// # Errors
/// A field breaks a rule.
pub fn cron_terms(wire: v1::CronTerms) -> Result<CronTerms, FieldError> {
    let zone = match wire.time_zone {
        zone if zone.is_empty() => UTC.to_owned(),
        zone => zone,
    };
    Ok(CronTerms {
        label: text(wire.label, "label")?,
        schedule: text(wire.schedule, "schedule")?,
        zone: text(zone, "time_zone")?,
        tag: text_or_none(wire.tag, "tag")?,
        class: constant::class(wire.class)?.unwrap_or(Class::Normal),
        ordering_key: text_or_none(wire.ordering_key, "ordering_key")?,
        ttl: (wire.ttl_ms != 0).then_some(Millis(wire.ttl_ms)),
        attempts: (wire.attempts != 0).then_some(wire.attempts),
        lease: (wire.lease_ms != 0).then_some(Millis(wire.lease_ms)),
        overlap: overlap(wire.overlap)?,
        catch_up: catch_up(wire.catch_up, wire.catch_up_max_age_ms)?,
        starts: instant(wire.starts_at_ms),
        ends: instant(wire.ends_at_ms),
    })
}

/// What an agent is told when a cron fires, if it is stated.
///
/// # Errors
/// It is empty, or a text breaks its rule.
pub fn instruction(wire: Option<v1::Instruction>) -> Result<Option<Instruction>, FieldError> {
    let Some(wire) = wire else {
        return Ok(None);
    };
    match wire.instruction {
        Some(Wire::Skill(it)) => {
            text(it, "instruction.skill").map(|it| Some(Instruction::Skill(it)))
        }
        Some(Wire::Prompt(it)) => {
            text(it, "instruction.prompt").map(|it| Some(Instruction::Prompt(it)))
        }
        None => Err(FieldError::new("instruction", FieldFault::Missing)),
    }
}

/// An instant; zero: none is set.
#[must_use]
pub fn instant(ms: u64) -> Option<Timestamp> {
    (ms != 0).then_some(Timestamp(ms))
}

fn overlap(code: i32) -> Result<Overlap, FieldError> {
    match v1::Overlap::try_from(code) {
        Ok(v1::Overlap::Unspecified | v1::Overlap::Skip) => Ok(Overlap::Skip),
        Ok(v1::Overlap::Allow) => Ok(Overlap::Allow),
        Ok(v1::Overlap::Replace) => Ok(Overlap::Replace),
        Err(_) => Err(FieldError::new("overlap", FieldFault::Constant(code))),
    }
}

fn catch_up(code: i32, max_age_ms: u64) -> Result<CatchUp, FieldError> {
    let wire = v1::CatchUp::try_from(code)
        .map_err(|_| FieldError::new("catch_up", FieldFault::Constant(code)))?;
    let aged = max_age_ms != 0;
    match wire {
        v1::CatchUp::All if aged => Ok(CatchUp::All {
            max_age: Millis(max_age_ms),
        }),
        v1::CatchUp::All => Err(FieldError::new("catch_up_max_age_ms", FieldFault::Missing)),
        v1::CatchUp::Unspecified | v1::CatchUp::Skip | v1::CatchUp::One if aged => {
            let rule = FieldFault::Rule("left out unless all is caught up on");
            Err(FieldError::new("catch_up_max_age_ms", rule))
        }
        v1::CatchUp::Unspecified | v1::CatchUp::One => Ok(CatchUp::One),
        v1::CatchUp::Skip => Ok(CatchUp::Skip),
    }
}
