use crate::text::TeamName;
use crate::time::Millis;

/// Makes a team. An operator's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTeam {
    /// Its name, unique in the cluster.
    pub name: TeamName,
}

/// Changes what is set on a team; what is none stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetTeam {
    /// How long dedup keys made from now on live.
    pub dedup_kept: Option<Millis>,
    /// How long finished events are kept.
    pub events_kept: Option<Millis>,
    /// How long dead letters are kept.
    pub dead_kept: Option<Millis>,
}
