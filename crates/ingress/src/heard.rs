//! The body of a request, and whether it was heard to its end.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::watch::Watch;

/// See the module.
pub(crate) struct Heard<B: Body<Data = Bytes> + Unpin> {
    body: B,
    watch: Watch,
    has_ended: bool,
}

impl<B: Body<Data = Bytes> + Unpin> Heard<B> {
    pub(crate) fn new(body: B, watch: Watch) -> Self {
        Self {
            body,
            watch,
            has_ended: false,
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Heard<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.has_ended |= frame.is_none();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: Body<Data = Bytes> + Unpin> Drop for Heard<B> {
    fn drop(&mut self) {
        if !self.has_ended && !self.body.is_end_stream() {
            self.watch.cut_short();
        }
    }
}
