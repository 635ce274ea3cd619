//! The hub: whoever serves a session opens its stream here and learns what to write.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ackord_core::command::Fence;
use ackord_core::id::SessionId;
use ackord_core::model::Token;
use prometheus_client::registry::Registry;
use tokio::sync::Notify;

use crate::delivery::Closed;
use crate::inbox::Inbox;
use crate::streams::Streams;

/// One stream of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// The session.
    pub session: SessionId,
    /// Counts the attaches of the session.
    pub stream: u64,
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.session, self.stream)
    }
}

/// The node holds as many streams as it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this node holds as many session streams as it can")]
pub struct Full;

/// The streams that are open on this node. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Hub {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    streams: Mutex<Streams>,
    /// Something is to be read for a stream; the pump waits.
    reads: Notify,
    /// Something is to be told within a second; the beat waits.
    news: Notify,
    /// A stream is gone; the detacher waits.
    losses: Notify,
}

impl Hub {
    /// Opens a stream that the machine has answered an attach with, of the process of this nonce.
    /// Whoever drops the inbox has lost the stream.
    ///
    /// # Errors
    /// The node is full; the machine is told that the stream is gone.
    pub fn open(&self, id: StreamId, nonce: u64, token: Arc<Token>) -> Result<Inbox, Full> {
        tracing::debug!(stream = %id, token = %token.id, "stream opened");
        self.change(|it| it.open(id, nonce, token))?;
        Ok(Inbox::new(self.clone(), id))
    }

    /// The session says that it ends. What it holds goes back at once.
    pub fn bye(&self, id: StreamId) {
        self.change(|it| it.close(id, Closed::Bye));
    }

    /// The session made a call: it is there, and well.
    pub fn heard(&self, session: SessionId) {
        self.change(|it| it.heard(session));
    }

    /// The delivery was answered, which says that it was written, too.
    pub fn answered(&self, fence: Fence) {
        self.change(|it| it.report.answered(fence));
    }

    /// The stream itself is about to ack or nack this delivery: it hears what becomes of that, and
    /// is not told beside it that the delivery is over.
    pub fn answering(&self, id: StreamId, fence: Fence) {
        self.change(|it| it.answering(id, fence));
    }

    /// That answer was refused, or nobody knows what became of it.
    pub fn not_answered(&self, id: StreamId, fence: Fence) {
        self.change(|it| it.not_answered(id, fence));
    }

    /// Names all that is counted here.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.lock().metrics.register(registry);
    }

    /// Streams that are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// No stream is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes all streams, and each that is opened from now on.
    pub fn shut_down(&self) {
        self.change(|it| it.close_all(Closed::ShuttingDown));
    }

    /// Changes the streams, and wakes whoever has something to do after that.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Streams) -> T) -> T {
        let mut streams = self.lock();
        let result = change(&mut streams);
        let reads = streams.has_unread() || streams.has_unsure();
        let (news, losses) = (!streams.is_quiet(), streams.has_lost());
        drop(streams);

        let wake = [
            (reads, &self.shared.reads),
            (news, &self.shared.news),
            (losses, &self.shared.losses),
        ];
        wake.into_iter()
            .filter(|it| it.0)
            .for_each(|it| it.1.notify_one());
        result
    }

    /// Returns when a delivery is to be read.
    pub(crate) async fn reads(&self) {
        self.shared.reads.notified().await;
    }

    /// Returns when there is something to tell, or to watch.
    pub(crate) async fn news(&self) {
        while self.lock().is_quiet() {
            self.shared.news.notified().await;
        }
    }

    /// Returns when a stream is gone.
    pub(crate) async fn losses(&self) {
        self.shared.losses.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        // A panic while it was held has left at worst one stream untold.
        self.shared
            .streams
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
