//! A cluster under load: sessions at all of its nodes, submitters that do not rest, and the judgement
//! of what they saw.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ackord_client::{Client, Event, Taken, v1};
use futures::future::{FutureExt, join_all, select_all};

use crate::fleet::Fleet;
use crate::judge::{self, Violation};
use crate::kill::{self, drain};
use crate::load::{self, Round, Sessions, Submits, Tasks};
use crate::server::StartError;
use crate::sink::Sink;

/// Clients that submit, and clients of sessions: each begins at a node of its own choice.
const CLIENTS: usize = 6;
/// Submits of each client at the same time.
const CALLERS: u64 = 8;
/// Keys that are there to be submitted: more than a run comes to.
const KEYS: u64 = 100_000_000;
/// Unfinished events that the cluster is asked about.
const EXPLAINED: usize = 5;
/// How long the cluster may refuse callers once enough nodes hear each other.
pub const AWAY_LIMIT: Duration = Duration::from_secs(30);

/// What must go on whenever enough nodes hear each other.
pub const GOES_ON: &str = "a majority that hears itself accepts";

/// A cluster under load.
#[derive(Debug)]
pub struct Trial {
    /// Its nodes.
    pub fleet: Fleet,
    /// What clients and sessions were told.
    pub sink: Arc<Sink>,
    token: String,
    clients: Vec<Client>,
    load: Tasks,
    stop: Arc<AtomicBool>,
    _sessions: Sessions,
}

/// What came of a trial.
#[derive(Debug)]
pub struct Outcome {
    /// Distinct keys accepted.
    pub submits: usize,
    /// Submits whose first answer was lost: the repetition was answered as a duplicate.
    pub repeated: usize,
    /// Deliveries that sessions saw.
    pub deliveries: usize,
    /// Properties that do not hold.
    pub violations: Vec<Violation>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            submits,
            repeated,
            deliveries,
            ..
        } = self;
        write!(
            f,
            "{submits} submits, {repeated} answers lost and repeated, {deliveries} deliveries"
        )
    }
}

impl Trial {
    /// Starts all nodes, and the load once they serve.
    ///
    /// # Errors
    /// A node does not start, or nobody leads.
    pub async fn begin(mut fleet: Fleet) -> Result<Self, StartError> {
        fleet.start_all()?;
        fleet.serving(&fleet.all()).await?;
        let token = fleet.make_team("chaos").await?;
        let sink = Arc::new(Sink::default());
        let clients: Vec<_> = (0..CLIENTS).map(|_| fleet.client(&token)).collect();
        let sessions = Sessions::start_with(&clients, &sink);
        let stop = Arc::new(AtomicBool::new(false));
        let share = KEYS / CLIENTS as u64;
        let submits = (0..).zip((0..CLIENTS).map(|_| fleet.client(&token)));
        let submits = submits.map(|(n, client)| {
            let submits = Submits::new(n * share..(n + 1) * share, CALLERS);
            load::submit_all(client, Arc::clone(&sink), submits, Arc::clone(&stop))
        });
        let load = Tasks::spawn(join_all(submits.collect::<Vec<_>>()).map(drop));
        Ok(Self {
            fleet,
            sink,
            token,
            clients,
            load,
            stop,
            _sessions: sessions,
        })
    }

    /// Starts what does not run, and waits until all nodes serve.
    ///
    /// # Errors
    /// One does not.
    pub async fn restore(&mut self) -> Result<(), StartError> {
        self.fleet.start_all()?;
        self.fleet.serving(&self.fleet.all()).await
    }

    /// Callers that have nothing to do with what has happened, one for each node of the list they
    /// know: they all know all.
    #[must_use]
    pub fn probes(&self) -> Vec<Client> {
        let all = self.fleet.all();
        all.iter().map(|_| self.fleet.client(&self.token)).collect()
    }

    /// A client of these nodes alone, whose calls go on trying for so long.
    #[must_use]
    pub fn client_of(&self, nodes: &[usize], deadline: Duration) -> Client {
        self.fleet.client_of(nodes, &self.token, deadline)
    }

    /// From now to the first submit of these that is accepted; none: none was for
    /// [`AWAY_LIMIT`].
    pub async fn accepted(probes: &[Client]) -> Option<Duration> {
        let begun = Instant::now();
        let first = select_all(probes.iter().map(|it| submit(it).boxed()));
        let first = tokio::time::timeout(AWAY_LIMIT, first).await;
        first.is_ok().then(|| begun.elapsed())
    }

    /// What is wrong if these callers find nobody who accepts.
    pub async fn goes_on(probes: &[Client], when: &str) -> Option<Violation> {
        let away = Self::accepted(probes).await;
        away.is_none().then(|| Violation {
            property: GOES_ON,
            detail: format!("{when}: nothing was accepted for {AWAY_LIMIT:?}"),
        })
    }

    /// Submits at these nodes, beside the load and more than sessions can do meanwhile.
    pub fn press(&self, nodes: &[usize]) -> Round {
        let submits = Submits {
            backlog_max: usize::MAX,
            ..Submits::new(2 * KEYS..3 * KEYS, CALLERS)
        };
        Round::with(&self.client_of(nodes, AWAY_LIMIT), &self.sink, submits)
    }

    /// Submits so many bodies of this size, beside the load.
    pub async fn submit_large(&self, bodies: u64, body_bytes: usize, callers: u64) {
        let submits = Submits {
            body_bytes,
            ..Submits::new(KEYS..KEYS + bodies, callers)
        };
        let (client, sink) = (self.clients[0].clone(), Arc::clone(&self.sink));
        load::submit_all(client, sink, submits, Arc::default()).await;
    }

    /// Submits again what was answered last, and judges the answers so far.
    pub async fn repeat(&self) -> Vec<Violation> {
        let repeated = load::repeat(&self.clients[0], &self.sink);
        let repeated = tokio::time::timeout(AWAY_LIMIT, repeated).await;
        let mut violations = judge::judge_so_far(&self.sink.heard());
        if repeated.is_err() {
            violations.push(Violation {
                property: GOES_ON,
                detail: format!("what was accepted last is not answered again in {AWAY_LIMIT:?}"),
            });
        }
        violations
    }

    /// Ends the load, waits until all work is done, and judges.
    pub async fn end(mut self) -> Outcome {
        self.stop.store(true, Ordering::Relaxed);
        self.load.join().await;
        drain(&self.sink).await;
        let mut violations = kill::judge_histories(&self.clients[0], &self.sink).await;
        violations.extend(waiting(&self.clients[0], &self.sink).await);
        violations.extend(judge::judge(&self.sink.heard()));
        Outcome {
            violations,
            ..self.abandon()
        }
    }

    /// Ends at once, without a judgement.
    pub fn abandon(self) -> Outcome {
        let heard = self.sink.heard();
        let answers = heard.submits.values().flatten();
        Outcome {
            submits: heard.submits.len(),
            repeated: answers.filter(|it| it.taken == Taken::Duplicate).count(),
            deliveries: heard.events.values().map(|it| it.seen.len()).sum(),
            violations: Vec::new(),
        }
    }
}

/// Submits until it is accepted.
async fn submit(client: &Client) {
    let probe = || Event::new("chaos.probe", "").tag("probe");
    while client.submit(probe()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Some of the events that nobody has acknowledged, and what each waits for by the cluster's account.
async fn waiting(client: &Client, sink: &Sink) -> Vec<Violation> {
    let property = "all work is done in the end";
    let mut violations = Vec::new();
    for event_id in unfinished(sink) {
        let question = v1::WhyRequest {
            event_id: event_id.clone(),
            at_least: None,
        };
        let why = match client.why(question).await {
            Ok(why) => format!("{}: {}", why.reason().as_str_name(), why.message),
            Err(error) => error.to_string(),
        };
        violations.push(Violation {
            property,
            detail: format!("{event_id} waits: {why}"),
        });
    }
    let question = v1::ListSessionsRequest::default();
    if let (false, Ok(sessions)) = (violations.is_empty(), client.list_sessions(question).await) {
        let sessions = sessions.sessions.into_iter().map(|it| Violation {
            property,
            detail: format!("while session {} is so: {it:?}", it.key),
        });
        violations.extend(sessions);
    }
    violations
}

fn unfinished(sink: &Sink) -> Vec<String> {
    let heard = sink.heard();
    let accepted = heard.submits.values().flatten();
    let done = |it: &str| heard.events.get(it).is_some_and(|it| !it.acked.is_empty());
    let unfinished = accepted.filter(|it| !done(&it.event));
    unfinished
        .take(EXPLAINED)
        .map(|it| it.event.clone())
        .collect()
}
