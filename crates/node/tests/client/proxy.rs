//! A link to a node that can lose answers: what goes to the node arrives, what comes back does not,
//! until the connection is cut. It can also close for good, as a node does that dies.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// See the module.
pub(crate) struct Proxy {
    address: SocketAddr,
    link: Arc<Link>,
}

struct Link {
    /// Answers are swallowed.
    mute: AtomicBool,
    /// New connections are closed at once.
    closed: AtomicBool,
    /// Raised to cut all connections.
    cuts: watch::Sender<u32>,
}

impl Proxy {
    /// Passes everything on to the node, for now.
    pub(crate) async fn to(node: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let link = Arc::new(Link {
            mute: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            cuts: watch::Sender::new(0),
        });
        let of_connections = link.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, node, of_connections.clone()));
            }
        });
        Self { address, link }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Swallows what the node says from now on.
    pub(crate) fn lose_answers(&self) {
        self.link.mute.store(true, Ordering::SeqCst);
    }

    /// Cuts all connections, and lets none in any more.
    pub(crate) fn close(&self) {
        self.link.closed.store(true, Ordering::SeqCst);
        self.cut();
    }

    /// Lets connections in again.
    pub(crate) fn open(&self) {
        self.link.closed.store(false, Ordering::SeqCst);
    }

    /// Connections that are passed on now.
    pub(crate) fn used(&self) -> bool {
        self.link.cuts.receiver_count() > 0
    }

    /// Cuts all connections. New ones lose nothing.
    pub(crate) fn cut(&self) {
        self.link.cuts.send_modify(|it| *it += 1);
        self.link.mute.store(false, Ordering::SeqCst);
    }
}

async fn pass(client: TcpStream, node: SocketAddr, link: Arc<Link>) {
    if link.closed.load(Ordering::SeqCst) {
        return;
    }
    let mut cuts = link.cuts.subscribe();
    let Ok(node) = TcpStream::connect(node).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_node, mut to_node) = node.into_split();
    let there = tokio::spawn(async move {
        // Either end may go at any time.
        let _gone = tokio::io::copy(&mut from_client, &mut to_node).await;
    });
    let mut chunk = vec![0; 64 << 10];
    loop {
        let read = tokio::select! {
            biased;
            _ = cuts.changed() => break,
            read = from_node.read(&mut chunk) => read,
        };
        let Ok(count @ 1..) = read else { break };
        let muted = link.mute.load(Ordering::SeqCst) || cuts.has_changed().unwrap_or(true);
        if !muted && to_client.write_all(&chunk[..count]).await.is_err() {
            break;
        }
    }
    there.abort();
}
