//! Real senders: programs that sign with what providers publish, and send to three nodes.
//!
//! A sender is told in its environment where the nodes are (`URLS`) and which sources there are
//! (`SOURCES`: a JSON object of path and secret each), and writes a line of JSON for each answer:
//! `sender`, `name`, `status`, `events`. A name of `tampered` is a body that is not what was signed.
//! What was taken must reach a session, and be acknowledged there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ackord_client::{Client, Ended, SessionOptions};
use serde::Deserialize;

use crate::fleet::Fleet;
use crate::judge::Violation;
use crate::load::Tasks;
use crate::server::StartError;
use crate::source::{self, Plan};

/// Nodes of the cluster.
const NODES: usize = 3;
/// Where the events of all sources go.
const TAG: &str = "senders";
/// Sources: their names, their presets, and the secrets that they share with their senders.
const SOURCES: [(&str, &str, &str); 4] = [
    ("github", "github", "a secret of the senders"),
    (
        "standard",
        "standard-webhooks",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ),
    ("svix", "svix", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("stripe", "stripe", "whsec_of_the_senders"),
];
/// What a body is called that is not what was signed.
const TAMPERED: &str = "tampered";
/// How long everything may take to be acknowledged.
const DRAIN_LIMIT: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Why it could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum SendersError {
    /// There is no cluster.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A source cannot be made.
    #[error("make a source")]
    Source(#[from] ackord_client::Error),
    /// A sender cannot be run.
    #[error("run {0}")]
    Run(String, #[source] io::Error),
    /// A sender has failed by itself.
    #[error("{0} has failed")]
    Failed(String),
    /// A sender says something else than it should.
    #[error("{0:?} is no answer")]
    Line(String, #[source] serde_json::Error),
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// For each sender, how many of its webhooks were taken, and how many there were.
    pub senders: BTreeMap<String, (usize, usize)>,
    /// Events that were acknowledged.
    pub acked: usize,
    /// Properties that do not hold.
    pub violations: Vec<Violation>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (sender, (taken, sent)) in &self.senders {
            write!(f, "{sender} {taken} of {sent}, ")?;
        }
        write!(f, "{} events acknowledged", self.acked)
    }
}

/// An answer to one webhook.
#[derive(Debug, Deserialize)]
struct Answered {
    sender: String,
    name: String,
    status: u16,
    events: Vec<String>,
}

/// Events whose ack was answered.
type Acked = Arc<Mutex<BTreeSet<String>>>;

/// Starts a cluster, and runs these senders one after the other.
///
/// # Errors
/// There is no cluster, or a sender fails by itself.
pub async fn run(program: &Path, dir: &Path, senders: &[String]) -> Result<Report, SendersError> {
    let mut fleet = Fleet::new(program, dir, NODES)?;
    fleet.start_all()?;
    fleet.serving(&fleet.all()).await?;
    let token = fleet.make_team("senders").await?;
    let sources = make_sources(&fleet, &token).await?;
    let acked = Acked::default();
    let sessions = fleet.all().into_iter().map(|at| {
        let options = SessionOptions::new(format!("session-{at}")).tag(TAG);
        let (client, acked) = (fleet.client(&token), Arc::clone(&acked));
        Tasks::spawn(work(client, options, acked))
    });
    let _sessions: Vec<_> = sessions.collect();
    let urls = fleet.all().into_iter();
    let urls: Vec<_> = urls.map(|it| format!("http://{}", fleet.web(it))).collect();
    let mut answers = Vec::new();
    for sender in senders {
        answers.extend(send(sender, &urls.join(","), &sources)?);
    }
    drain(&answers, &acked).await;
    let acked = acked.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Report {
        senders: counted(&answers),
        acked: acked.len(),
        violations: judge(&answers, &acked),
    })
}

/// Makes the sources, and waits until all nodes know them. Returns what senders are told of them.
async fn make_sources(fleet: &Fleet, token: &str) -> Result<String, SendersError> {
    let mut told = serde_json::Map::new();
    for (slug, preset, secret) in SOURCES {
        let plan = Plan {
            slug,
            preset,
            secret,
            tag: TAG,
            deadline_ms: 0,
        };
        let path = source::make(fleet, token, plan).await?;
        told.insert(
            slug.to_owned(),
            serde_json::json!({ "path": path, "secret": secret }),
        );
    }
    Ok(serde_json::Value::from(told).to_string())
}

/// Runs a sender to its end.
fn send(sender: &str, urls: &str, sources: &str) -> Result<Vec<Answered>, SendersError> {
    let mut words = sender.split_whitespace();
    let output = Command::new(words.next().unwrap_or_default())
        .args(words)
        .env("URLS", urls)
        .env("SOURCES", sources)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|it| SendersError::Run(sender.to_owned(), it))?;
    if !output.status.success() {
        return Err(SendersError::Failed(sender.to_owned()));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answers = text.lines().map(|line| {
        serde_json::from_str(line).map_err(|it| SendersError::Line(line.to_owned(), it))
    });
    answers.collect()
}

/// A session that acknowledges whatever it gets.
async fn work(client: Client, options: SessionOptions, acked: Acked) {
    loop {
        let Ok(mut session) = client.attach(options.clone()).await else {
            continue;
        };
        loop {
            match session.next().await {
                Ok(delivery) => {
                    if delivery.ack("done").await.is_ok() {
                        let mut acked = acked.lock().unwrap_or_else(PoisonError::into_inner);
                        acked.insert(delivery.event_id.clone());
                    }
                }
                Err(Ended::Failed(_)) => break,
                Err(_) => return,
            }
        }
    }
}

async fn drain(answers: &[Answered], acked: &Acked) {
    let begun = Instant::now();
    let events = || answers.iter().flat_map(|it| &it.events);
    let is_done = || {
        let acked = acked.lock().unwrap_or_else(PoisonError::into_inner);
        events().all(|it| acked.contains(it))
    };
    while begun.elapsed() < DRAIN_LIMIT && !is_done() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn counted(answers: &[Answered]) -> BTreeMap<String, (usize, usize)> {
    let mut senders = BTreeMap::<_, (usize, usize)>::new();
    for it in answers.iter().filter(|it| it.name != TAMPERED) {
        let (taken, sent) = senders.entry(it.sender.clone()).or_default();
        *taken += usize::from(it.status == 200);
        *sent += 1;
    }
    senders
}

fn judge(answers: &[Answered], acked: &BTreeSet<String>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for it in answers {
        let Answered {
            sender,
            name,
            status,
            events,
        } = it;
        let (expected, property) = match name.as_str() {
            TAMPERED => (401, "what is not as it was signed is refused"),
            _ => (200, "what a real sender signs is taken"),
        };
        if *status != expected {
            violations.push(Violation {
                property,
                detail: format!("{sender}, {name}: answered {status}"),
            });
        }
        let lost = events.iter().filter(|it| !acked.contains(*it));
        violations.extend(lost.map(|event| Violation {
            property: "what was taken reaches a session and is acknowledged",
            detail: format!("{sender}, {name}: {event}"),
        }));
    }
    violations
}
