//! Connections as a server takes them.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use crate::caller::Caller;
use crate::guest::Guest;
use crate::handshake::{Refused, greet};
use crate::server::Acceptor;
use crate::told::Told;

/// Handshakes under way at a time. For one more the oldest is given up: it has been silent for
/// longest, and an honest one takes milliseconds.
const HANDSHAKES_MAX: usize = 256;
/// How long a caller may take for its handshake.
const HANDSHAKE_MAX: Duration = Duration::from_secs(5);
/// Before another try where this process can take no connection: most likely it has too many.
const BREATH: Duration = Duration::from_millis(100);

/// The connections of a listener, each after its handshake. Ends never.
pub struct Incoming(BoxStream<'static, io::Result<Guest>>);

/// A connection.
#[derive(Debug)]
pub enum Stream {
    /// In plain text.
    Plain(TcpStream),
    /// Under TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming").finish_non_exhaustive()
    }
}

impl Incoming {
    /// Those of `listener`: under TLS, or in plain text. `most` at a time; one more is closed at once.
    #[must_use]
    pub fn new(listener: TcpListener, tls: Option<Acceptor>, most: usize) -> Self {
        let door = Door {
            listener,
            tls,
            places: Arc::new(Semaphore::new(most)),
            handshakes: JoinSet::new(),
            order: VecDeque::new(),
            refused: Told::default(),
            full: Told::default(),
            crowded: Told::default(),
        };
        let streams = stream::unfold(door, |mut door| async {
            let guest = door.next().await;
            Some((Ok(guest), door))
        });
        Self(streams.boxed())
    }
}

impl futures::Stream for Incoming {
    type Item = io::Result<Guest>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

struct Door {
    listener: TcpListener,
    tls: Option<Acceptor>,
    places: Arc<Semaphore>,
    /// Each in a task of its own: they compute.
    handshakes: JoinSet<Result<Guest, (SocketAddr, Refused)>>,
    /// The oldest first; some may have ended.
    order: VecDeque<AbortHandle>,
    refused: Told,
    full: Told,
    crowded: Told,
}

impl Door {
    async fn next(&mut self) -> Guest {
        loop {
            tokio::select! {
                biased;
                Some(done) = self.handshakes.join_next() => match done {
                    Ok(Ok(guest)) => return guest,
                    Ok(Err((_, Refused::Gone))) => {}
                    Ok(Err((from, refused))) => self.tell(from, &refused),
                    // It was given up for another one.
                    Err(_) => {}
                },
                taken = self.listener.accept() => match taken {
                    Ok((tcp, from)) => {
                        if let Some(guest) = self.take(tcp, from) {
                            return guest;
                        }
                    }
                    Err(error) => self.wait(&error).await,
                },
            }
        }
    }

    /// A connection that needs no handshake; any other begins it.
    fn take(&mut self, tcp: TcpStream, from: SocketAddr) -> Option<Guest> {
        let place = self.place(from)?;
        // A connection that is gone already shows soon enough.
        let _delayed = tcp.set_nodelay(true);
        let Some(tls) = &self.tls else {
            return Some(Guest::new(Stream::Plain(tcp), place));
        };
        let config = tls.config();
        if self.order.len() >= HANDSHAKES_MAX {
            self.order.retain(|it| !it.is_finished());
        }
        if self.order.len() >= HANDSHAKES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            oldest.abort();
        }
        let handshake = async move {
            match greet(tcp, config, HANDSHAKE_MAX).await {
                Ok(stream) => Ok(Guest::new(Stream::Tls(Box::new(stream)), place)),
                Err(refused) => Err((from, refused)),
            }
        };
        self.order.push_back(self.handshakes.spawn(handshake));
        None
    }

    /// A place for one more, if there is one left.
    fn place(&mut self, from: SocketAddr) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        if place.is_none()
            && let Some(more) = self.crowded.again()
        {
            let from = from.ip();
            tracing::warn!(%from, more, "a connection is closed: there are too many");
        }
        place
    }

    fn tell(&mut self, from: SocketAddr, refused: &Refused) {
        if let Some(tls) = &self.tls {
            tls.figures.refused();
        }
        if let Some(more) = self.refused.again() {
            let from = from.ip();
            tracing::warn!(%from, reason = %refused, more, "a connection is refused");
        }
    }

    /// Most errors are of one caller, and the next one does better. A process that has no room for
    /// another connection has some when one ends.
    async fn wait(&mut self, error: &io::Error) {
        if let Some(more) = self.full.again() {
            tracing::warn!(%error, more, "a connection cannot be taken");
        }
        sleep(BREATH).await;
    }
}

impl Connected for Stream {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        match self {
            Self::Plain(_) => Caller::default(),
            Self::Tls(tls) => {
                let certificates = tls.get_ref().1.peer_certificates();
                Caller::of(certificates.and_then(<[_]>::first))
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(it) => Pin::new(it).poll_read(context, into),
            Self::Tls(it) => Pin::new(it).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(it) => Pin::new(it).poll_write(context, bytes),
            Self::Tls(it) => Pin::new(it).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(it) => Pin::new(it).poll_write_vectored(context, bytes),
            Self::Tls(it) => Pin::new(it).poll_write_vectored(context, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(it) => it.is_write_vectored(),
            Self::Tls(it) => it.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(it) => Pin::new(it).poll_flush(context),
            Self::Tls(it) => Pin::new(it).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(it) => Pin::new(it).poll_shutdown(context),
            Self::Tls(it) => Pin::new(it).poll_shutdown(context),
        }
    }
}
