//! One connection, from its handshake to its end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use ackord_tls::Acceptor;
use axum::Router;
use axum::extract::Request;
use axum::http::Version;
use axum::response::Response;
use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use http_body::Body;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::heard::Heard;
use crate::kept::Kept;
use crate::limits::{CONNECTION_WINDOW, Limits, SEND_BUFFER, STREAM_WINDOW};
use crate::metrics::{ConnectionMetrics, Ended};
use crate::stop::Stop;
use crate::watch::{Expired, Watch};
use crate::wire::Wire;

/// What all connections of a server have in common.
pub(crate) struct House {
    pub(crate) router: Router,
    pub(crate) tls: Option<Acceptor>,
    pub(crate) limits: Limits,
    pub(crate) http: auto::Builder<TokioExecutor>,
    pub(crate) metrics: ConnectionMetrics,
    pub(crate) stop: Stop,
}

/// From where a request comes: among its extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct From(pub SocketAddr);

/// HTTP as it is spoken here. Without its timers none of its times would be kept.
pub(crate) fn http(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        // Headers have a shorter time of their own, in `watch`.
        .header_read_timeout(limits.idle + limits.head)
        .max_headers(limits.head_fields)
        .max_buf_size(limits.head_bytes)
        .half_close(false);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(limits.resets)
        .max_local_error_reset_streams(limits.resets)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(limits.ping)
        .keep_alive_timeout(limits.ping_answer);
    http
}

/// Serves a connection until it ends.
pub(crate) async fn serve(house: Arc<House>, tcp: TcpStream, from: SocketAddr) {
    let _open = house.metrics.opened();
    // A connection that is gone already shows soon enough.
    let _delayed = tcp.set_nodelay(true);
    let shaken = match &house.tls {
        None => ackord_tls::Stream::Plain(tcp),
        Some(tls) => match tls.shake(tcp, house.limits.handshake).await {
            Ok(stream) => stream,
            Err(refused) => {
                tracing::debug!(%from, reason = %refused, "a handshake is refused");
                return house.metrics.ended(Ended::Handshake);
            }
        },
    };
    let watch = Watch::new(house.limits.head, house.limits.idle);
    let wire = Wire::new(shaken, watch.clone(), house.limits.linger);
    let (kept, let_go) = Kept::new();
    let desk = Desk {
        router: house.router.clone(),
        watch: watch.clone(),
        from,
        kept,
    };
    speak(&house, wire, desk, &watch).await;
    let_go.all().await;
}

/// Speaks HTTP until the connection ends, or another protocol takes it over.
async fn speak(house: &House, wire: Wire, desk: Desk, watch: &Watch) {
    let from = desk.from;
    let io = TokioIo::new(wire);
    let served = house
        .http
        .serve_connection_with_upgrades(io, TowerToHyperService::new(desk));
    let mut served = std::pin::pin!(served);
    let ended = tokio::select! {
        biased;
        ended = served.as_mut() => Some(ended),
        () = house.stop.clone() => None,
        expired = watch.expired() => match expired {
            Expired::Head => return house.metrics.ended(Ended::SlowHead),
            Expired::Idle => {
                house.metrics.ended(Ended::Idle);
                None
            }
        },
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            served.as_mut().graceful_shutdown();
            watch.hurry(house.limits.linger);
            tokio::select! {
                biased;
                ended = served => ended,
                // It does not take the hint.
                _ = watch.expired() => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%from, error = &*error, "a connection is broken off");
        house.metrics.ended(Ended::Broken);
    }
}

/// Where the requests of a connection come in.
#[derive(Clone)]
struct Desk {
    router: Router,
    watch: Watch,
    from: SocketAddr,
    kept: Kept,
}

impl<B> Service<Request<B>> for Desk
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let served = self.watch.serve(request.version() == Version::HTTP_2);
        let mut request = request.map(|it| Heard::new(it, self.watch.clone()));
        request.extensions_mut().insert(From(self.from));
        request.extensions_mut().insert(self.kept.clone());
        let answer = self.router.call(request);
        async move {
            let answer = answer.await;
            drop(served);
            answer
        }
        .boxed()
    }
}
