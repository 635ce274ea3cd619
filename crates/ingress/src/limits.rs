//! What strangers may take of this node. Each limit acts by itself: see the test of its name.

use std::time::Duration;

/// The limits of an HTTP server. A sender that keeps to the habits of HTTP meets none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; a further one is closed at once.
    pub connections: usize,
    /// Connections at a time of one address, or of one /64 network of version 6. Behind a proxy all
    /// come from the proxy's.
    pub connections_per_address: usize,
    /// From a connection to the end of its TLS handshake.
    pub handshake: Duration,
    /// From the first byte of a request to the last of its header; for the first request of a
    /// connection, from the connection's beginning.
    pub head: Duration,
    /// From the end of a request's header to the end of its body.
    pub body: Duration,
    /// Without a request; longer than senders keep their idle connections, for one that is closed
    /// just as a request is sent loses it.
    pub idle: Duration,
    /// Bytes of a request's header.
    pub head_bytes: usize,
    /// Fields of a request's header.
    pub head_fields: usize,
    /// Requests of one HTTP/2 connection at a time.
    pub streams: u32,
    /// Requests that an HTTP/2 caller takes back before they were begun; with more at a time its
    /// connection ends.
    pub resets: usize,
    /// Between signs of life on an HTTP/2 connection.
    pub ping: Duration,
    /// Without an answer to one for this long, an HTTP/2 connection ends.
    pub ping_answer: Duration,
    /// Bytes of all requests that are being read, or worked on, at a time; beyond, requests are told to
    /// come again.
    pub bodies_bytes: usize,
    /// How long a caller is heard out that was answered before it had said all: a connection that is
    /// closed with bytes unread takes the answer with it.
    pub linger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_address: 512,
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            idle: Duration::from_secs(120),
            head_bytes: 32 << 10,
            head_fields: 100,
            streams: 128,
            resets: 64,
            ping: Duration::from_secs(20),
            ping_answer: Duration::from_secs(10),
            bodies_bytes: 256 << 20,
            linger: Duration::from_secs(2),
        }
    }
}

/// Bytes that an HTTP/2 caller may send of one body before they are read.
pub(crate) const STREAM_WINDOW: u32 = 128 << 10;
/// The same, of all bodies of one connection.
pub(crate) const CONNECTION_WINDOW: u32 = 512 << 10;
/// Bytes of answers that wait for an HTTP/2 caller to take them.
pub(crate) const SEND_BUFFER: usize = 64 << 10;
/// Bytes that are heard of a caller that was answered before it had said all.
pub(crate) const LINGER_BYTES: usize = 8 << 20;
/// Connections that may wait to be taken.
pub(crate) const WAITING: u32 = 1024;
