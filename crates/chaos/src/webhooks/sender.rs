//! A provider that sends webhooks to a cluster.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{LOOK_EVERY, SECRET};
use crate::load::Tasks;
use crate::{http, source};

/// Requests at the same time.
const CALLERS: u64 = 32;
/// How long the provider waits for an answer, as GitHub does.
const PATIENCE: Duration = Duration::from_secs(10);
/// Before the same is sent again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// What a sender does without a 2xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Habit {
    /// Nothing: GitHub's way.
    Once,
    /// Sends it again.
    UntilTaken,
}

/// The last answer to each webhook.
#[derive(Debug, Clone, Default)]
pub struct Answers(BTreeMap<u64, Heard>);

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// This status.
    Status(u16),
    /// The connection broke, or the provider lost patience.
    Nothing,
}

impl Answers {
    /// Those that were answered 2xx.
    pub(super) fn taken(&self) -> impl Iterator<Item = u64> {
        let taken = self.0.iter().filter(|it| it.1.is_taken());
        taken.map(|it| *it.0)
    }

    /// All that were sent.
    pub(super) fn sent(&self) -> impl Iterator<Item = u64> {
        self.0.keys().copied()
    }

    fn count(&self, heard: Heard) -> usize {
        self.0.values().filter(|it| **it == heard).count()
    }
}

impl Heard {
    const fn is_taken(self) -> bool {
        matches!(self, Self::Status(200..=299))
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let put_off = self.count(Heard::Status(503));
        let unheard = self.count(Heard::Nothing);
        let (sent, taken) = (self.0.len(), self.taken().count());
        write!(
            f,
            "{sent} sent, {taken} answered 2xx, {put_off} answered 503, {unheard} cut off"
        )?;
        match sent - taken - put_off - unheard {
            0 => Ok(()),
            others => write!(f, ", {others} answered otherwise"),
        }
    }
}

/// Webhooks that are being sent.
pub(super) struct Burst {
    answers: Arc<Mutex<Answers>>,
    tasks: Vec<Tasks>,
}

impl Burst {
    /// Sends one webhook of each number, to whichever of these nodes takes the connection.
    pub(super) fn begin(
        nodes: Vec<SocketAddr>,
        path: &str,
        keys: Range<u64>,
        habit: Habit,
    ) -> Self {
        let next = Arc::new(AtomicU64::new(keys.start));
        let answers = Arc::new(Mutex::new(Answers::default()));
        let tasks = (0..CALLERS).map(|_| {
            let (nodes, next) = (nodes.clone(), Arc::clone(&next));
            let path = path.to_owned();
            let (answers, end) = (Arc::clone(&answers), keys.end);
            Tasks::spawn(async move {
                loop {
                    let key = next.fetch_add(1, Ordering::Relaxed);
                    if key >= end {
                        return;
                    }
                    let heard = send(&nodes, &path, key, habit).await;
                    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                    answers.0.insert(key, heard);
                }
            })
        });
        Self {
            tasks: tasks.collect(),
            answers,
        }
    }

    /// Returns once so many have been answered, or given up.
    pub(super) async fn answered(&self, count: u64) {
        while (self.answers().0.len() as u64) < count && !self.tasks.iter().all(Tasks::ended) {
            tokio::time::sleep(LOOK_EVERY / 10).await;
        }
    }

    /// Returns once all have been.
    pub(super) async fn end(mut self) -> Answers {
        for task in &mut self.tasks {
            task.join().await;
        }
        self.answers()
    }

    fn answers(&self) -> Answers {
        let answers = self.answers.lock();
        answers.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn send(nodes: &[SocketAddr], path: &str, key: u64, habit: Habit) -> Heard {
    let request = request(path, key);
    for at in usize::try_from(key).unwrap_or_default().. {
        let node = nodes[at % nodes.len()];
        // Nothing was sent yet: a load balancer asks the next one.
        let Ok(stream) = TcpStream::connect(node).await else {
            tokio::time::sleep(LOOK_EVERY / 10).await;
            continue;
        };
        let heard = timeout(PATIENCE, ask(stream, &request)).await;
        let heard = heard.ok().flatten().map_or(Heard::Nothing, Heard::Status);
        if habit == Habit::Once || heard.is_taken() {
            return heard;
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
    unreachable!("there is always a next node")
}

/// The status of the answer, if there is one.
async fn ask(mut stream: TcpStream, request: &str) -> Option<u16> {
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    // What was said before a break counts.
    let _ = stream.read_to_end(&mut answer).await;
    let line = String::from_utf8_lossy(&answer).into_owned();
    line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

fn request(path: &str, key: u64) -> String {
    let body = format!("{{\"action\":\"opened\",\"number\":{key}}}");
    let delivery = format!("delivery-{key}");
    let headers = source::github(SECRET, "pull_request", &delivery, &body);
    http::request(path, &headers, &body)
}
