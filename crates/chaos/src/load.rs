//! The load: submitters that do not rest until each of their keys is answered, and sessions that
//! acknowledge whatever they get.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ackord_client::{Client, Ended, Error, Event, SessionOptions};
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

/// The tag of the n-th submit.
fn tag(n: u64) -> String {
    match n % (SOLO_TAGS + SHARED_TAGS) {
        it if it < SOLO_TAGS => format!("solo-{it}"),
        it => format!("shared-{it}"),
    }
}

/// Submits the keys of `range`, `callers` at a time. Ends when each was answered, or when `stop`
/// is set: then what is under way is finished first.
pub async fn submit_all(
    client: Client,
    sink: Arc<Sink>,
    range: Range<u64>,
    callers: u64,
    stop: Arc<AtomicBool>,
) {
    let mut tasks = Tasks::default();
    for caller in 0..callers {
        let (client, sink, stop) = (client.clone(), Arc::clone(&sink), Arc::clone(&stop));
        let stride = usize::try_from(callers).expect("a few callers");
        let mine = (range.start + caller..range.end).step_by(stride);
        tasks.0.push(tokio::spawn(async move {
            for n in mine {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                room(&sink).await;
                submit(&client, &sink, n).await;
            }
        }));
    }
    for task in &mut tasks.0 {
        task.await.expect("a submitter does not panic");
    }
}

/// Waits while the sessions are too far behind to have done with it in the end.
async fn room(sink: &Sink) {
    loop {
        let (accepted, done) = sink.progress();
        if accepted < done + BACKLOG_MAX {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Tasks that end with their owner.
#[derive(Debug, Default)]
struct Tasks(Vec<JoinHandle<()>>);

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

/// One submit, until it is answered.
async fn submit(client: &Client, sink: &Sink, n: u64) {
    let key = format!("key-{n}");
    loop {
        let event = Event::new("chaos.work", vec![b'x'; BODY_BYTES])
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
                    if let Ok(answer) = delivery.ack("done").await {
                        sink.acked(delivery.fence(), &answer);
                    }
                }
                Err(Ended::Failed(_)) => break,
                Err(ended) => return sink.refused(format!("{key}: {ended}")),
            }
        }
    }
}
