//! `ackord channel doctor`: what keeps events from coming.

use std::path::PathBuf;

use ackord_channel::install::{Place, installed};
use ackord_channel::settings::Config;
use ackord_client::{Client, Error, v1};
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::entry::start_command;
use super::{Words, processes};
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Row};

/// What is looked at.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The project in which the adapter is installed
    #[arg(long, value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// The server's name in the host
    #[arg(long, value_name = "NAME", default_value = "ackord")]
    name: String,
    #[command(flatten)]
    words: Words,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    Ok,
    /// Events come, and something else does not go as it could.
    Hint,
    /// Events do not come.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    health: Health,
    found: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    next: String,
}

impl Row for Finding {
    const HEAD: &'static [&'static str] = &["", "what", "found", "what to do"];

    fn cells(&self) -> Vec<String> {
        let health = match self.health {
            Health::Ok => "ok",
            Health::Hint => "hint",
            Health::Wrong => "WRONG",
        };
        let cells = [health, self.what, &self.found, &self.next];
        cells.map(str::to_owned).to_vec()
    }
}

fn ok(what: &'static str, found: impl Into<String>) -> Finding {
    Finding {
        what,
        health: Health::Ok,
        found: found.into(),
        next: String::new(),
    }
}

fn hint(what: &'static str, found: impl Into<String>, next: impl Into<String>) -> Finding {
    Finding {
        health: Health::Hint,
        next: next.into(),
        ..ok(what, found)
    }
}

fn wrong(what: &'static str, found: impl Into<String>, next: impl Into<String>) -> Finding {
    Finding {
        health: Health::Wrong,
        ..hint(what, found, next)
    }
}

impl Doctor {
    pub(super) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let mut findings = Vec::new();
        let config = match self.words.config() {
            Ok(config) => config,
            Err(failure) => {
                findings.push(wrong("settings", failure.to_string(), ""));
                Config::default()
            }
        };
        let connection = connection.of_channel(&config);
        findings.extend(token(&connection));
        match connection.client() {
            Ok(client) => findings.extend(self.cluster(&client, &config).await),
            Err(failure) => findings.push(wrong("connection", failure.to_string(), "")),
        }
        findings.push(self.key(&config));
        findings.push(self.entry());
        findings.push(self.agent());
        findings.extend(negotiation());
        output.list(&findings, "");
        match findings.iter().any(|it| it.health == Health::Wrong) {
            true => Err(Failure::failed("something keeps events from coming")),
            false => Ok(()),
        }
    }

    async fn cluster(&self, client: &Client, config: &Config) -> Vec<Finding> {
        let tag = self.words.tag(config).unwrap_or_default();
        let question = v1::ListSessionsRequest {
            tag: Some(tag.clone()),
            page_size: 1000,
            ..v1::ListSessionsRequest::default()
        };
        let sessions = match client.list_sessions(question).await {
            Ok(answer) => answer.sessions,
            Err(error) => return vec![unreached(error)],
        };
        let mut findings = vec![ok("cluster", "reached, and the token is good")];
        findings.push(self.in_use(&tag, &sessions, config));
        let question = v1::GetQueueRequest {
            tag,
            at_least: None,
        };
        findings.push(match client.get_queue(question).await {
            Ok(answer) => queue(&answer.queue.unwrap_or_default()),
            Err(Error::Refused(it)) if it.reason == v1::RefusalReason::NotFound => {
                ok("queue", "nothing was ever submitted to it")
            }
            Err(_) => hint(
                "queue",
                "the token may not look at it, so reminders do not know whether others wait",
                "give the token role observe too",
            ),
        });
        findings
    }

    fn in_use(&self, tag: &str, sessions: &[v1::Session], config: &Config) -> Finding {
        let named = super::super::queue::name(tag);
        let own = self.words.key(config);
        let attached = |it: &&v1::Session| it.link() == v1::SessionLink::Attached;
        let others: Vec<_> = sessions
            .iter()
            .filter(attached)
            .filter(|it| own.as_ref() != Some(&it.key))
            .map(|it| it.key.as_str())
            .collect();
        match others.is_empty() {
            true => ok("tag", format!("{named}: no other session")),
            false => hint(
                "tag",
                format!("{named}: others share its events: {}", others.join(", ")),
                "if that is not what you want, take another tag: ACKORD_TAG",
            ),
        }
    }

    fn key(&self, config: &Config) -> Finding {
        match self.words.key(config) {
            Some(key) => ok("session", key),
            None => ok(
                "session",
                "made of the id that the agent gives to its own session",
            ),
        }
    }

    /// Whether the agent knows how to start the adapter, and loads its tools.
    fn entry(&self) -> Finding {
        let file = Place::of_project(&self.project).servers;
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let config_dir = std::env::var_os("CLAUDE_CONFIG_DIR").map(PathBuf::from);
        let of_user = home.map(|it| Place::of_user(&it, config_dir.as_deref()).servers);
        let files = std::iter::once(file).chain(of_user);
        let found = files
            .map(|it| (installed(&it, &self.name), it))
            .find_map(|(entry, file)| entry.map(|it| (it, file)));
        let Some((entry, file)) = found else {
            return wrong(
                "installed",
                format!("no server {} in this project, nor of this user", self.name),
                "ackord channel install",
            );
        };
        match entry["alwaysLoad"] == Value::Bool(true) {
            true => ok("installed", file.display().to_string()),
            false => hint(
                "installed",
                format!(
                    "{}: without alwaysLoad, so models see no tools at first",
                    file.display()
                ),
                "ackord channel install",
            ),
        }
    }

    /// Whether the agent was started so that it takes events.
    fn agent(&self) -> Finding {
        let start = start_command(&self.name);
        match processes::agent() {
            None => ok(
                "agent",
                format!("not above this process. Start it as: {start}"),
            ),
            Some(words) if processes::takes_events(&words, &self.name) => {
                ok("agent", "was told to take events of this server")
            }
            Some(_) => wrong(
                "agent",
                "was not told to take events: it drops them without a word, and tools alone work",
                format!("start it as: {start}; or let it call event_next"),
            ),
        }
    }
}

fn token(connection: &Connection) -> Option<Finding> {
    let file = connection.token_file()?;
    match (file.read(), file.others_may_read()) {
        (Err(error), _) => Some(wrong("token", error.to_string(), "ackord login")),
        (Ok(_), Some(mode)) => Some(hint(
            "token",
            format!("{file}: others may read it, its mode is {mode:o}"),
            format!("chmod 600 {file}"),
        )),
        (Ok(_), None) => Some(ok("token", file.to_string())),
    }
}

fn unreached(error: Error) -> Finding {
    let failure = Failure::from(error);
    wrong("cluster", failure.to_string(), "")
}

fn queue(it: &v1::Queue) -> Finding {
    let depth = it.depth.unwrap_or_default();
    let ready = depth.ready_interrupt + depth.ready_priority + depth.ready_normal;
    let found = format!("{ready} ready, {} in hands of sessions", depth.leased);
    match it.mode() {
        v1::QueueMode::Paused => wrong(
            "queue",
            format!("it is paused; {found}"),
            "ackord queue resume",
        ),
        v1::QueueMode::Active | v1::QueueMode::Draining | v1::QueueMode::Unspecified => {
            ok("queue", found)
        }
    }
}

/// A host that speaks without a handshake takes no events.
fn negotiation() -> Option<Finding> {
    let stated = std::env::var("MCP_PROTOCOL_NEGOTIATION").ok()?;
    Some(ok(
        "protocol",
        format!("{stated}: the adapter answers the handshake of 2025 in any case"),
    ))
}
