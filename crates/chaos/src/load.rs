//! The load: submitters that do not rest until each of their keys is answered, and sessions that
//! acknowledge whatever they get.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ackord_client::{Client, Ended, Error, Event, SessionOptions, v1};
use tokio::task::JoinHandle;

use crate::sink::Sink;

/// Sessions with this prefix are alone on their tag: they witness the order.
pub const SOLO: &str = "solo-";

/// Tags with one session each.
const SOLO_TAGS: u64 = 4;
/// Tags that several sessions share.
const SHARED_TAGS: u64 = 2;
/// Sessions on each shared tag.
const SHARERS: u64 = 4;
/// Accepted events that nobody has acknowledged yet, at the most.
const BACKLOG_MAX: usize = 400;
/// Bytes of a body.
const BODY_BYTES: usize = 256;
/// What sessions say of their work.
const SUMMARY: &str = "done";
/// What keys begin with.
const KEY: &str = "key-";
/// Submits, and acks, that are said again after a start.
const REPEATED: usize = 64;
/// Submits of a round at the same time.
const ROUND_CALLERS: u64 = 16;
/// Keys of a round, more than it has time for.
const ROUND_KEYS: u64 = 1_000_000;

/// The tag of the n-th submit.
fn tag(n: u64) -> String {
    match n % (SOLO_TAGS + SHARED_TAGS) {
        it if it < SOLO_TAGS => format!("solo-{it}"),
        it => format!("shared-{it}"),
    }
}

/// What is submitted.
#[derive(Debug, Clone)]
pub struct Submits {
    /// Numbers of the keys: each is submitted until it is answered.
    pub keys: Range<u64>,
    /// How many at a time.
    pub callers: u64,
    /// Bytes of each body.
    pub body_bytes: usize,
    /// Accepted events that nobody has acknowledged yet, at the most.
    pub backlog_max: usize,
}

impl Submits {
    /// Small ones.
    pub fn new(keys: Range<u64>, callers: u64) -> Self {
        Self {
            keys,
            callers,
            body_bytes: BODY_BYTES,
            backlog_max: BACKLOG_MAX,
        }
    }
}

/// Submits all of these. Ends when each was answered, or when `stop` is set: then what is under way
/// is finished first.
pub async fn submit_all(client: Client, sink: Arc<Sink>, submits: Submits, stop: Arc<AtomicBool>) {
    let Submits {
        keys,
        callers,
        body_bytes,
        backlog_max,
    } = submits;
    let mut tasks = Tasks::default();
    for caller in 0..callers {
        let (client, sink, stop) = (client.clone(), Arc::clone(&sink), Arc::clone(&stop));
        let stride = usize::try_from(callers).expect("a few callers");
        let mine = (keys.start + caller..keys.end).step_by(stride);
        tasks.0.push(tokio::spawn(async move {
            for n in mine {
                room(&sink, backlog_max, &stop).await;
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                submit(&client, &sink, n, body_bytes).await;
            }
        }));
    }
    tasks.join().await;
}

/// Waits while the sessions are too far behind to have done with it in the end, until `stop`.
async fn room(sink: &Sink, backlog_max: usize, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let (accepted, done) = sink.progress();
        if accepted < done.saturating_add(backlog_max) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Says again what was answered last, submits and acks: what a power loss would take first. What is
/// refused now was never heard, or is forgotten.
pub async fn repeat(client: &Client, sink: &Sink) {
    for key in sink.latest_keys(REPEATED) {
        let n = key.strip_prefix(KEY).and_then(|it| it.parse().ok());
        submit(client, sink, n.expect("a key of ours"), BODY_BYTES).await;
    }
    for fence in sink.latest_acks(REPEATED) {
        ack_again(client, sink, fence).await;
    }
}

/// One ack that has counted, until it is answered.
async fn ack_again(client: &Client, sink: &Sink, fence: v1::Fence) {
    loop {
        let ack = v1::Ack {
            fence: Some(fence.clone()),
            summary: SUMMARY.to_owned(),
            ..v1::Ack::default()
        };
        match client.ack(v1::AckRequest { ack: Some(ack) }).await {
            Ok(answer) => return sink.acked(&fence, &answer.acked.unwrap_or_default()),
            Err(Error::Refused(it)) if it.retry_after.is_none() => {
                return sink.disowned(&fence, it.to_string());
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// A load that lasts until something befalls the server. It ends with its handle.
#[derive(Debug)]
pub struct Round {
    stop: Arc<AtomicBool>,
    tasks: Tasks,
}

impl Round {
    /// The n-th of a run.
    pub fn begin(client: &Client, sink: &Arc<Sink>, n: u64) -> Self {
        let keys = n * ROUND_KEYS..(n + 1) * ROUND_KEYS;
        Self::with(client, sink, Submits::new(keys, ROUND_CALLERS))
    }

    /// One with these submits.
    pub fn with(client: &Client, sink: &Arc<Sink>, submits: Submits) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (client, sink) = (client.clone(), Arc::clone(sink));
        let load = submit_all(client, sink, submits, Arc::clone(&stop));
        let tasks = Tasks::spawn(load);
        Self { stop, tasks }
    }

    /// Lets no submit begin any more.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Waits until what has begun is answered.
    pub async fn end(mut self) {
        self.stop();
        self.tasks.join().await;
    }
}

/// Tasks that end with their owner.
#[derive(Debug, Default)]
pub(crate) struct Tasks(Vec<JoinHandle<()>>);

impl Tasks {
    /// One that ends with its owner.
    pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(vec![tokio::spawn(task)])
    }

    /// Whether all have ended.
    pub(crate) fn ended(&self) -> bool {
        self.0.iter().all(JoinHandle::is_finished)
    }

    /// Waits until all have ended by themselves.
    pub(crate) async fn join(&mut self) {
        for task in &mut self.0 {
            task.await.expect("a task does not panic");
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

/// One submit, until it is answered.
async fn submit(client: &Client, sink: &Sink, n: u64, body_bytes: usize) {
    let key = format!("{KEY}{n}");
    loop {
        let event = Event::new("chaos.work", vec![b'x'; body_bytes])
            .tag(tag(n))
            .namespace("chaos")
            .dedup_key(&key);
        match client.submit(event).await {
            Ok(receipt) => return sink.accepted(&key, &receipt),
            // It goes on under the same key.
            Err(Error::Unknown(_) | Error::Failed(_)) => {}
            // Overloaded, or no leader yet: it was told when to come back.
            Err(Error::Refused(refusal)) => {
                let wait = refusal.retry_after.unwrap_or(Duration::from_millis(50));
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// The sessions of a run. They end with their handle.
#[derive(Debug)]
pub struct Sessions {
    _tasks: Tasks,
}

impl Sessions {
    /// Attaches the sessions that serve all tags of [`submit_all`].
    pub fn start(client: &Client, sink: &Arc<Sink>) -> Self {
        Self::start_with(std::slice::from_ref(client), sink)
    }

    /// The same, each by the next of these clients.
    pub fn start_with(clients: &[Client], sink: &Arc<Sink>) -> Self {
        let mut clients = clients.iter().cycle();
        let mut tasks = Tasks::default();
        for n in 0..SOLO_TAGS + SHARED_TAGS {
            let sharers = if n < SOLO_TAGS { 1 } else { SHARERS };
            for sharer in 0..sharers {
                let key = match sharers {
                    1 => format!("{SOLO}{n}"),
                    _ => format!("shared-{n}-{sharer}"),
                };
                let client = clients.next().expect("at least one client").clone();
                let sink = Arc::clone(sink);
                tasks.0.push(tokio::spawn(async move {
                    work(&client, &sink, key, tag(n)).await
                }));
            }
        }
        Self { _tasks: tasks }
    }
}

/// A session that comes back whenever it ends, as the same process.
async fn work(client: &Client, sink: &Sink, key: String, tag: String) {
    let options = SessionOptions::new(key.clone()).tag(tag);
    loop {
        let Ok(mut session) = client.attach(options.clone()).await else {
            continue;
        };
        loop {
            match session.next().await {
                Ok(delivery) => {
                    sink.seen(&key, delivery.fence());
                    if let Ok(answer) = delivery.ack(SUMMARY).await {
                        sink.acked(delivery.fence(), &answer);
                    }
                }
                Err(Ended::Failed(_)) => break,
                Err(ended) => return sink.refused(format!("{key}: {ended}")),
            }
        }
    }
}
