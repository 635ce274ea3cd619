//! Stands between clients and a node, and at times lets an answer go missing: what clients say still
//! reaches the node, what the node says is swallowed, and then both are hung up on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rand::RngExt;
use tokio::io::AsyncReadExt;
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::load::Tasks;

/// How long a connection is faithful, in milliseconds.
const FAITHFUL_MS: std::ops::Range<u64> = 50..2000;
/// How long its answers go missing before it ends, in milliseconds.
const SWALLOWING_MS: std::ops::Range<u64> = 5..200;
/// Bytes of one read.
const CHUNK: usize = 64 << 10;

/// A relay to one node. Ends with its handle, and with it all connections.
#[derive(Debug)]
pub struct Relay {
    /// Where clients reach it.
    pub address: SocketAddr,
    swallowed: Arc<AtomicUsize>,
    _tasks: Tasks,
}

impl Relay {
    /// A relay to `node`.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start(node: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let swallowed = Arc::new(AtomicUsize::new(0));
        Ok(Self {
            address: listener.local_addr()?,
            _tasks: Tasks::spawn(serve(listener, node, Arc::clone(&swallowed))),
            swallowed,
        })
    }

    /// Connections of which some answer went missing.
    #[must_use]
    pub fn swallowed(&self) -> usize {
        self.swallowed.load(Ordering::Relaxed)
    }
}

async fn serve(listener: TcpListener, node: SocketAddr, swallowed: Arc<AtomicUsize>) {
    let mut connections = Vec::new();
    while let Ok((client, _)) = listener.accept().await {
        let swallowed = Arc::clone(&swallowed);
        connections.retain(|it: &Tasks| !it.ended());
        connections.push(Tasks::spawn(async move {
            // A client whose connection breaks makes another one.
            if let Ok(server) = TcpStream::connect(node).await
                && carry(client, server).await.is_ok_and(|it| it > 0)
            {
                swallowed.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
}

/// Carries both ways for a while, then one way for a while. Returns the bytes that went missing.
async fn carry(client: TcpStream, server: TcpStream) -> std::io::Result<usize> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let length = |range| Duration::from_millis(rand::rng().random_range(range));
    let (faithful, swallowing) = (length(FAITHFUL_MS), length(SWALLOWING_MS));
    let questions = tokio::io::copy(&mut from_client, &mut to_server);
    let answers = async {
        let carried = tokio::io::copy(&mut from_server, &mut to_client);
        match tokio::time::timeout(faithful, carried).await {
            Ok(ended) => ended.map(|_| 0),
            Err(_over) => Ok(swallow(&mut from_server, swallowing).await),
        }
    };
    // Whoever hangs up first ends both.
    tokio::select! {
        biased;
        missing = answers => missing,
        ended = questions => ended.map(|_| 0),
    }
}

/// Reads for so long, and counts.
async fn swallow(from: &mut OwnedReadHalf, length: Duration) -> usize {
    let mut missing = 0;
    let reading = async {
        let mut chunk = vec![0; CHUNK];
        while let Ok(bytes @ 1..) = from.read(&mut chunk).await {
            missing += bytes;
        }
    };
    tokio::select! {
        biased;
        () = reading => {}
        () = sleep(length) => {}
    }
    missing
}
