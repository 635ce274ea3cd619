//! Whoever sends webhooks: a provider, who sends again what nobody has taken, and now and then what
//! was; and somebody who says that he is that provider.
//!
//! There are no sockets: a request is handed to the door of a process, on its own machine, and ends
//! with it.

use std::sync::Arc;
use std::time::Duration;

use ackord_client::v1;
use ackord_core::text::KeyId;
use ackord_ingress::{Arrived, Reply};
use ackord_seal::{Key, Keyring};
use bytes::Bytes;
use futures::future::join_all;
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::Sha256;
use tokio::time::{Instant, sleep, timeout};

use super::crons;
use super::host::Host;
use super::scene::Scene;
use super::server::Server;
use crate::draw::Draw;
use crate::history::{Answer, Op, Outcome, Seal, Webhook, Who};
use crate::judge::body_of;
use crate::plan::Plan;

/// The team whose source it is.
pub(super) const TEAM: &str = "sim";
/// The source.
const SLUG: &str = "hooks";
/// What the provider signs with.
const SECRET: &[u8] = b"a secret of the simulated provider";
/// The key under which servers keep that.
const KEY: &str = "c2ltdWxhdGVkIGtleSBvZiBhbGwgdGhlIHNlcnZlcnM=";
/// Longest pause between two webhooks, in milliseconds.
const PAUSE_MAX: u64 = 900;
/// How long a sender waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the last call is tried, and the wait before it is tried again.
const END_PATIENCE: Duration = Duration::from_secs(4);
const END_AGAIN: Duration = Duration::from_millis(500);
/// Servers that one webhook is sent to at the same moment, at most.
const AT_ONCE_MAX: u64 = 3;

/// The keys of all servers.
pub(super) fn keyring() -> Arc<Keyring> {
    let id = KeyId::new("k1").expect("a valid id");
    let key = Key::from_text(KEY).expect("32 bytes");
    Arc::new(Keyring::new(id.clone(), [(id, key)]).expect("one key"))
}

/// What makes the source: its events go to the first queue.
pub(super) fn source(plan: &Plan) -> v1::CreateSourceRequest {
    let tag = plan.queues[0].tag.as_ref().map(ToString::to_string);
    let definition = v1::SourceDefinition {
        verification: Some(v1::Verification {
            rule: Some(v1::verification::Rule::Preset("hmac-sha256".to_owned())),
            ..v1::Verification::default()
        }),
        defaults: Some(v1::SourceDefaults {
            tag: tag.unwrap_or_default(),
            ..v1::SourceDefaults::default()
        }),
        ..v1::SourceDefinition::default()
    };
    v1::CreateSourceRequest {
        slug: SLUG.to_owned(),
        definition: Some(definition),
        secrets: vec![v1::NewSecret {
            value: Bytes::from_static(SECRET),
            ..v1::NewSecret::default()
        }],
        silence: plan.silence.as_ref().map(crons::silence),
        ..v1::CreateSourceRequest::default()
    }
}

/// In the calm nobody sends, and nobody is to be told of that any more.
pub(super) async fn end(scene: &Scene, host: &Host) {
    if scene.plan.webhooks == 0 || scene.plan.silence.is_none() {
        return;
    }
    let client = scene.client(&scene.tokens.manage, END_PATIENCE);
    let work = async move {
        let nobody = v1::UpdateSourceRequest {
            slug: SLUG.to_owned(),
            silence: Some(v1::Silence::default()),
            ..v1::UpdateSourceRequest::default()
        };
        while client.update_source(nobody.clone()).await.is_err() {
            sleep(END_AGAIN).await;
        }
    };
    host.spawn(work).await.expect("nothing is broken any more");
}

/// Sends until there is nothing left, or the storm is over.
pub(super) async fn run(scene: Scene, servers: Vec<Server>) {
    let mut sender = Sender {
        draw: scene.draw.fork("sender"),
        scene,
        servers,
        sent: Vec::new(),
        owed: Vec::new(),
    };
    for _ in 0..sender.scene.plan.webhooks {
        let pause = sender.draw.millis(0..=PAUSE_MAX);
        sender.scene.pause(pause).await;
        if sender.scene.is_calm() {
            return;
        }
        let hook = sender.next();
        sender.send(hook).await;
    }
}

struct Sender {
    scene: Scene,
    servers: Vec<Server>,
    draw: Draw,
    /// Those of the provider.
    sent: Vec<Arc<Webhook>>,
    /// Those of them that nobody is known to have taken.
    owed: Vec<Arc<Webhook>>,
}

impl Sender {
    /// What is sent next: something new, or again, or forged.
    fn next(&mut self) -> Arc<Webhook> {
        let known = (!self.sent.is_empty()).then(|| self.draw.pick(&self.sent).clone());
        match (self.draw.within(1..=10), known) {
            (1..=3, Some(_)) if !self.owed.is_empty() => self.draw.pick(&self.owed).clone(),
            (4..=5, Some(known)) => known,
            // Whoever has seen a webhook sends it under another name.
            (6, Some(known)) => Arc::new(Webhook {
                delivery: format!("{}-again", known.delivery),
                ..(*known).clone()
            }),
            (7..=8, known) => self.forged(known),
            _ => self.new_one(),
        }
    }

    fn new_one(&mut self) -> Arc<Webhook> {
        let submission = self.scene.work.plain(&self.scene.plan, &mut self.draw);
        let hook = Arc::new(Webhook {
            delivery: format!("d{}", submission.content),
            submission,
            seal: Seal::Genuine,
        });
        self.sent.push(Arc::clone(&hook));
        self.owed.push(Arc::clone(&hook));
        hook
    }

    /// Under a name of its own, or of one that there is.
    fn forged(&mut self, known: Option<Arc<Webhook>>) -> Arc<Webhook> {
        let submission = self.scene.work.plain(&self.scene.plan, &mut self.draw);
        let own = format!("d{}", submission.content);
        let known = known.filter(|_| self.draw.chance(50));
        Arc::new(Webhook {
            delivery: known.map_or(own, |it| it.delivery.clone()),
            submission,
            seal: *self.draw.pick(&Seal::FORGED),
        })
    }

    /// To one server, or to several at the same moment.
    async fn send(&mut self, hook: Arc<Webhook>) {
        let count = match self.draw.chance(70) {
            true => 1,
            false => self.draw.within(2..=AT_ONCE_MAX),
        };
        let inside = self.servers.iter().filter(|it| !it.is_out());
        let inside: Vec<Server> = inside.cloned().collect();
        let chosen: Vec<_> = (0..count)
            .map(|_| self.draw.pick(&inside).clone())
            .collect();
        let sends = chosen.into_iter().map(|it| send(&self.scene, it, &hook));
        let taken = join_all(sends).await;
        if taken.into_iter().any(|it| it) {
            let content = hook.submission.content;
            self.owed.retain(|it| it.submission.content != content);
        }
    }
}

/// Whether it was taken.
async fn send(scene: &Scene, server: Server, hook: &Arc<Webhook>) -> bool {
    let op = Op::Webhook {
        server: server.number(),
        hook: Arc::clone(hook),
    };
    let id = scene.recorder.invoke(Who::Sender, op);
    let reply = timeout(PATIENCE, server.receive(arrived(hook))).await;
    let outcome = match reply {
        Err(_) => Outcome::Info("no answer in time".to_owned()),
        Ok(None) => Outcome::Info("the connection broke".to_owned()),
        Ok(Some(reply)) => outcome(&reply),
    };
    let taken = outcome.answer();
    if let Some(Answer::Received { event, .. }) = taken {
        scene.work.heard_of(event);
    }
    scene.recorder.end(Who::Sender, id, outcome);
    taken.is_some()
}

fn arrived(hook: &Webhook) -> Arrived {
    let body = body_of(hook.submission.content, hook.submission.padding);
    let signature = match hook.seal {
        Seal::Genuine => Some(sign(SECRET, &body)),
        Seal::OtherSecret => Some(sign(b"a secret of somebody else", &body)),
        Seal::OtherBody => Some(sign(SECRET, b"another body")),
        Seal::Missing => None,
    };
    let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    let mut headers = vec![
        header("content-type", "text/plain"),
        header("x-event-type", "sim.webhook"),
        header("x-webhook-id", &hook.delivery),
    ];
    headers.extend(signature.map(|it| header("x-hub-signature-256", &it)));
    Arrived {
        team: TEAM.to_owned(),
        slug: SLUG.to_owned(),
        query: None,
        headers,
        body,
        from: None,
        since: Instant::now(),
    }
}

fn sign(secret: &[u8], body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any key does");
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    let hex: String = bytes.iter().map(|it| format!("{it:02x}")).collect();
    format!("sha256={hex}")
}

/// What a sender is told of a webhook that was taken.
#[derive(Deserialize)]
struct Told {
    outcome: String,
    events: Vec<String>,
}

fn outcome(reply: &Reply) -> Outcome {
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    match reply.status {
        200 => {
            let told: Told = serde_json::from_slice(&reply.body).expect("2xx tells what it is");
            let event = told.events.first().and_then(|it| it.parse().ok());
            Outcome::Ok(Answer::Received {
                event: event.expect("the source drops nothing"),
                again: told.outcome == "duplicate",
            })
        }
        // It may have been proposed, and nobody knows what became of that.
        500.. => Outcome::Info(text),
        _ => Outcome::Fail { reason: None, text },
    }
}
