//! Limits between nodes.

use std::time::Duration;

/// Bytes of one message. Replication cuts at less, but one entry may be larger than its cut.
pub(crate) const MESSAGE_MAX: usize = 16 << 20;
/// Bytes of one stream that may be on their way before the receiver has looked at them.
pub(crate) const STREAM_WINDOW: u32 = 4 << 20;
/// Bytes of one connection that may be.
pub(crate) const CONNECTION_WINDOW: u32 = 16 << 20;
/// Connections at a time: far more than peers make, and fewer than there may be files.
#[cfg(not(madsim))]
pub(crate) const CONNECTIONS_MAX: usize = 1024;
/// Calls of one connection at a time.
pub(crate) const CALLS_PER_CONNECTION: u32 = 256;

/// How long a connection may take to come about.
pub(crate) const CONNECT_MAX: Duration = Duration::from_secs(1);
/// Between signs of life on an idle connection.
pub(crate) const KEEPALIVE: Duration = Duration::from_secs(2);
/// Without an answer to one for this long, the connection is gone.
pub(crate) const KEEPALIVE_MAX: Duration = Duration::from_secs(3);
/// How long a node that is no member yet waits for an answer.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(5);
