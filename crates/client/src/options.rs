//! What a client needs to know.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Settings of a [`Client`](crate::Client).
#[derive(Clone)]
pub struct Options {
    /// Addresses of nodes, such as `https://node-1.example:7400`; at least one. Any node takes any
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
    /// Reads see everything that was decided before they were made, whoever did it: the node that
    /// is asked asks the leader first. Default no: they see what this client itself was answered.
    pub fresh: bool,
    /// Whom to trust, where servers are named as `https://`. Default: as this machine does.
    pub tls: Tls,
    /// Lets the token go to other machines in plain text, where servers are named as `http://`.
    /// Default no.
    pub insecure: bool,
}

/// Whom a client trusts, and who it is. The files are PEM; each connection reads them anew, so they
/// may be replaced at any time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// The CA that vouches for the servers. None: those that this machine trusts.
    pub ca: Option<PathBuf>,
    /// For whom the servers' certificates are. None: for the host that is called.
    pub server_name: Option<String>,
    /// What the client shows, where servers ask for a certificate.
    pub identity: Option<Identity>,
}

/// A certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate's file.
    pub cert: PathBuf,
    /// The key's.
    pub key: PathBuf,
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
            fresh: false,
            tls: Tls::default(),
            insecure: false,
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
            .field("fresh", &self.fresh)
            .field("tls", &self.tls)
            .field("insecure", &self.insecure)
            .finish()
    }
}
