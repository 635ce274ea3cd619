//! The port: HTTP on a thread of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval};

use crate::door;
use crate::life::Life;
use crate::page;
use crate::probe::{self, Verdict};

/// How often the node's runtime shows itself.
const PULSE: Duration = Duration::from_secs(1);
/// What is served.
const PATHS: &str = "/livez: whether this process gets on\n\
                     /readyz: whether calls should be sent here\n\
                     /metrics: figures, for Prometheus\n";

/// An address that is ours.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    socket: TcpListener,
}

impl Listener {
    /// Takes an address; port 0 takes a free port.
    ///
    /// # Errors
    /// Somebody else has it, or this machine does not.
    pub fn take(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpListener::bind(address)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Self { address, socket })
    }

    /// The address, with its real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// The port, open until this is dropped.
#[derive(Debug)]
pub struct Operations {
    address: SocketAddr,
    /// Dropped, the thread ends.
    _open: oneshot::Sender<()>,
    pulse: JoinHandle<()>,
}

/// What handlers have at hand.
#[derive(Clone)]
struct Node {
    life: Life,
    data_dir: Arc<PathBuf>,
    /// When the node's runtime has shown itself last.
    seen: Arc<Mutex<Instant>>,
    /// Figures are gathered for one at a time.
    gathering: Arc<tokio::sync::Mutex<()>>,
}

impl Operations {
    /// Opens the port of the node whose life this is, and whose runtime this is called in.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn open(listener: Listener, life: Life, data_dir: PathBuf) -> io::Result<Self> {
        let Listener { address, socket } = listener;
        let seen = Arc::new(Mutex::new(Instant::now()));
        let node = Node {
            life,
            data_dir: Arc::new(data_dir),
            seen: Arc::clone(&seen),
            gathering: Arc::default(),
        };
        let (open, closed) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::Builder::new()
            .name("ackord-ops".to_owned())
            .spawn(move || runtime.block_on(serve(socket, node, closed)))?;
        Ok(Self {
            address,
            _open: open,
            pulse: tokio::spawn(pulse(seen)),
        })
    }

    /// The address, with its real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Operations {
    fn drop(&mut self) {
        self.pulse.abort();
    }
}

/// Shows that the runtime gets on.
async fn pulse(seen: Arc<Mutex<Instant>>) {
    let mut ticks = interval(PULSE);
    loop {
        ticks.tick().await;
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

async fn serve(socket: TcpListener, node: Node, closed: oneshot::Receiver<()>) {
    let router = Router::new()
        .route("/", get(PATHS))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(node);
    let served = async {
        let listener = tokio::net::TcpListener::from_std(socket)?;
        door::serve(listener, router).await;
        Ok::<_, io::Error>(())
    };
    tokio::select! {
        biased;
        // Ends by being dropped.
        _ = closed => {}
        served = served => if let Err(error) = served {
            tracing::error!(%error, "the operations port is closed");
        },
    }
}

async fn livez(State(node): State<Node>) -> Response {
    let seen = *node.seen.lock().unwrap_or_else(PoisonError::into_inner);
    answer(&probe::live(&node.life, seen.elapsed()))
}

async fn readyz(State(node): State<Node>) -> Response {
    answer(&probe::ready(&node.life))
}

fn answer(verdict: &Verdict) -> Response {
    let code = match verdict.is_good() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, verdict.to_string()).into_response()
}

async fn metrics(State(node): State<Node>) -> Response {
    let _one = node.gathering.lock().await;
    let text = page::of(&node.life, &node.data_dir).await;
    ([(header::CONTENT_TYPE, page::CONTENT_TYPE)], text).into_response()
}
