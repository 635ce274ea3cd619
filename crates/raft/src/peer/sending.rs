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
/// How long it may take to verify and install what it has.
const INSTALL_MAX: Duration = Duration::from_mins(10);

/// Sends `rows` as they are now. Answers with the vote that the other side holds then.
pub(super) async fn send(
    link: &dyn Link,
    vote: &Vote,
    rows: &Weak<RowStore>,
    metrics: &Metrics,
) -> Result<Vote, StreamingError<TypeConfig>> {
    let rows = rows.upgrade();
    let rows = rows.ok_or_else(|| ReplicationClosed::new("the group has ended"))?;
    let frozen = blocking(move || rows.snapshot()).await;
    let frozen = frozen.map_err(|it| disk(&it))?;
    let bytes: u64 = frozen.manifest().files.iter().map(|it| it.bytes).sum();
    let reading = Arc::new(Reading::begin());
    tracing::info!(bytes, "sending a snapshot");
    let answer = tokio::select! {
        biased;
        answer = link.install_snapshot(parts(vote, &frozen, &reading)) => answer,
        () = reading.stalled() => Err(LinkError::Broken("a snapshot is not taken".to_owned())),
    };
    metrics.snapshot_sent(answer.is_ok(), bytes);
    if let Some(error) = reading.state().fault.take() {
        return Err(disk(&error));
    }
    let answer = answer.map_err(network::rpc)?;
    let vote = wire::vote(answer.vote).map_err(network::malformed)?;
    tracing::info!(bytes, "a snapshot was sent");
    Ok(vote)
}

/// This node's own disk fails: that ends the process.
fn disk(error: &io::Error) -> StreamingError<TypeConfig> {
    StorageError::read_snapshot(None, BoxedErrorSource::from_error(error)).into()
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
    /// Everything was taken.
    whole: bool,
    /// Why reading ended before.
    fault: Option<io::Error>,
}

impl Reading {
    fn begin() -> Self {
        Self(Mutex::new(State {
            moved: Instant::now(),
            whole: false,
            fault: None,
        }))
    }

    /// Notes how the next read went; none if it failed.
    fn note<C, I>(&self, read: io::Result<(Option<C>, I)>) -> Option<(Option<C>, I)> {
        let mut state = self.state();
        state.moved = Instant::now();
        match read {
            Ok((found, rest)) => {
                state.whole = found.is_none();
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
        let limit = if self.whole { INSTALL_MAX } else { SILENCE_MAX };
        limit.saturating_sub(self.moved.elapsed())
    }
}
