//! Bodies: taken as they are sent, up to a bound, within a time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Room for all bodies that are read or worked on at a time. Clones share it.
#[derive(Debug, Clone)]
pub struct Room(Arc<Semaphore>);

/// A body, and its place in the room, which is free once this is dropped.
#[derive(Debug)]
pub struct Whole {
    /// All of it, as it was sent: nothing is unpacked.
    pub bytes: Bytes,
    _place: Option<OwnedSemaphorePermit>,
}

/// Why a body is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is larger than it may be.
    #[error("the body has more than {max} bytes")]
    TooLarge {
        /// The bound.
        max: usize,
    },
    /// It did not come within its time.
    #[error("the body takes too long")]
    Slow,
    /// All bodies together are too much.
    #[error("there is no room for more bodies")]
    NoRoom,
    /// The sender broke it off.
    #[error("the body is broken off")]
    Broken,
}

impl Room {
    /// Room for so many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    /// A place for so many bytes of something else; none: there is no room. It is free once dropped.
    #[must_use]
    pub fn place(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.0).try_acquire_many_owned(bytes).ok()
    }

    /// Reads a body of at most `max` bytes. One that says beforehand that it is larger is not begun.
    ///
    /// # Errors
    /// See [`Unread`]. What was read is forgotten.
    pub async fn read(&self, body: Body, max: usize, within: Duration) -> Result<Whole, Unread> {
        let announced = body.size_hint().lower();
        if usize::try_from(announced).map_or(true, |it| it > max) {
            return Err(Unread::TooLarge { max });
        }
        let read = timeout(within, self.read_all(body, max)).await;
        read.unwrap_or(Err(Unread::Slow))
    }

    async fn read_all(&self, body: Body, max: usize) -> Result<Whole, Unread> {
        let mut frames = body.into_data_stream();
        let mut place: Option<OwnedSemaphorePermit> = None;
        let mut first = Bytes::new();
        let mut all = BytesMut::new();
        while let Some(frame) = frames.next().await {
            let frame = frame.map_err(|_| Unread::Broken)?;
            if first.len() + all.len() + frame.len() > max {
                return Err(Unread::TooLarge { max });
            }
            let more = u32::try_from(frame.len()).map_err(|_| Unread::NoRoom)?;
            let more = Arc::clone(&self.0).try_acquire_many_owned(more);
            let more = more.map_err(|_| Unread::NoRoom)?;
            match &mut place {
                Some(place) => place.merge(more),
                None => place = Some(more),
            }
            // Most bodies come in one piece, which is not copied.
            if first.is_empty() && all.is_empty() {
                first = frame;
            } else {
                all.extend_from_slice(&std::mem::take(&mut first));
                all.extend_from_slice(&frame);
            }
        }
        let bytes = match all.is_empty() {
            true => first,
            false => all.freeze(),
        };
        Ok(Whole {
            bytes,
            _place: place,
        })
    }
}
