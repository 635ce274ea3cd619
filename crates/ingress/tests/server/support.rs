//! A server that tells how long a body is, and callers of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ackord_ingress::body::{Room, Unread};
use ackord_ingress::{ConnectionMetrics, Limits, Port, serve};
use ackord_tls::Acceptor;
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures::FutureExt;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Bytes that a body may have.
pub(crate) const BODY_MAX: usize = 1000;
/// For a time that must not pass in a test.
pub(crate) const LONG: Duration = Duration::from_secs(600);
/// For one that is to pass.
pub(crate) const SHORT: Duration = Duration::from_millis(100);
/// For one that is to pass, but not before what comes first, however busy the machine is.
pub(crate) const ENOUGH: Duration = Duration::from_secs(2);
/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// The beginning of a request with a body.
pub(crate) const POST: &str = "POST /length HTTP/1.1\r\nHost: here\r\n";
/// A whole request.
pub(crate) const WHOLE: &str =
    "POST /length HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\nabc";

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Requests for `/wait` are answered by its permits.
    pub(crate) gate: Arc<Semaphore>,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) served: JoinHandle<()>,
    figures: Registry,
}

/// Nothing passes but what a test makes short.
pub(crate) fn patient() -> Limits {
    Limits {
        handshake: LONG,
        head: LONG,
        body: LONG,
        idle: LONG,
        ping: LONG,
        ping_answer: LONG,
        ..Limits::default()
    }
}

impl Server {
    pub(crate) fn start(limits: Limits) -> Self {
        Self::start_with(limits, None)
    }

    pub(crate) fn start_with(limits: Limits, tls: Option<Acceptor>) -> Self {
        let gate = Arc::new(Semaphore::new(0));
        let room = Room::new(limits.bodies_bytes);
        let within = limits.body;
        let length = move |body: Body| async move { length(&room, body, within).await };
        let wait = {
            let gate = Arc::clone(&gate);
            move || async move {
                gate.acquire().await.expect("never closed").forget();
                "waited"
            }
        };
        let router = Router::new()
            .route("/length", post(length))
            .route("/wait", get(wait));
        let port = Port::take("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let address = port.address();
        let listener = port.open(tls).expect("ours");
        let (stop, stopped) = oneshot::channel();
        let stopped = stopped.map(|_| ()).boxed().shared();
        let metrics = ConnectionMetrics::default();
        let mut figures = Registry::default();
        metrics.register(&mut figures);
        let served = tokio::spawn(serve(listener, router, limits, metrics, stopped));
        Self {
            address,
            gate,
            stop: Some(stop),
            served,
            figures,
        }
    }

    pub(crate) fn stop(&mut self) {
        self.stop.take();
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// How many connections ended for this reason.
    pub(crate) fn ended(&self, reason: &str) -> u64 {
        let mut text = String::new();
        encode(&mut text, &self.figures).expect("a text takes any text");
        let name = format!("http_connections_ended_total{{reason=\"{reason}\"}} ");
        let line = text.lines().find_map(|it| it.strip_prefix(&name));
        line.map_or(0, |it| it.parse().expect("a number"))
    }
}

async fn length(room: &Room, body: Body, within: Duration) -> Response {
    match room.read(body, BODY_MAX, within).await {
        Ok(whole) => whole.bytes.len().to_string().into_response(),
        Err(unread) => match unread {
            Unread::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Unread::Slow => StatusCode::REQUEST_TIMEOUT,
            Unread::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            Unread::Broken => StatusCode::BAD_REQUEST,
        }
        .into_response(),
    }
}

/// Says something; it may be that nobody listens any more.
pub(crate) async fn say(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes()).await;
}

/// Waits for what must come.
pub(crate) async fn in_time<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let waited = timeout(PATIENCE, wait).await;
    waited.unwrap_or_else(|_| panic!("never: {what}"))
}

/// All that comes until the server closes.
pub(crate) async fn hear_all(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    // A reset is an end, too.
    let _ = in_time("the server closes", stream.read_to_end(&mut heard)).await;
    String::from_utf8_lossy(&heard).into_owned()
}

/// An answer of which the body ends with `end`; the connection may stay.
pub(crate) async fn hear(stream: &mut TcpStream, end: &str) -> String {
    let mut heard = String::new();
    let mut some = [0; 1024];
    while !heard.ends_with(end) {
        let read = in_time("more of an answer", stream.read(&mut some)).await;
        let bytes = read.expect("an answer");
        assert_ne!(bytes, 0, "closed after {heard:?}");
        heard.push_str(&String::from_utf8_lossy(&some[..bytes]));
    }
    heard
}

/// Says one thing over and over until the server closes, and what it said by then.
pub(crate) async fn drip(stream: TcpStream, drop: &str, pause: Duration) -> String {
    let (mut from, mut to) = stream.into_split();
    let mut heard = Vec::new();
    let dripping = async {
        while to.write_all(drop.as_bytes()).await.is_ok() {
            tokio::time::sleep(pause).await;
        }
        std::future::pending::<()>().await;
    };
    let closed = in_time("the server closes", from.read_to_end(&mut heard));
    tokio::select! {
        _ = closed => {}
        () = dripping => {}
    }
    String::from_utf8_lossy(&heard).into_owned()
}
