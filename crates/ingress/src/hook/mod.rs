//! What becomes of a request to a source, from its bytes to its answer.
//!
//! It is looked up, verified over the bytes as they came, read, routed, and proposed; the sender
//! hears 2xx only with the committed answer. Whoever is not known to be a provider takes one path,
//! whether the source is there or not, and is told one thing.
//!
//! A leader that goes is waited out: the same command, with the same ids, is proposed again until the
//! source's deadline, for many senders never come again.

mod commit;
mod compiled;
mod metrics;
mod notices;
mod plan;
#[cfg(madsim)]
mod planted;
mod rate;
mod recent;
mod refusal;
mod reply;
mod trial;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ackord_core::id::TeamId;
use ackord_core::model::{Source, SourceMode};
use ackord_core::text::{Slug, TeamName};
use ackord_core::time::Timestamp;
use ackord_machine::Machine;
use ackord_proto::v1::{ReceivedRequest, RequestOutcome as Outcome, RequestRefusal as Refusal};
use ackord_seal::Keyring;
use ackord_verify::{Headers, Judged, Received, Request, Verifier};
use bytes::Bytes;
use prometheus_client::registry::Registry;
use tokio::time::{Instant, timeout};

pub use compiled::NotJudged;
pub use reply::Reply;

use compiled::{Cache, Compiled};
use metrics::Metrics;
use notices::Notices;
use rate::Rates;
use recent::Recent;

/// How long a request waits for a node that has lost the others, before its source is known.
const STALE_MAX: Duration = Duration::from_secs(5);

/// The door for webhooks. Clones are the same one.
#[derive(Clone)]
pub struct Hooks(Arc<Shared>);

struct Shared {
    machine: Machine,
    keyring: Option<Arc<Keyring>>,
    sources: Cache,
    /// Takes the place of a source that is not there.
    nobody: Verifier,
    rates: Rates,
    recent: Recent,
    notices: Notices,
    metrics: Metrics,
}

/// A request by POST, read whole.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The team's name, as in the path.
    pub team: String,
    /// The source's.
    pub slug: String,
    /// What stands behind the question mark of its URL, if there is one.
    pub query: Option<String>,
    /// Its headers, in their order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Its body, as it came.
    pub body: Bytes,
    /// Where it comes from, if that is known.
    pub from: Option<IpAddr>,
    /// When its header had come.
    pub since: Instant,
}

/// What is told of a request besides its answer.
#[derive(Debug, Default)]
struct Noted {
    outcome: Outcome,
    refusal: Refusal,
    event_type: String,
    dedup_key: String,
    event_ids: Vec<String>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooks")
    }
}

impl Hooks {
    /// The door of the node that has this machine, and these keys to open secrets; none: sources with
    /// secrets put their senders off here.
    #[must_use]
    pub fn new(machine: Machine, keyring: Option<Arc<Keyring>>) -> Self {
        Self(Arc::new(Shared {
            machine,
            keyring,
            sources: Cache::default(),
            nobody: Verifier::of_nobody(),
            rates: Rates::default(),
            recent: Recent::default(),
            notices: Notices::default(),
            metrics: Metrics::default(),
        }))
    }

    /// Names all that is counted of webhooks.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.0.metrics.register(registry);
    }

    /// The latest requests of a team that reached this node, newest first: of one source or of all,
    /// refused ones only or all. As long as this process lives, and bounded.
    #[must_use]
    pub fn recent(
        &self,
        team: TeamId,
        slug: Option<&str>,
        refused_only: bool,
        most: usize,
    ) -> Vec<ReceivedRequest> {
        self.0.recent.list(team, slug, refused_only, most)
    }

    /// Takes a request in. Answers 2xx only for what is committed; within the source's deadline, but
    /// for what the sender's own body has used up of it.
    pub async fn receive(&self, arrived: Arrived) -> Reply {
        let mut noted = Noted::default();
        let reply = self.judge(&arrived, &mut noted).await;
        let reply = reply.unwrap_or_else(|refusal| {
            noted.refuse(refusal);
            refusal::reply(refusal)
        });
        self.note(&arrived, noted, &reply);
        reply
    }

    /// Refuses a request that was not read whole.
    pub fn refuse(&self, arrived: &Arrived, refusal: Refusal) -> Reply {
        let mut noted = Noted::default();
        noted.refuse(refusal);
        let reply = refusal::reply(refusal);
        self.note(arrived, noted, &reply);
        reply
    }

    async fn judge(&self, arrived: &Arrived, noted: &mut Noted) -> Result<Reply, Refusal> {
        let headers = headers(arrived);
        // A node that has lost the others does not know which sources there are.
        let until = arrived.since + STALE_MAX;
        let left = until.saturating_duration_since(Instant::now());
        let in_touch = timeout(left, self.0.machine.in_touch()).await;
        in_touch.map_err(|_| Refusal::Deadline)?;
        let now = self.0.machine.log_now();
        let request = request(arrived, &headers, now);
        let Some(source) = self.find(&arrived.team, &arrived.slug) else {
            // Takes the time that a bad signature takes.
            let _unknown = self.0.nobody.verify(&request);
            return Err(Refusal::UnknownSource);
        };
        let compiled = self.compiled(&source)?;
        let allowed = compiled.listens_to(arrived.from);
        let judged = decide(&source, &compiled, arrived, &request, allowed);
        #[cfg(madsim)]
        if judged.is_err() {
            planted::propose_refused(&self.0.machine, &source, &arrived.body);
        }
        let received = match judged? {
            Judged::Received(received) => received,
            Judged::Handshake(answer) => {
                noted.outcome = Outcome::Handshake;
                return Ok(Reply::ok(answer.content_type, answer.body));
            }
        };
        noted.know(&received);
        let rate = compiled.rate;
        if rate.is_some_and(|it| !self.0.rates.take(source.id, it, Instant::now())) {
            return Err(Refusal::RateLimited);
        }
        let begun = Instant::now();
        let committed = self.commit(arrived, &headers, (source, compiled, received), now);
        let committed = committed.await;
        self.0.metrics.committed(begun.elapsed());
        let events;
        (noted.outcome, events) = committed?;
        noted.event_ids = events.iter().map(ToString::to_string).collect();
        Ok(match noted.outcome {
            Outcome::Unknown => refusal::reply(Refusal::Deadline),
            outcome => Reply::taken(outcome, &events),
        })
    }

    /// The source of these names, as this node knows it.
    fn find(&self, team: &str, slug: &str) -> Option<Arc<Source>> {
        let team = self.team(team)?;
        let slug = Slug::new(slug.to_owned()).ok()?;
        let view = self.0.machine.view();
        view.directory.source_named(team, &slug).cloned()
    }

    fn team(&self, name: &str) -> Option<TeamId> {
        let name = TeamName::new(name.to_owned()).ok()?;
        let view = self.0.machine.view();
        view.directory.team_named(&name).map(|it| it.id)
    }

    fn compiled(&self, source: &Source) -> Result<Arc<Compiled>, Refusal> {
        self.usable(source).map_err(|error| {
            let (source, slug) = (source.id, &source.slug);
            tracing::error!(%source, %slug, %error, "a source cannot judge on this node");
            Refusal::Overloaded
        })
    }

    fn usable(&self, source: &Source) -> Result<Arc<Compiled>, NotJudged> {
        let directory = &self.0.machine.view().directory;
        self.0
            .sources
            .of(source, directory, self.0.keyring.as_deref())
    }

    /// Tells of a request: counts it, remembers it, logs a refusal. Of one that may be anybody's only
    /// that it came.
    fn note(&self, arrived: &Arrived, noted: Noted, reply: &Reply) {
        let took = arrived.since.elapsed();
        self.0.metrics.answered(noted.outcome, noted.refusal, took);
        let team = self.team(&arrived.team);
        let is_known = self.find(&arrived.team, &arrived.slug).is_some();
        // Names that are none are the sender's own words.
        let slug =
            Slug::new(arrived.slug.clone()).map_or_else(|_| String::new(), |it| it.to_string());
        let refusal = noted.refusal;
        if refusal != Refusal::Unspecified {
            let notices = &self.0.notices;
            notices.tell(team, &slug, is_known, arrived, refusal);
        }
        let Some(team) = team else { return };
        let at = self.0.machine.log_now();
        let millis = |it: Duration| u64::try_from(it.as_millis()).unwrap_or(u64::MAX);
        let request = ReceivedRequest {
            at_ms: at.0.saturating_sub(millis(took)),
            slug,
            sender_address: arrived.from.map(|it| it.to_string()).unwrap_or_default(),
            outcome: noted.outcome.into(),
            refusal: refusal.into(),
            message: refusal::sentence(refusal).to_owned(),
            status: reply.status.into(),
            event_type: noted.event_type,
            dedup_key: noted.dedup_key,
            event_ids: noted.event_ids,
            body_bytes: arrived.body.len() as u64,
            took_ms: millis(took),
        };
        self.0.recent.remember(team, is_known, request);
    }
}

/// What a source makes of a request: verified first, then read, and last what verified senders alone
/// may learn of the source. `allowed`: it comes from a network that may send.
fn decide(
    source: &Source,
    compiled: &Compiled,
    arrived: &Arrived,
    request: &Request<'_>,
    allowed: bool,
) -> Result<Judged, Refusal> {
    let is_pairing = source.pairing.is_some_and(|until| request.now_ms < until.0);
    let judged = compiled.judge.judge(request, is_pairing);
    let judged = judged.map_err(refusal::of)?;
    if !allowed {
        return Err(Refusal::NetworkNotAllowed);
    }
    if source.mode == SourceMode::Disabled {
        return Err(Refusal::Disabled);
    }
    if arrived.body.len() > compiled.body_max {
        return Err(Refusal::TooLarge);
    }
    Ok(judged)
}

fn headers(arrived: &Arrived) -> Headers<'_> {
    let headers = arrived.headers.iter();
    headers
        .map(|(name, value)| (name.as_str(), value.as_slice()))
        .collect()
}

fn request<'a>(arrived: &'a Arrived, headers: &'a Headers<'a>, now: Timestamp) -> Request<'a> {
    Request {
        method: "POST",
        query: arrived.query.as_deref(),
        headers,
        body: &arrived.body,
        now_ms: now.0,
    }
}

impl Noted {
    fn refuse(&mut self, refusal: Refusal) {
        self.outcome = Outcome::Refused;
        self.refusal = refusal;
    }

    fn know(&mut self, received: &Received) {
        self.event_type = received.event_type.to_string();
        self.dedup_key = received.dedup.key.clone().unwrap_or_default();
    }
}
