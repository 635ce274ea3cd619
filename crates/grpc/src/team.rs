//! Teams, and which team a call means.

use std::sync::Arc;

use ackord_core::answer::Reply;
use ackord_core::command::Op;
use ackord_core::id::TeamId;
use ackord_core::model::{Role, Team};
use ackord_proto::from_wire::TeamName;
use ackord_proto::v1::RefusalReason as Reason;
use ackord_proto::v1::team_service_server::TeamService;
use ackord_proto::{from_wire, to_wire, v1};
use tonic::Request;

use crate::api::{Answer, Api, answer};
use crate::auth::Caller;
use crate::page::Ask;
use crate::refused::Refused;

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Teams(pub(crate) Api);

impl Api {
    /// The team that a caller names; none: the operators. What is another team's is as unknown as
    /// what never was, and both only once this node has caught up: a team could have been made at another
    /// node a moment ago.
    pub(crate) async fn team(
        &self,
        caller: &Caller,
        name: String,
    ) -> Result<Option<TeamId>, Refused> {
        let name = from_wire::team_name(name)?;
        if name == TeamName::Own {
            return Ok(caller.token.team);
        }
        if let Some(team) = self.known_team(caller, &name) {
            return Ok(Some(team));
        }
        self.catch_up().await?;
        let team = self.known_team(caller, &name);
        team.map(Some).ok_or_else(Refused::not_found)
    }

    /// The team of this name, as far as this node knows.
    fn known_team(&self, caller: &Caller, name: &TeamName) -> Option<TeamId> {
        let view = self.machine.view();
        let found = match name {
            TeamName::Own => return caller.token.team,
            TeamName::Id(id) => view.directory.team(*id),
            TeamName::Name(name) => view.directory.team_named(name),
        };
        let own = |it: &&Arc<Team>| caller.token.team.is_none_or(|own| own == it.id);
        found.filter(own).map(|it| it.id)
    }

    /// The same where it must be a team.
    async fn one_team(&self, caller: &Caller, name: String) -> Result<TeamId, Refused> {
        let team = self.team(caller, name).await?;
        team.ok_or_else(|| Refused::invalid("team", "is required: the token is of no team"))
    }
}

impl Caller {
    /// Belongs to those who run the cluster.
    pub(crate) fn need_operator(&self) -> Result<(), Refused> {
        self.need(&[Role::Admin])?;
        match self.token.team {
            None => Ok(()),
            Some(_) => Err(Refused::new(
                Reason::NotAllowed,
                "this takes an operators' token",
            )),
        }
    }
}

#[tonic::async_trait]
impl TeamService for Teams {
    async fn create_team(
        &self,
        request: Request<v1::CreateTeamRequest>,
    ) -> Answer<v1::CreateTeamResponse> {
        let (caller, asked) = self.0.open(request).await?;
        caller.need_operator()?;
        let create = from_wire::create_team(asked).map_err(Refused::from)?;
        let done = self
            .0
            .propose(caller.command(None, Op::CreateTeam(create)))
            .await?;
        let Reply::Team(id) = done.reply else {
            unreachable!("a team that is made has an id")
        };
        answer(v1::CreateTeamResponse {
            team_id: id.to_string(),
            position: Some(done.position),
        })
    }

    async fn get_team(&self, request: Request<v1::GetTeamRequest>) -> Answer<v1::GetTeamResponse> {
        let (caller, asked) = self.0.open(request).await?;
        self.0.reach(asked.at_least).await?;
        // Whoever is of a team may look at it: where its webhooks go has its name.
        let id = self.0.one_team(&caller, asked.team).await?;
        let view = self.0.machine.view();
        let team = view.directory.team(id).ok_or_else(Refused::not_found)?;
        answer(v1::GetTeamResponse {
            team: Some(to_wire::team(team)),
        })
    }

    async fn list_teams(
        &self,
        request: Request<v1::ListTeamsRequest>,
    ) -> Answer<v1::ListTeamsResponse> {
        let (caller, asked) = self.0.open(request).await?;
        caller.need_operator()?;
        let ask = Ask::<TeamId>::read(asked.page_size, &asked.page_token)?;
        self.0.reach(asked.at_least).await?;
        let view = self.0.machine.view();
        let teams = view
            .directory
            .teams()
            .filter(|it| ask.after.is_none_or(|last| it.id > last));
        let teams = teams.map(|it| Ok::<_, Refused>((it.id, it)));
        let page = ask.page(teams, |it| Ok(Some(to_wire::team(it))))?;
        answer(v1::ListTeamsResponse {
            teams: page.items,
            next_page_token: page.next,
        })
    }

    async fn set_retention(
        &self,
        request: Request<v1::SetRetentionRequest>,
    ) -> Answer<v1::SetRetentionResponse> {
        let (caller, asked) = self.0.open(request).await?;
        caller.need(&[Role::Admin])?;
        let team = self.0.one_team(&caller, asked.team).await?;
        let set = from_wire::set_team(asked.retention).map_err(Refused::from)?;
        let command = caller.command(Some(team), Op::SetTeam(set));
        let position = self.0.carry_out(command).await;
        answer(v1::SetRetentionResponse {
            position: position.map_err(|it| it.within("retention"))?,
        })
    }
}

#[cfg(all(test, not(madsim)))]
mod tests {
    use super::*;
    use crate::nobody::{api, operator};

    #[tokio::test]
    async fn a_team_is_unknown_only_to_a_node_that_has_caught_up() {
        let api = api().await;
        let operator = operator(&api);
        let acme = || "acme".to_owned();
        let unknown = api.team(&operator, acme()).await;
        assert_eq!(unknown, Err(Refused::not_found()));
        let create = v1::CreateTeamRequest { name: acme() };
        let create = Op::CreateTeam(from_wire::create_team(create).expect("a name"));
        let made = api.propose(operator.command(None, create)).await;
        let Reply::Team(id) = made.expect("made").reply else {
            panic!("a team that is made has an id")
        };
        for name in [acme(), id.to_string()] {
            assert_eq!(api.team(&operator, name).await, Ok(Some(id)));
        }

        // From now on nobody tells it what was decided meanwhile.
        api.machine.shutdown().await;
        assert_eq!(api.team(&operator, acme()).await, Ok(Some(id)));
        assert_eq!(api.team(&operator, String::new()).await, Ok(None));
        let unsure = api.team(&operator, "other".to_owned()).await;
        let reason = unsure.expect_err("it may be there").reason();
        assert_eq!(reason, Reason::NoLeader);
    }
}
