//! Answers that never arrive, though what they answer was done: clients reach the nodes by relays
//! that swallow answers and hang up. Whoever gets none asks again, most often another node.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use ackord_client::v1::RefusalReason;
use ackord_client::{Client, Error, v1};

use crate::fleet::Fleet;
use crate::judge::Violation;
use crate::relay::Relay;
use crate::server::StartError;
use crate::trial::{Outcome, Trial};

/// Nodes of the cluster.
const NODES: usize = 3;
/// Teams that are made until another node is to lead.
const TEAMS_A_LEADER: usize = 10;
/// Between two looks at how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Connections that ended with answers missing.
    pub swallowed: usize,
    /// Teams made meanwhile.
    pub teams: usize,
    /// What clients and sessions saw.
    pub outcome: Outcome,
}

/// Lets answers go missing until `connections` have lost some.
///
/// # Errors
/// The nodes do not start.
pub async fn run(
    program: &Path,
    dir: &Path,
    connections: usize,
    mut progress: impl FnMut(usize),
) -> Result<Report, StartError> {
    let mut fleet = Fleet::new(program, dir, NODES)?;
    let mut relays = Vec::new();
    for at in 0..NODES {
        relays.push(Relay::start(fleet.address(at)).await?);
    }
    fleet.reach_by(relays.iter().map(|it| it.address).collect());
    let trial = Trial::begin(fleet).await?;
    let swallowed = || relays.iter().map(Relay::swallowed).sum::<usize>();
    let operator = trial.fleet.operator();
    let mut teams = Vec::new();
    let mut violations = Vec::new();
    while swallowed() < connections && violations.is_empty() {
        let name = format!("team-{}", teams.len());
        violations.extend(make(&operator, &name).await);
        if teams.len().is_multiple_of(TEAMS_A_LEADER) {
            violations.extend(lead(&operator).await);
        }
        teams.push(name);
        progress(swallowed());
        tokio::time::sleep(LOOK_EVERY).await;
    }
    violations.extend(judge_teams(&operator, &teams).await);
    let mut outcome = trial.end().await;
    outcome.violations.extend(violations);
    Ok(Report {
        swallowed: swallowed(),
        teams: teams.len(),
        outcome,
    })
}

/// Lets another node lead, however often the answer goes missing.
async fn lead(operator: &Client) -> Option<Violation> {
    loop {
        let anyone = v1::TransferLeaderRequest::default();
        match operator.transfer_leader(anyone).await {
            Ok(_) => return None,
            Err(Error::Unknown(_)) => {}
            Err(Error::Refused(it)) if it.retry_after.is_some() => {}
            Err(error) => {
                return Some(Violation {
                    property: "an operator's call is done in the end",
                    detail: format!("another leader: {error}"),
                });
            }
        }
    }
}

/// Makes a team, however often its answer goes missing.
async fn make(operator: &Client, name: &str) -> Option<Violation> {
    loop {
        let team = v1::CreateTeamRequest {
            name: name.to_owned(),
        };
        match operator.create_team(team).await {
            Ok(_) => return None,
            // By the try whose answer is missing.
            Err(Error::Refused(it)) if it.reason == RefusalReason::Exists => return None,
            Err(Error::Unknown(_)) => {}
            Err(Error::Refused(it)) if it.retry_after.is_some() => {}
            Err(error) => {
                return Some(Violation {
                    property: "an operator's call is done in the end",
                    detail: format!("{name}: {error}"),
                });
            }
        }
    }
}

/// Every team is there, and once.
async fn judge_teams(operator: &Client, made: &[String]) -> Vec<Violation> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let question = v1::ListTeamsRequest {
            page_token,
            ..v1::ListTeamsRequest::default()
        };
        match operator.list_teams(question).await {
            Ok(page) => {
                for team in page.teams {
                    *names.entry(team.name).or_default() += 1;
                }
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
            Err(error) => {
                return vec![Violation {
                    property: "teams can be listed",
                    detail: error.to_string(),
                }];
            }
        }
    }
    let wrong = made.iter().filter(|it| names.get(*it) != Some(&1));
    wrong
        .map(|name| Violation {
            property: "what an operator made is there once",
            detail: name.clone(),
        })
        .collect()
}
