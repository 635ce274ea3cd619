//! What can be set about a node: one TOML file, every key optional but `data_dir`. All of them are
//! shown in `deploy/config.default.toml`.
//!
//! A key that is not known is refused, so that a misspelt one does not silently leave its default
//! in place. Nothing of this reaches the machine: what all members must agree on is set by
//! command.

mod cluster;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::hex;

pub use cluster::{Cluster, ClusterError};

/// Where the API is served unless something else is said.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:7400";

/// A node's configuration. [`Config::validate`] it before use.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the node keeps its log and rows. Made if it does not exist. One node each.
    pub data_dir: PathBuf,
    /// The addresses that serve the API, at least one. Port 0 takes a free one.
    #[serde(default = "listen_default")]
    pub listen: Vec<SocketAddr>,
    /// Lets others than this machine reach the API and the peer port, in plain text.
    #[serde(default)]
    pub insecure: bool,
    /// The cluster that the data must belong to, 32 hexadecimal digits. Not set: whichever it is.
    #[serde(default, deserialize_with = "cluster_id")]
    pub cluster_id: Option<u128>,
    /// SHA-256 of the first admin token's secret, 64 hexadecimal digits. Needed where a cluster
    /// begins, ignored later.
    #[serde(default, deserialize_with = "hash")]
    pub admin_token_sha256: Option<[u8; 32]>,
    /// With whom the node forms a cluster. Not set: it is alone.
    #[serde(default)]
    pub cluster: Option<Cluster>,
    /// What is logged, and how.
    #[serde(default)]
    pub log: Log,
    /// When a leader is missed.
    #[serde(default)]
    pub raft: Raft,
}

/// What is logged, and how. Logs go to the standard error output.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// The form.
    pub format: LogFormat,
    /// Which: a level, or levels by module, such as `info,ackord_raft=debug`.
    pub filter: String,
}

/// The form of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// An object a line, for programs.
    Json,
}

/// When a leader is missed, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Raft {
    /// Between a leader's signs of life.
    pub heartbeat_ms: u64,
    /// Shortest silence after which a node stands for election.
    pub election_min_ms: u64,
    /// Longest such silence.
    pub election_max_ms: u64,
}

/// Why a node does not run on this configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such file, or it cannot be read.
    #[error("read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not TOML, or a key is unknown, missing or of another kind.
    #[error("{}: {reason}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// Nobody could reach the node.
    #[error("listen: name at least one address")]
    NoListener,
    /// Two listeners want the same port.
    #[error("{first} and {second} clash: give each listener its own port")]
    Clash {
        /// One of them.
        first: SocketAddr,
        /// The other one.
        second: SocketAddr,
    },
    /// Tokens would cross the network in plain text.
    #[error(
        "{0} can be reached from other machines, in plain text: listen on 127.0.0.1, or set \
         `insecure = true` if you trust the network"
    )]
    Exposed(SocketAddr),
    /// It forms no cluster so.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Raft would elect without end.
    #[error("raft: needs 0 < heartbeat_ms < election_min_ms < election_max_ms")]
    RaftTimes,
}

impl Config {
    /// The defaults, on this data directory.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            listen: listen_default(),
            insecure: false,
            cluster_id: None,
            cluster: None,
            admin_token_sha256: None,
            log: Log::default(),
            raft: Raft::default(),
        }
    }

    /// Reads a file, and validates what it says.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let config: Self = toml::from_str(&text).map_err(|error| ConfigError::Parse {
            path: path.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        })?;
        config.validate()
    }

    /// The same, if a node can run on it.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn validate(self) -> Result<Self, ConfigError> {
        if self.listen.is_empty() {
            return Err(ConfigError::NoListener);
        }
        for (at, first) in self.listen.iter().enumerate() {
            if let Some(second) = self.listen[at + 1..].iter().find(|it| clash(first, it)) {
                return Err(ConfigError::Clash {
                    first: *first,
                    second: *second,
                });
            }
        }
        let exposed = self.listen.iter().find(|it| !it.ip().is_loopback());
        if let Some(address) = exposed.filter(|_| !self.insecure) {
            return Err(ConfigError::Exposed(*address));
        }
        if let Some(cluster) = &self.cluster {
            cluster.validate(&self.listen, self.insecure)?;
        }
        let Raft {
            heartbeat_ms,
            election_min_ms,
            election_max_ms,
        } = self.raft;
        if heartbeat_ms == 0
            || heartbeat_ms >= election_min_ms
            || election_min_ms >= election_max_ms
        {
            return Err(ConfigError::RaftTimes);
        }
        Ok(self)
    }
}

/// Whether one of them would keep the other from its port.
fn clash(first: &SocketAddr, second: &SocketAddr) -> bool {
    let everywhere = first.ip().is_unspecified() || second.ip().is_unspecified();
    first.port() == second.port() && first.port() != 0 && (first.ip() == second.ip() || everywhere)
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::default(),
            filter: "info".to_owned(),
        }
    }
}

impl Default for Raft {
    fn default() -> Self {
        Self {
            heartbeat_ms: 150,
            election_min_ms: 600,
            election_max_ms: 1200,
        }
    }
}

impl From<Raft> for ackord_raft::Timing {
    fn from(raft: Raft) -> Self {
        Self {
            heartbeat: Duration::from_millis(raft.heartbeat_ms),
            election_min: Duration::from_millis(raft.election_min_ms),
            election_max: Duration::from_millis(raft.election_max_ms),
        }
    }
}

fn listen_default() -> Vec<SocketAddr> {
    vec![LISTEN_DEFAULT.parse().expect("a valid address")]
}

fn cluster_id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u128>, D::Error> {
    digits(from, "32 hexadecimal digits").map(|it| Some(u128::from_be_bytes(it)))
}

fn hash<'de, D: Deserializer<'de>>(from: D) -> Result<Option<[u8; 32]>, D::Error> {
    digits(from, "64 hexadecimal digits").map(Some)
}

fn digits<'de, const N: usize, D>(from: D, expected: &'static str) -> Result<[u8; N], D::Error>
where
    D: Deserializer<'de>,
{
    let text = String::deserialize(from)?;
    let unexpected = serde::de::Unexpected::Str(&text);
    hex::decode(&text).ok_or_else(|| serde::de::Error::invalid_value(unexpected, &expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(text).map_err(|it| it.to_string())?;
        config.validate().map_err(|it| it.to_string())
    }

    fn refused(text: &str) -> String {
        parse(text).expect_err("refused")
    }

    #[test]
    fn a_data_directory_is_all_that_must_be_said() {
        assert_eq!(parse("data_dir = '/d'"), Ok(Config::new("/d")));
    }

    #[test]
    fn the_default_file_shows_the_defaults() {
        let shown = parse(include_str!("../../../../deploy/config.default.toml"));
        assert_eq!(shown, Ok(Config::new("/var/lib/ackord")));
    }

    #[test]
    fn every_key_is_read() {
        let text = r#"
            data_dir = "/d"
            listen = ["0.0.0.0:1", "127.0.0.1:2"]
            insecure = true
            cluster_id = "000102030405060708090a0b0c0d0e0f"
            admin_token_sha256 = "00000000000000000000000000000000000000000000000000000000000000ff"
            [cluster]
            peer_listen = "0.0.0.0:3"
            advertise = "a.example:3"
            peers = ["a.example:3", "b.example:3"]
            [log]
            format = "json"
            filter = "debug"
            [raft]
            heartbeat_ms = 1
            election_min_ms = 2
            election_max_ms = 3
        "#;
        let config = parse(text).expect("valid");
        assert_eq!(
            config.cluster_id,
            Some(0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f)
        );
        let own = config.cluster.and_then(|it| it.own_number());
        assert_eq!(own, Some(ackord_core::id::NodeId(1)));
        assert_eq!(config.admin_token_sha256.map(|it| it[31]), Some(255));
        assert_eq!(
            config.log,
            Log {
                format: LogFormat::Json,
                filter: "debug".to_owned()
            }
        );
        assert_eq!(config.raft.election_max_ms, 3);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        assert!(refused("data_dir = '/d'\nlisten_on = []").contains("listen_on"));
        assert!(refused("data_dir = '/d'\n[raft]\nheartbeat = 1").contains("heartbeat"));
        assert!(refused("data_dir = '/d'\n[cluster]\npeer = 1").contains("peer"));
    }

    #[test]
    fn listeners_that_clash_are_refused() {
        let clash = |one: &str, two: &str| {
            refused(&format!(
                "data_dir = '/d'\ninsecure = true\nlisten = ['{one}', '{two}']"
            ))
        };
        assert!(clash("127.0.0.1:7400", "127.0.0.1:7400").contains("clash"));
        assert!(clash("0.0.0.0:7400", "127.0.0.1:7400").contains("clash"));
        assert!(clash("[::]:7400", "127.0.0.1:7400").contains("clash"));
    }

    #[test]
    fn listeners_apart_are_not_refused() {
        let apart = "data_dir = '/d'\nlisten = ['127.0.0.1:7400', '[::1]:7400', '127.0.0.1:0']";
        assert!(parse(apart).is_ok());
    }

    #[test]
    fn others_reach_the_api_only_if_that_is_said() {
        let text = "data_dir = '/d'\nlisten = ['10.0.0.1:7400']\n";
        assert!(refused(text).contains("insecure = true"));
        assert!(parse(&format!("{text}insecure = true")).is_ok());
    }

    #[test]
    fn a_node_without_a_listener_is_refused() {
        assert!(refused("data_dir = '/d'\nlisten = []").contains("at least one"));
    }

    #[test]
    fn a_hash_of_another_length_is_refused() {
        assert!(refused("data_dir = '/d'\nadmin_token_sha256 = 'ff'").contains("64 hexadecimal"));
    }

    #[test]
    fn times_that_do_not_fit_together_are_refused() {
        assert!(refused("data_dir = '/d'\n[raft]\nheartbeat_ms = 700").contains("heartbeat_ms"));
    }
}
