//! `ackord team`: the tenants of a cluster.

use std::time::Duration;

use ackord_client::{Client, v1};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::changes::seen;
use super::connection::{Connection, Who};
use super::failure::Failure;
use super::output::{Card, Output, Row};
use super::paging::Limit;
use super::values::{length, millis, span, time};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Team {
    /// Makes a team
    ///
    /// Example: ackord team create billing
    Create {
        /// Its name, unique in the cluster: 1 to 63 of a-z 0-9 -
        name: String,
    },
    /// Lists teams
    ///
    /// Example: ackord team list
    List(Limit),
    /// Shows one team
    ///
    /// Example: ackord team get billing
    Get {
        /// Its id or its name
        team: String,
    },
    /// Changes how long a team's things are kept
    ///
    /// Example: ackord team set billing --events-kept 14d
    Set(Set),
}

/// What changes; the rest stays.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// Its id or its name
    team: String,
    /// Life of a dedup key, 7d to 366d
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    dedup_kept: Option<Duration>,
    /// Life of a finished event with body and history, 1h to 3660d
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    events_kept: Option<Duration>,
    /// Life of a dead letter, 1h to 3660d
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    dead_kept: Option<Duration>,
}

#[derive(Serialize)]
struct TeamView {
    id: String,
    name: String,
    created_at: Option<String>,
    dedup_kept_ms: u64,
    events_kept_ms: u64,
    dead_kept_ms: u64,
}

#[derive(Serialize)]
struct Created {
    team_id: String,
    name: String,
}

impl Team {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = connection.client_as(Who::Operator)?;
        match self {
            Self::Create { name } => {
                let question = v1::CreateTeamRequest { name: name.clone() };
                let team_id = client.create_team(question).await?.team_id;
                let sentence = format!("made team {name} ({team_id})");
                output.done(&Created { team_id, name }, &sentence);
            }
            Self::List(limit) => {
                let client = &client;
                let fetch = |page_size, page_token| async move {
                    let question = v1::ListTeamsRequest {
                        page_size,
                        page_token,
                        at_least: None,
                    };
                    client
                        .list_teams(question)
                        .await
                        .map(|it| (it.teams, it.next_page_token))
                };
                limit
                    .show::<_, TeamView, _>(output, "no teams", fetch)
                    .await?;
            }
            Self::Get { team } => {
                let question = v1::GetTeamRequest {
                    team,
                    at_least: None,
                };
                let team = client.get_team(question).await?.team.unwrap_or_default();
                output.card(&TeamView::from(team));
            }
            Self::Set(set) => set.run(&client, output).await?,
        }
        Ok(())
    }
}

impl Set {
    async fn run(self, client: &Client, output: Output) -> Result<(), Failure> {
        let team = self.team.clone();
        client.set_retention(self.question()?).await?;
        let question = v1::GetTeamRequest {
            team: team.clone(),
            at_least: None,
        };
        if let Some(answer) = seen(client.get_team(question).await) {
            output.card(&TeamView::from(answer.team.unwrap_or_default()));
        } else {
            output.done(&json!({ "team": team }), &format!("team {team} is set"));
        }
        Ok(())
    }

    fn question(self) -> Result<v1::SetRetentionRequest, Failure> {
        let Self {
            team,
            dedup_kept,
            events_kept,
            dead_kept,
        } = self;
        if (dedup_kept, events_kept, dead_kept) == (None, None, None) {
            return Err(Failure::usage("nothing to change is named")
                .next("say at least one of --dedup-kept, --events-kept, --dead-kept"));
        }
        let retention = v1::Retention {
            dedup_kept_ms: dedup_kept.map_or(0, millis),
            events_kept_ms: events_kept.map_or(0, millis),
            dead_kept_ms: dead_kept.map_or(0, millis),
        };
        Ok(v1::SetRetentionRequest {
            team,
            retention: Some(retention),
        })
    }
}

impl From<v1::Team> for TeamView {
    fn from(it: v1::Team) -> Self {
        let retention = it.retention.unwrap_or_default();
        Self {
            id: it.id,
            name: it.name,
            created_at: time(it.created_at_ms),
            dedup_kept_ms: retention.dedup_kept_ms,
            events_kept_ms: retention.events_kept_ms,
            dead_kept_ms: retention.dead_kept_ms,
        }
    }
}

impl Row for TeamView {
    const HEAD: &'static [&'static str] = &["id", "name", "created"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.name.clone(),
            self.created_at.clone().unwrap_or_default(),
        ]
    }
}

impl Card for TeamView {
    fn lines(&self) -> Vec<(&'static str, String)> {
        vec![
            ("id", self.id.clone()),
            ("name", self.name.clone()),
            ("created", self.created_at.clone().unwrap_or_default()),
            ("dedup keys kept", span(self.dedup_kept_ms)),
            ("events kept", span(self.events_kept_ms)),
            ("dead letters kept", span(self.dead_kept_ms)),
        ]
    }
}
