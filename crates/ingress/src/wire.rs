//! The bytes of a connection, watched, and heard out at its end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ackord_tls::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::limits::LINGER_BYTES;
use crate::watch::Watch;

/// See the module.
pub(crate) struct Wire {
    stream: Stream,
    watch: Watch,
    linger: Duration,
    ending: Option<Ending>,
}

/// What is left of a connection that was answered before it had said all. If it were closed with
/// bytes unread, the other end would see a reset in the place of its answer.
struct Ending {
    end: Pin<Box<Sleep>>,
    bytes_left: usize,
    is_shut: bool,
}

impl Wire {
    pub(crate) fn new(stream: Stream, watch: Watch, linger: Duration) -> Self {
        Self {
            stream,
            watch,
            linger,
            ending: None,
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, into));
        if into.filled().len() > before {
            self.watch.heard();
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self {
            stream,
            watch,
            linger,
            ending,
        } = &mut *self;
        if !watch.is_cut_short() {
            return Pin::new(stream).poll_shutdown(context);
        }
        let ending = ending.get_or_insert_with(|| Ending {
            end: Box::pin(sleep(*linger)),
            bytes_left: LINGER_BYTES,
            is_shut: false,
        });
        ending.poll(stream, context)
    }
}

impl Ending {
    /// Says that no more comes, and hears the other end out.
    fn poll(&mut self, stream: &mut Stream, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.end.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        if !self.is_shut {
            ready!(Pin::new(&mut *stream).poll_shutdown(context))?;
            self.is_shut = true;
        }
        let mut heard = [0; 4096];
        while self.bytes_left > 0 {
            let mut into = ReadBuf::new(&mut heard);
            match ready!(Pin::new(&mut *stream).poll_read(context, &mut into)) {
                Ok(()) if into.filled().is_empty() => break,
                Ok(()) => self.bytes_left = self.bytes_left.saturating_sub(into.filled().len()),
                // It is gone, with the answer or without.
                Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
