//! A snapshot on its way out: this node's flushed rows, read from their files as they are sent.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use ackord_proto::peer::install_snapshot_request::Part;
use ackord_proto::peer::{InstallSnapshotRequest, SnapshotChunk, SnapshotFile, SnapshotHead};
use ackord_store::{Chunk, Manifest, RowStore, Snapshot};
use futures::stream::{self, BoxStream, StreamExt};
use openraft::StorageError;
use openraft::error::{ErrorSource, ReplicationClosed, StreamingError};
use openraft::impls::BoxedErrorSource;
use tokio::time::{Instant, sleep};

use super::link::{Link, LinkError};
use super::{network, wire};
use crate::metrics::Metrics;
use crate::record::vote_to_stored;
use crate::runtime::blocking;
use crate::types::{TypeConfig, Vote};

/// Bytes of one chunk.
const CHUNK_BYTES: usize = 1 << 20;
/// How long the other side may take no chunk before it counts as gone.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// How long it may take to verify and install what it has, and this node to flush its rows.
const INSTALL_MAX: Duration = Duration::from_mins(10);

/// Sends `rows` as they are once the other side is there to take them: to have them as they are takes a flush,
/// and one who is dead is tried for long. Answers with the vote that the other side holds then.
pub(super) async fn send(
    link: &dyn Link,
    vote: &Vote,
    rows: &Weak<RowStore>,
    metrics: &Metrics,
) -> Result<Vote, StreamingError<TypeConfig>> {
    let rows = rows.upgrade();
    let rows = rows.ok_or_else(|| ReplicationClosed::new("the group has ended"))?;
    let reading = Arc::new(Reading::begin());
    let parts = stream::once(frozen(rows, *vote, Arc::clone(&reading))).flatten();
    let answer = tokio::select! {
        biased;
        answer = link.install_snapshot(parts.boxed()) => answer,
        () = reading.stalled() => Err(LinkError::Broken("a snapshot is not taken".to_owned())),
    };
    let (begun, fault) = {
        let mut state = reading.state();
        (state.bytes, state.fault.take())
    };
    if let Some(bytes) = begun {
        metrics.snapshot_sent(answer.is_ok(), bytes);
        if let Err(error) = &answer {
            tracing::warn!(bytes, %error, "a snapshot was not sent");
        }
    }
    if let Some(error) = fault {
        return Err(disk(&error));
    }
    let bytes = begun.unwrap_or_default();
    let answer = answer.map_err(network::rpc)?;
    let vote = wire::vote(answer.vote).map_err(network::malformed)?;
    tracing::info!(bytes, "a snapshot was sent");
    Ok(vote)
}

/// This node's own disk fails: that ends the process.
fn disk(error: &io::Error) -> StreamingError<TypeConfig> {
    StorageError::read_snapshot(None, BoxedErrorSource::from_error(error)).into()
}

/// The parts of the rows as they are now; none, and a fault, if the disk fails.
async fn frozen(
    rows: Arc<RowStore>,
    vote: Vote,
    reading: Arc<Reading>,
) -> BoxStream<'static, InstallSnapshotRequest> {
    reading.freezes();
    match blocking(move || rows.snapshot()).await {
        Ok(frozen) => {
            let bytes = frozen.manifest().files.iter().map(|it| it.bytes).sum();
            tracing::info!(bytes, "sending a snapshot");
            reading.has_frozen(bytes);
            parts(&vote, &frozen, &reading)
        }
        Err(error) => {
            reading.state().fault = Some(error);
            stream::empty().boxed()
        }
    }
}

fn parts(
    vote: &Vote,
    frozen: &Snapshot,
    reading: &Arc<Reading>,
) -> BoxStream<'static, InstallSnapshotRequest> {
    let head = part(Part::Head(head(vote, frozen.manifest())));
    let chunks = (frozen.chunks(CHUNK_BYTES), Arc::clone(reading));
    let chunks = stream::unfold(chunks, |(mut chunks, reading)| async move {
        let read = blocking(move || Ok((chunks.next().transpose()?, chunks)));
        let (found, chunks) = reading.note(read.await)?;
        Some((part(Part::Chunk(chunk(found?))), (chunks, reading)))
    });
    stream::iter([head]).chain(chunks).boxed()
}

fn part(part: Part) -> InstallSnapshotRequest {
    InstallSnapshotRequest { part: Some(part) }
}

fn head(vote: &Vote, manifest: &Manifest) -> SnapshotHead {
    let file = |it: &ackord_store::SnapshotFile| SnapshotFile {
        name: it.name.clone(),
        bytes: it.bytes,
    };
    SnapshotHead {
        vote: Some(vote_to_stored(vote)),
        applied: manifest.applied.clone(),
        files: manifest.files.iter().map(file).collect(),
    }
}

fn chunk(chunk: Chunk) -> SnapshotChunk {
    SnapshotChunk {
        file: chunk.file,
        offset: chunk.offset,
        data: chunk.bytes,
        crc32c: chunk.checksum,
    }
}

/// How the reading of files goes.
struct Reading(Mutex<State>);

struct State {
    /// When the last chunk was taken.
    moved: Instant,
    /// How long the next step may take from then on.
    limit: Duration,
    /// Of all files, once they are known.
    bytes: Option<u64>,
    /// Why reading ended before.
    fault: Option<io::Error>,
}

impl Reading {
    fn begin() -> Self {
        Self(Mutex::new(State {
            moved: Instant::now(),
            limit: SILENCE_MAX,
            bytes: None,
            fault: None,
        }))
    }

    /// The rows are flushed, which is up to this node's own disk.
    fn freezes(&self) {
        self.next_step(INSTALL_MAX);
    }

    fn has_frozen(&self, bytes: u64) {
        self.next_step(SILENCE_MAX);
        self.state().bytes = Some(bytes);
    }

    fn next_step(&self, limit: Duration) {
        let mut state = self.state();
        (state.moved, state.limit) = (Instant::now(), limit);
    }

    /// Notes how the next read went; none if it failed.
    fn note<C, I>(&self, read: io::Result<(Option<C>, I)>) -> Option<(Option<C>, I)> {
        let mut state = self.state();
        state.moved = Instant::now();
        match read {
            Ok((found, rest)) => {
                if found.is_none() {
                    state.limit = INSTALL_MAX;
                }
                Some((found, rest))
            }
            Err(error) => {
                state.fault = Some(error);
                None
            }
        }
    }

    /// Returns when nothing has happened for too long.
    async fn stalled(&self) {
        loop {
            let left = self.state().patience();
            if left.is_zero() {
                return;
            }
            sleep(left).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn patience(&self) -> Duration {
        self.limit.saturating_sub(self.moved.elapsed())
    }
}
