use crate::answer::{Rejection, Reply};
use crate::auth::{Need, Over};
use crate::batch::{Batch, Outcome};
use crate::command::Command;
use crate::id::TeamId;
use crate::limits;
use crate::model::{Role, Team};
use crate::text::TeamName;
use crate::time::{Millis, Position};

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

impl CreateTeam {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_operator(command)?;
        if batch.state.team_names.contains_key(&self.name) {
            return Err(Rejection::Exists.into());
        }
        if batch.state.teams.len() >= limits::TEAMS_MAX {
            return Err(Rejection::Limit("teams of a cluster").into());
        }

        let id = TeamId(batch.next_id());
        batch.add_team(Team {
            id,
            name: self.name.clone(),
            created: batch.now(),
            dedup_kept: limits::DEDUP_KEPT_DEFAULT,
            events_kept: limits::EVENTS_KEPT_DEFAULT,
            dead_kept: limits::DEAD_KEPT_DEFAULT,
            finished_from: Position::default(),
            dead_from: Position::default(),
        });
        Ok(Reply::Team(id))
    }
}

impl SetTeam {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let id = batch.allow(
            command,
            Need {
                roles: &[Role::Admin],
                over: Over::Team,
            },
        )?;
        let within = |it: Option<Millis>, least: Millis, most: Millis| {
            it.is_none_or(|it| (least..=most).contains(&it))
        };
        if !within(
            self.dedup_kept,
            limits::DEDUP_KEPT_MIN,
            limits::DEDUP_KEPT_MAX,
        ) {
            return Err(Rejection::Invalid("dedup_kept: 7 to 366 days").into());
        }
        if !within(self.events_kept, limits::KEPT_MIN, limits::KEPT_MAX) {
            return Err(Rejection::Invalid("events_kept: 1 hour to 3,660 days").into());
        }
        if !within(self.dead_kept, limits::KEPT_MIN, limits::KEPT_MAX) {
            return Err(Rejection::Invalid("dead_kept: 1 hour to 3,660 days").into());
        }

        let team = batch.team_mut(id);
        team.dedup_kept = self.dedup_kept.unwrap_or(team.dedup_kept);
        team.events_kept = self.events_kept.unwrap_or(team.events_kept);
        team.dead_kept = self.dead_kept.unwrap_or(team.dead_kept);
        Ok(Reply::Team(id))
    }
}
