//! What a client needs to know.

use std::fmt;
use std::time::Duration;

/// Settings of a [`Client`](crate::Client).
#[derive(Clone)]
pub struct Options {
    /// Addresses of nodes, such as `http://10.0.0.7:7400`; at least one. Any node takes any
    /// request; the client stays with one and moves on when it fails.
    pub servers: Vec<String>,
    /// The secret of a token.
    pub token: String,
    /// How long a call goes on trying. Default 30 s.
    pub deadline: Duration,
    /// Submits that may wait for their answer at the same time; one more is refused at once as
    /// overloaded. Default 16,384.
    pub submits_max: usize,
    /// Bytes of the submits that may wait for their answer at the same time. Default 64 MiB.
    pub submit_bytes_max: usize,
}

impl Options {
    /// One server, and defaults for the rest.
    pub fn new(server: impl Into<String>, token: impl Into<String>) -> Self {
        Self {
            servers: vec![server.into()],
            token: token.into(),
            deadline: Duration::from_secs(30),
            submits_max: 16_384,
            submit_bytes_max: 64 << 20,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("servers", &self.servers)
            .field("token", &"[REDACTED]")
            .field("deadline", &self.deadline)
            .field("submits_max", &self.submits_max)
            .field("submit_bytes_max", &self.submit_bytes_max)
            .finish()
    }
}
