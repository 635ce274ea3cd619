//! A connection that was let in, and what it may cost.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};
use tonic::transport::server::Connected;

use crate::caller::Caller;
use crate::incoming::Stream;

/// How long a caller may take to say what it speaks. From then on the server asks for signs of life.
const PREFACE_MAX: Duration = Duration::from_secs(10);
/// Bytes by which it has: RFC 9113, 3.4.
const PREFACE_BYTES: usize = 24;

/// A connection that has a place among so many, and gives it back when it ends.
#[derive(Debug)]
pub struct Guest {
    /// Given back before the other side sees the end.
    _place: OwnedSemaphorePermit,
    stream: Stream,
    /// While it has not said what it speaks.
    preface: Option<Preface>,
}

#[derive(Debug)]
struct Preface {
    heard: usize,
    until: Pin<Box<Sleep>>,
}

impl Guest {
    pub(crate) fn new(stream: Stream, place: OwnedSemaphorePermit) -> Self {
        Self {
            _place: place,
            stream,
            preface: Some(Preface {
                heard: 0,
                until: Box::pin(sleep(PREFACE_MAX)),
            }),
        }
    }
}

impl Connected for Guest {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        self.stream.connect_info()
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let it = self.get_mut();
        if let Some(preface) = &mut it.preface
            && preface.until.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = into.filled().len();
        ready!(Pin::new(&mut it.stream).poll_read(context, into))?;
        if let Some(preface) = &mut it.preface {
            preface.heard += into.filled().len() - before;
            if preface.heard >= PREFACE_BYTES {
                it.preface = None;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
