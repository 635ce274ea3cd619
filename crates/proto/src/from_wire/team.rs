//! Teams.

use ackord_core::command::{CreateTeam, SetTeam};
use ackord_core::id::TeamId;
use ackord_core::text;
use ackord_core::time::Millis;

use super::FieldError;
use super::field::{id, required, text};
use crate::v1;

/// How a caller names a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeamName {
    /// The token's own, or the operators.
    Own,
    /// By its id.
    Id(TeamId),
    /// By its name.
    Name(text::TeamName),
}

/// Names a team by id or name. No name looks like an id: names have no `_`.
///
/// # Errors
/// It is neither.
pub fn team_name(wire: String) -> Result<TeamName, FieldError> {
    if wire.is_empty() {
        Ok(TeamName::Own)
    } else if wire.contains('_') {
        id(&wire, "team").map(TeamName::Id)
    } else {
        text(wire, "team").map(TeamName::Name)
    }
}

/// Makes a team.
///
/// # Errors
/// It is not a name.
pub fn create_team(wire: v1::CreateTeamRequest) -> Result<CreateTeam, FieldError> {
    Ok(CreateTeam {
        name: text(wire.name, "name")?,
    })
}

/// Changes how long a team's things are kept; zero: as it is.
///
/// # Errors
/// The retention is not there.
pub fn set_team(wire: Option<v1::Retention>) -> Result<SetTeam, FieldError> {
    let wire = required(wire, "retention")?;
    let stated = |it: u64| (it != 0).then_some(Millis(it));
    Ok(SetTeam {
        dedup_kept: stated(wire.dedup_kept_ms),
        events_kept: stated(wire.events_kept_ms),
        dead_kept: stated(wire.dead_kept_ms),
    })
}
