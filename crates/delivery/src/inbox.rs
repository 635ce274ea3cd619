//! What one stream is to write, as it can take it.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;

use crate::delivery::Push;
use crate::hub::{Hub, StreamId};

/// A stream's end of the hub. Asking for the next thing says that the one before was written.
/// After [`Push::Closed`] there is nothing more; dropping it loses the stream.
#[derive(Debug)]
pub struct Inbox {
    hub: Hub,
    id: StreamId,
    ended: bool,
}

impl Inbox {
    pub(crate) fn new(hub: Hub, id: StreamId) -> Self {
        Self {
            hub,
            id,
            ended: false,
        }
    }
}

impl Stream for Inbox {
    type Item = Push;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Push>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let id = self.id;
        let push = self.hub.change(|it| it.poll(id, cx));
        self.ended = matches!(push, Poll::Ready(Push::Closed(_)));
        push.map(Some)
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let id = self.id;
        self.hub.change(|it| it.remove(id));
    }
}
