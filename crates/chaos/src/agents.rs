//! Real agents' sides: programs that drive `ackord channel` with the SDKs that MCP publishes, against three nodes.
//!
//! A driver is told in its environment how to start adapters (`ACKORD`, and what those need: `ACKORD_SERVER`,
//! `ACKORD_TOKEN_FILE`, `ACKORD_TAG`). It writes a line of JSON for what it wants (`do`: `submit`,
//! `token`, `approve`, `kill_leader`, `start_all`), and reads a line for what came of it; or for what has happened to it (`saw`,
//! `acked`, `proved`). It ends with 0 if everything was as it should be.
//!
//! The judge holds what the drivers saw against each other, and against the cluster's own account.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ackord_client::v1::{self, EventState};
use ackord_client::{Client, Event};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::fleet::Fleet;
use crate::judge::Violation;
use crate::server::StartError;

/// Nodes of the cluster.
const NODES: usize = 3;
/// Between two looks at what is not there yet.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Why it could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum AgentsError {
    /// There is no cluster.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The cluster does not do what a driver needs.
    #[error("serve a driver")]
    Client(#[from] ackord_client::Error),
    /// A driver cannot be run, or spoken with.
    #[error("run {0}")]
    Run(String, #[source] io::Error),
    /// A driver says something else than it should.
    #[error("{0:?} is nothing that a driver says")]
    Line(String, #[source] serde_json::Error),
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// What each driver has proved.
    pub proved: BTreeMap<String, Vec<String>>,
    /// Events that were submitted.
    pub events: usize,
    /// Properties that do not hold.
    pub violations: Vec<Violation>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (driver, proved) in &self.proved {
            write!(f, "{driver} {} proofs, ", proved.len())?;
        }
        write!(f, "{} events", self.events)
    }
}

/// A line of a driver.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// Submit an event.
    Submit {
        r#type: String,
        #[serde(default)]
        interrupt: bool,
    },
    /// Make a token of the team.
    Token,
    /// Answer the approval that is open, or will be, by a token of its own.
    Approve { allow: bool },
    /// Kill the node that leads.
    KillLeader,
    /// Start all nodes that do not run.
    StartAll,
    /// An adapter, by the number of its process, has shown this delivery.
    Saw {
        event: String,
        delivery: u32,
        process: u32,
    },
    /// An ack of this delivery was answered as counting.
    Acked { event: String, delivery: u32 },
    /// Something holds.
    Proved { what: String },
}

/// What the drivers were told and saw.
#[derive(Debug, Default)]
struct Seen {
    submitted: BTreeSet<String>,
    shown: BTreeMap<(String, u32), BTreeSet<u32>>,
    acked: BTreeMap<String, BTreeSet<u32>>,
    proved: BTreeMap<String, Vec<String>>,
}

/// Starts a cluster, and runs these drivers one after the other.
///
/// # Errors
/// There is no cluster, or a driver cannot be run or understood.
pub async fn run(program: &Path, dir: &Path, drivers: &[String]) -> Result<Report, AgentsError> {
    let mut fleet = Fleet::new(program, dir, NODES)?;
    fleet.start_all()?;
    fleet.serving(&fleet.all()).await?;
    let token = fleet.make_team("agents").await?;
    let token_file =
        keep(dir, &token).map_err(|it| AgentsError::Run("keep a token".to_owned(), it))?;
    let client = fleet.client(&token);
    let mut seen = Seen::default();
    let mut violations = Vec::new();
    for (at, driver) in drivers.iter().enumerate() {
        let tag = format!("agents-{at}");
        let mut process = start(driver, program, &fleet, &token_file, &tag)
            .map_err(|it| AgentsError::Run(driver.clone(), it))?;
        let served = serve(&mut process, driver, &mut fleet, &client, &tag, &mut seen).await;
        let ended = process
            .wait()
            .map_err(|it| AgentsError::Run(driver.clone(), it))?;
        served?;
        if !ended.success() {
            violations.push(Violation {
                property: "a driver finds everything as it should be",
                detail: format!("{driver}: {ended}"),
            });
        }
        fleet.start_all()?;
        fleet.serving(&fleet.all()).await?;
    }
    violations.extend(judge(&seen));
    for event_id in &seen.submitted {
        violations.extend(account(&client, &seen, event_id).await?);
    }
    Ok(Report {
        proved: seen.proved,
        events: seen.submitted.len(),
        violations,
    })
}

/// Puts the token where adapters find it.
fn keep(dir: &Path, token: &str) -> io::Result<PathBuf> {
    let path = dir.join("token");
    let mut how = std::fs::OpenOptions::new();
    let mut file = how.write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(token.as_bytes())?;
    Ok(path)
}

fn start(
    driver: &str,
    program: &Path,
    fleet: &Fleet,
    token_file: &Path,
    tag: &str,
) -> io::Result<Child> {
    let mut words = driver.split_whitespace();
    let servers = fleet.all().into_iter();
    let servers: Vec<_> = servers
        .map(|it| format!("http://{}", fleet.address(it)))
        .collect();
    Command::new(words.next().unwrap_or_default())
        .args(words)
        .env("ACKORD", std::path::absolute(program)?)
        .env("ACKORD_SERVER", servers.join(","))
        .env("ACKORD_TOKEN_FILE", token_file)
        .env("ACKORD_TAG", tag)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
}

/// Does what a driver wants until it says nothing more.
async fn serve(
    process: &mut Child,
    driver: &str,
    fleet: &mut Fleet,
    client: &Client,
    tag: &str,
    seen: &mut Seen,
) -> Result<(), AgentsError> {
    let mut input = process.stdin.take().expect("asked for");
    let output = process.stdout.take().expect("asked for");
    let (line, mut lines) = mpsc::channel(64);
    std::thread::spawn(move || {
        for text in BufReader::new(output).lines().map_while(Result::ok) {
            if line.blocking_send(text).is_err() {
                return;
            }
        }
    });
    while let Some(text) = lines.recv().await {
        let line = serde_json::from_str(&text).map_err(|it| AgentsError::Line(text.clone(), it))?;
        let Some(answer) = carry_out(line, driver, fleet, client, tag, seen).await? else {
            continue;
        };
        // A driver that has ended says so by how it ended.
        let _ended = input.write_all(format!("{answer}\n").as_bytes());
    }
    Ok(())
}

/// Does what a line says; what is answered, if anything is.
async fn carry_out(
    line: Line,
    driver: &str,
    fleet: &mut Fleet,
    client: &Client,
    tag: &str,
    seen: &mut Seen,
) -> Result<Option<Value>, AgentsError> {
    match line {
        Line::Submit { r#type, interrupt } => {
            let class = match interrupt {
                true => v1::Class::Interrupt,
                false => v1::Class::Normal,
            };
            let event = Event::new(r#type, "the body").tag(tag).class(class);
            let event_id = client.submit(event).await?.event_id;
            seen.submitted.insert(event_id.clone());
            Ok(Some(json!({ "event": event_id })))
        }
        Line::Token => {
            let secret = token(fleet, client, v1::Role::Admin).await?;
            Ok(Some(json!({ "token": secret })))
        }
        Line::Approve { allow } => {
            let secret = token(fleet, client, v1::Role::Approve).await?;
            let approval = answer(&fleet.client(&secret), allow).await?;
            Ok(Some(json!({ "approval": approval })))
        }
        Line::KillLeader => {
            let leader = fleet.leader().await?;
            fleet.kill(leader);
            Ok(Some(json!({ "killed": leader })))
        }
        Line::StartAll => {
            fleet.start_all()?;
            fleet.serving(&fleet.all()).await?;
            Ok(Some(json!({ "started": NODES })))
        }
        Line::Saw {
            event,
            delivery,
            process,
        } => {
            let shown = seen.shown.entry((event, delivery)).or_default();
            shown.insert(process);
            Ok(None)
        }
        Line::Acked { event, delivery } => {
            seen.acked.entry(event).or_default().insert(delivery);
            Ok(None)
        }
        Line::Proved { what } => {
            let proved = seen.proved.entry(driver.to_owned()).or_default();
            proved.push(what);
            Ok(None)
        }
    }
}

/// A new token of the team, which all nodes know.
async fn token(fleet: &Fleet, client: &Client, role: v1::Role) -> Result<String, AgentsError> {
    let question = v1::CreateTokenRequest {
        roles: vec![role.into()],
        ..v1::CreateTokenRequest::default()
    };
    let secret = client.create_token(question).await?.secret;
    fleet.knows_all(&secret).await?;
    Ok(secret)
}

/// Answers the approval that is open, once there is one. Its id.
async fn answer(client: &Client, allow: bool) -> Result<String, AgentsError> {
    let question = v1::ListApprovalsRequest {
        state: v1::ApprovalState::Open.into(),
        ..v1::ListApprovalsRequest::default()
    };
    loop {
        let open = client.list_approvals(question.clone()).await?.approvals;
        let Some(approval) = open.into_iter().next() else {
            tokio::time::sleep(LOOK_AGAIN).await;
            continue;
        };
        let question = v1::AnswerApprovalRequest {
            approval_id: approval.id.clone(),
            allow,
            reason: String::new(),
        };
        client.answer_approval(question).await?;
        return Ok(approval.id);
    }
}

/// What the drivers saw, held against each other.
fn judge(seen: &Seen) -> Vec<Violation> {
    let mut violations = Vec::new();
    for ((event, delivery), processes) in &seen.shown {
        if processes.len() > 1 {
            violations.push(Violation {
                property: "a delivery is shown by one adapter",
                detail: format!("{event} {delivery}: {processes:?}"),
            });
        }
    }
    for event in &seen.submitted {
        let acked = seen.acked.get(event).map_or(0, BTreeSet::len);
        if acked != 1 {
            violations.push(Violation {
                property: "one ack of an event counts",
                detail: format!("{event}: {acked}"),
            });
        }
    }
    violations
}

/// The cluster's account of an event, held against what the drivers saw.
async fn account(
    client: &Client,
    seen: &Seen,
    event_id: &str,
) -> Result<Option<Violation>, AgentsError> {
    let question = v1::GetEventRequest {
        event_id: event_id.to_owned(),
        at_least: None,
    };
    let event = client.get_event(question).await?.event.unwrap_or_default();
    let counted = event.ack.as_ref().map(|it| it.delivery);
    let told = seen.acked.get(event_id).and_then(|it| it.first().copied());
    let is_so = event.state() == EventState::Done && counted == told && event.attempts == 0;
    Ok((!is_so).then(|| Violation {
        property: "the cluster counts the ack that was answered, and no attempt was spent",
        detail: format!(
            "{event_id}: {}, ack of {counted:?}, told {told:?}, {} attempts",
            event.state().as_str_name(),
            event.attempts
        ),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_at_two_adapters_and_a_lost_ack_are_seen() {
        let mut seen = Seen::default();
        seen.submitted.insert("a".to_owned());
        let shown = seen.shown.entry(("a".to_owned(), 1)).or_default();
        shown.extend([1, 2]);
        assert_eq!(judge(&seen).len(), 2);
        seen.shown.clear();
        seen.acked.entry("a".to_owned()).or_default().insert(1);
        assert_eq!(judge(&seen), []);
    }

    #[test]
    fn drivers_speak_in_lines() {
        let line = |text| serde_json::from_str::<Line>(text);
        assert!(matches!(
            line(r#"{"do":"kill_leader"}"#),
            Ok(Line::KillLeader)
        ));
        assert!(matches!(
            line(r#"{"do":"submit","type":"x"}"#),
            Ok(Line::Submit {
                interrupt: false,
                ..
            })
        ));
        assert!(line(r#"{"do":"format_disk"}"#).is_err());
    }
}
