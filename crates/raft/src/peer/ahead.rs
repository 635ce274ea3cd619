//! A leader's messages are read ahead of openraft, which takes the next ones when its disk has room for them:
//! when a message came must be known, however long it waits then.

use std::pin::pin;
use std::sync::Arc;

use ackord_proto::peer::AppendRequest;
use futures::stream::{self, Stream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::contact::Arrivals;

/// Messages that wait: a leader has no more on their way.
const MESSAGES_MAX: usize = 64;
/// Bytes of entries that wait, unless a single message has more.
const BYTES_MAX: usize = 16 << 20;

/// A message, and its share of the bytes that may wait.
type Waiting = (AppendRequest, OwnedSemaphorePermit);

/// The same messages, each noted when it comes.
pub(super) fn read_ahead(
    requests: impl Stream<Item = AppendRequest> + Send + 'static,
    arrivals: Arc<Arrivals>,
) -> impl Stream<Item = AppendRequest> + Send + 'static {
    let (waiting, taken) = mpsc::channel(MESSAGES_MAX);
    tokio::spawn(read(requests, arrivals, waiting));
    stream::unfold(taken, async |mut taken| {
        let (request, _room) = taken.recv().await?;
        Some((request, taken))
    })
}

/// Reads until there is nothing more, or nobody takes it.
async fn read(
    requests: impl Stream<Item = AppendRequest>,
    arrivals: Arc<Arrivals>,
    waiting: mpsc::Sender<Waiting>,
) {
    let room = Arc::new(Semaphore::new(BYTES_MAX));
    let mut requests = pin!(requests);
    loop {
        let request = tokio::select! {
            biased;
            () = waiting.closed() => return,
            request = requests.next() => request,
        };
        let Some(request) = request else { return };
        arrivals.came(request.contact_ms.unwrap_or(0), committed(&request));
        let share = Arc::clone(&room).acquire_many_owned(bytes(&request)).await;
        let share = share.expect("it is never closed");
        if waiting.send((request, share)).await.is_err() {
            return;
        }
    }
}

/// How far the leader has committed in its own term.
fn committed(request: &AppendRequest) -> Option<u64> {
    let committed = request.committed.as_ref()?;
    let term = request.vote.as_ref()?.term;
    (committed.term == term).then_some(committed.index)
}

fn bytes(request: &AppendRequest) -> u32 {
    let bytes: usize = request.records.iter().map(|it| it.len()).sum();
    u32::try_from(bytes.min(BYTES_MAX)).expect("a small number")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::task::yield_now;

    use super::*;

    fn message(bytes: usize) -> AppendRequest {
        AppendRequest {
            records: vec![Bytes::from(vec![0; bytes])],
            ..AppendRequest::default()
        }
    }

    /// As many as are noted by now.
    async fn noted(arrivals: &Arrivals) -> usize {
        for _ in 0..100 {
            yield_now().await;
        }
        std::iter::from_fn(|| arrivals.answered()).count()
    }

    #[tokio::test]
    async fn what_nobody_takes_yet_has_come() {
        let arrivals = Arc::new(Arrivals::default());
        let messages = stream::iter([1, 2, 3]).map(message);
        let ahead = read_ahead(messages, arrivals.clone());
        assert_eq!(noted(&arrivals).await, 3);
        let taken: Vec<_> = ahead.map(|it| it.records[0].len()).collect().await;
        assert_eq!(taken, [1, 2, 3]);
    }

    #[tokio::test]
    async fn no_more_bytes_wait_than_there_is_room_for() {
        let arrivals = Arc::new(Arrivals::default());
        let large = stream::iter([BYTES_MAX + 1, 1, 1]).map(message);
        let mut ahead = pin!(read_ahead(large, arrivals.clone()));
        assert_eq!(noted(&arrivals).await, 2, "the second has come, and waits");
        assert!(ahead.next().await.is_some());
        assert_eq!(noted(&arrivals).await, 1);
    }

    #[tokio::test]
    async fn who_takes_no_more_ends_it() {
        let arrivals = Arc::new(Arrivals::default());
        let ahead = read_ahead(stream::pending(), arrivals.clone());
        drop(ahead);
        noted(&arrivals).await;
        let arrivals = Arc::into_inner(arrivals);
        assert!(arrivals.is_some(), "nobody reads any more");
    }
}
