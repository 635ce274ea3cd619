//! A snapshot on its way in: written beside this node's own rows, verified, and only then handed to
//! openraft, which decides whether it is still wanted and has it installed.

use std::io::{self, ErrorKind};
use std::time::Duration;

use ackord_proto::peer::install_snapshot_request::Part;
use ackord_proto::peer::{
    InstallSnapshotRequest, InstallSnapshotResponse, SnapshotChunk, SnapshotHead,
};
use ackord_store::{Chunk, Manifest, ReceiveError, Received, SnapshotFile};
use futures::{Stream, StreamExt};
use openraft::async_runtime::WatchReceiver;
use tokio::time::timeout;

use super::incoming::{Incoming, IncomingError};
use super::wire;
use crate::apply::{Snapshot, SnapshotData, SnapshotMeta};
use crate::fatal::fatal;
use crate::record::{self, Applied, vote_to_stored};
use crate::runtime::blocking;
use crate::types::Vote;

/// How long the next part may take before the sender counts as gone.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// What a snapshot is of, as its head says.
struct Offer {
    vote: Vote,
    applied: Applied,
    manifest: Manifest,
}

/// What becomes of an offer.
enum Verdict {
    /// It is taken.
    Wanted,
    /// This node knows a later leader, or has all of it.
    Needless,
}

impl Incoming {
    /// Takes a leader's rows in the place of this node's, unless this node is as far or knows a
    /// later leader. Returns once they are installed. Dropped before, it leaves nothing behind.
    ///
    /// # Errors
    /// Nothing was installed: the snapshot was cut off or damaged, another one is on its way, or
    /// the disk is full. Where the disk fails otherwise, the process ends.
    pub async fn install_snapshot(
        &self,
        parts: impl Stream<Item = InstallSnapshotRequest> + Send,
    ) -> Result<InstallSnapshotResponse, IncomingError> {
        let handle = self.handle();
        let one = handle.inner.receiving.try_lock();
        let _one = one.map_err(|_| IncomingError::Busy)?;
        let mut parts = std::pin::pin!(parts);
        let Some(Part::Head(head)) = next(&mut parts).await? else {
            return Err(malformed("a snapshot begins with its head"));
        };
        let offer = offer(head)?;
        let vote = match self.judge(&offer)? {
            Verdict::Needless => self.held(),
            Verdict::Wanted => {
                tracing::info!(upto = ?offer.applied.last, "receiving a snapshot");
                let received = self.receive(offer.manifest, &mut parts).await?;
                self.install(offer.vote, offer.applied, received).await?
            }
        };
        Ok(InstallSnapshotResponse {
            vote: Some(vote_to_stored(&vote)),
        })
    }

    /// Whether an offer is worth its transfer. What no leader can offer is refused here: openraft
    /// would rather end the process.
    fn judge(&self, offer: &Offer) -> Result<Verdict, IncomingError> {
        let metrics = self.raft().metrics();
        let metrics = metrics.borrow_watched();
        let last = offer.applied.last.expect("an offer is of something");
        if last.leader_id > offer.vote.leader_id {
            return Err(malformed("a snapshot is older than its leader"));
        }
        let committed = metrics.local_committed;
        if offer.vote < metrics.vote || Some(last) <= committed {
            return Ok(Verdict::Needless);
        }
        if committed.is_some_and(|it| last.index <= it.index) {
            return Err(malformed("a snapshot contradicts what is committed here"));
        }
        Ok(Verdict::Wanted)
    }

    /// The vote that this node holds.
    fn held(&self) -> Vote {
        self.raft().metrics().borrow_watched().vote
    }

    async fn receive(
        &self,
        manifest: Manifest,
        parts: &mut (impl Stream<Item = InstallSnapshotRequest> + Send + Unpin),
    ) -> Result<Received, IncomingError> {
        let rows = std::sync::Arc::clone(&self.handle().inner.rows);
        let mut incoming = on_disk(move || rows.receive(manifest)).await?;
        while let Some(part) = next(parts).await? {
            let Part::Chunk(part) = part else {
                return Err(malformed("a snapshot has one head"));
            };
            let part = chunk(part);
            incoming = on_disk(move || incoming.write(&part).map(|()| incoming)).await?;
        }
        on_disk(move || incoming.finish()).await
    }

    async fn install(
        &self,
        vote: Vote,
        applied: Applied,
        received: Received,
    ) -> Result<Vote, IncomingError> {
        let snapshot = Snapshot {
            meta: SnapshotMeta {
                last_log_id: applied.last,
                last_membership: applied.membership,
            },
            snapshot: SnapshotData::Received(received),
        };
        let installed = self.raft().install_full_snapshot(vote, snapshot).await;
        Ok(installed.map_err(|_| IncomingError::Ended)?.vote)
    }
}

fn offer(head: SnapshotHead) -> Result<Offer, IncomingError> {
    let applied = record::decode_applied(&head.applied)?;
    if applied.last.is_none() {
        return Err(malformed("a snapshot of nothing"));
    }
    let file = |it: ackord_proto::peer::SnapshotFile| SnapshotFile {
        name: it.name,
        bytes: it.bytes,
    };
    Ok(Offer {
        vote: wire::vote(head.vote)?,
        applied,
        manifest: Manifest {
            applied: head.applied,
            files: head.files.into_iter().map(file).collect(),
        },
    })
}

fn chunk(chunk: SnapshotChunk) -> Chunk {
    Chunk {
        file: chunk.file,
        offset: chunk.offset,
        bytes: chunk.data,
        checksum: chunk.crc32c,
    }
}

/// The next part; none at the end.
async fn next(
    parts: &mut (impl Stream<Item = InstallSnapshotRequest> + Send + Unpin),
) -> Result<Option<Part>, IncomingError> {
    let part = timeout(SILENCE_MAX, parts.next()).await;
    let part = part.map_err(|_| IncomingError::Snapshot("the sender is silent".to_owned()))?;
    part.map(|it| it.part.ok_or_else(|| malformed("an empty part")))
        .transpose()
}

fn malformed(why: &str) -> IncomingError {
    IncomingError::Malformed(why.to_owned())
}

/// Does what may wait for the disk.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ReceiveError> + Send + 'static,
) -> Result<T, IncomingError> {
    // That nobody does it means that everything ends.
    let done = blocking(move || Ok(work())).await;
    done.map_err(|_| IncomingError::Ended)?.map_err(refused)
}

fn refused(error: ReceiveError) -> IncomingError {
    match error {
        ReceiveError::Io(error) => disk(error),
        other => IncomingError::Snapshot(other.to_string()),
    }
}

/// This node's own disk takes no snapshot. If it is full, what is in use is untouched, and there is
/// room again once what came is thrown away. Any other failure ends the process, as it does wherever
/// rows are written: the rows in use are on the same disk.
fn disk(error: io::Error) -> IncomingError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => IncomingError::Disk(error.to_string()),
        _ => fatal("write a snapshot aside", &error),
    }
}
