//! Teams.

use ackord_core::model::Team;

use crate::text::owned;
use crate::v1;

/// A team.
#[must_use]
pub fn team(team: &Team) -> v1::Team {
    v1::Team {
        id: team.id.to_string(),
        name: owned(&team.name),
        created_at_ms: team.created.0,
        retention: Some(v1::Retention {
            dedup_kept_ms: team.dedup_kept.0,
            events_kept_ms: team.events_kept.0,
            dead_kept_ms: team.dead_kept.0,
        }),
    }
}
