//! What can be set about a node: one TOML file, every key optional but `data_dir`. All of them are
//! shown in `deploy/config.default.toml`.
//!
//! A key that is not known is refused, so that a misspelt one does not silently leave its default
//! in place. Nothing of this reaches the machine: what all members must agree on is set by
//! command.

mod cluster;
mod http;
mod secrets;
mod tls;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::hex;
use crate::server::DRAIN_DEFAULT;

pub use cluster::{Cluster, ClusterError};
pub use http::{Http, HttpLimits, HttpTls};
pub use secrets::{SealingKey, Secrets, SecretsError};
pub use tls::{PeerTls, Tls};

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
    /// Lets others than this machine reach the API in plain text.
    #[serde(default)]
    pub insecure: bool,
    /// The certificate of the API. Not set: it speaks plain text.
    #[serde(default)]
    pub tls: Option<Tls>,
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
    /// Where webhooks come in. Not set: nowhere.
    #[serde(default)]
    pub http: Option<Http>,
    /// Where probes and figures are served, in plain HTTP. Not set: nowhere.
    #[serde(default)]
    pub operations: Option<SocketAddr>,
    /// How long calls under way have to end once the node is asked to stop.
    #[serde(
        default = "drain_default",
        rename = "drain_ms",
        deserialize_with = "millis"
    )]
    pub drain: Duration,
    /// How long the node goes on taking calls once it is asked to stop, and says so: as long as whoever sends
    /// calls here needs to notice.
    #[serde(default, rename = "notice_ms", deserialize_with = "millis")]
    pub notice: Duration,
    /// The keys that seal the secrets of sources. Not set: this node takes and opens none.
    #[serde(default)]
    pub secrets: Option<Secrets>,
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
    /// Between a leader's signs of life. At most 600.
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
    /// No webhook could come in.
    #[error("http.listen: name at least one address, or leave [http] out")]
    NoHttpListener,
    /// Whoever was told where webhooks go would be told wrongly.
    #[error("http.public_url: {0:?} is no http:// or https:// URL that paths can be added to")]
    PublicUrl(String),
    /// Plugins would be told of their event all the time.
    #[error("http.plugin_reminder_ms: it must be more than 0; the default is 301000")]
    PluginReminder,
    /// Nobody could be served.
    #[error("http.limits: each must be more than 0, and bodies_bytes at least {body_max}")]
    HttpLimits {
        /// Bytes of the largest body.
        body_max: usize,
    },
    /// Two listeners want the same port.
    #[error("{first} and {second} clash: give each listener its own port")]
    Clash {
        /// One of them.
        first: SocketAddr,
        /// The other one.
        second: SocketAddr,
    },
    /// Tokens, or the log, would cross the network in plain text.
    #[error(
        "{address} can be reached from other machines, in plain text: name a certificate in \
         [{section}] (`ackord cert dev` makes some to try), listen on 127.0.0.1, or set \
         {switch} if you trust the network"
    )]
    Exposed {
        /// The address.
        address: SocketAddr,
        /// Where its certificate would be named.
        section: &'static str,
        /// What lets it be as it is.
        switch: &'static str,
    },
    /// Whoever has a client's certificate could be a member.
    #[error(
        "tls.client_ca and cluster.tls.ca are the same file, {}: a client's certificate would do \
         for a member; give clients a CA of their own",
        .0.display()
    )]
    SharedCa(PathBuf),
    /// Nobody looks for it.
    #[error("advertise: the configuration has no [cluster], so nobody looks for this node")]
    AdvertisesAlone,
    /// It forms no cluster so.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// It has no keys so.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// Raft would elect without end.
    #[error("raft: needs 0 < heartbeat_ms < election_min_ms < election_max_ms")]
    RaftTimes,
    /// Nodes would take themselves for cut off.
    #[error(
        "raft: heartbeat_ms is at most {HEARTBEAT_MAX_MS}: a node that hears less often of the others takes \
         itself for cut off"
    )]
    HeartbeatMax,
}

/// What a follower knows of its leader's contact may be two heartbeats old and a journey; after 2 s it answers
/// nothing from what it knows.
const HEARTBEAT_MAX_MS: u64 = 600;

impl Config {
    /// The defaults, on this data directory.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            listen: listen_default(),
            insecure: false,
            tls: None,
            cluster_id: None,
            cluster: None,
            admin_token_sha256: None,
            http: None,
            operations: None,
            drain: drain_default(),
            notice: Duration::ZERO,
            secrets: None,
            log: Log::default(),
            raft: Raft::default(),
        }
    }

    /// Reads a file, and validates what it says. `advertise`: where the others reach this node, whatever the
    /// file says of it; for nodes that share one file.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(path: &Path, advertise: Option<String>) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut config: Self = toml::from_str(&text).map_err(|error| ConfigError::Parse {
            path: path.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        })?;
        match (&mut config.cluster, advertise) {
            (Some(cluster), Some(advertise)) => cluster.advertise = Some(advertise),
            (None, Some(_)) => return Err(ConfigError::AdvertisesAlone),
            (_, None) => {}
        }
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
        let listeners: Vec<_> = self.listen.iter().copied().chain(self.operations).collect();
        for (at, first) in listeners.iter().enumerate() {
            if let Some(second) = listeners[at + 1..].iter().find(|it| clash(first, it)) {
                return Err(ConfigError::Clash {
                    first: *first,
                    second: *second,
                });
            }
        }
        if let Some(http) = &self.http {
            let peers = self.cluster.iter().map(|it| it.peer_listen);
            let others: Vec<_> = listeners.iter().copied().chain(peers).collect();
            http.validate(&others)?;
        }
        let is_covered = self.insecure || self.tls.is_some();
        let exposed = self.listen.iter().find(|it| !it.ip().is_loopback());
        if let Some(address) = exposed.filter(|_| !is_covered) {
            return Err(ConfigError::Exposed {
                address: *address,
                section: "tls",
                switch: "`insecure = true`",
            });
        }
        if let Some(cluster) = &self.cluster {
            cluster.validate(&listeners)?;
        }
        let client_ca = self.tls.as_ref().and_then(|it| it.client_ca.as_ref());
        let peer_ca = self.cluster.as_ref().and_then(|it| it.tls.as_ref());
        if let Some(shared) = client_ca.filter(|ca| peer_ca.is_some_and(|it| it.ca == **ca)) {
            return Err(ConfigError::SharedCa(shared.clone()));
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
        if heartbeat_ms > HEARTBEAT_MAX_MS {
            return Err(ConfigError::HeartbeatMax);
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

fn drain_default() -> Duration {
    DRAIN_DEFAULT
}

fn millis<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    u64::deserialize(from).map(Duration::from_millis)
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
    fn the_configuration_for_kubernetes_is_one() {
        let manifest = include_str!("../../../../deploy/kubernetes.yaml");
        let inside = manifest.split_once("  ackord.toml: |\n").expect("there").1;
        let inside = inside.split_once("---\n").expect("it ends").0;
        let lines = inside.lines().map(str::trim_start);
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("ackord.toml");
        std::fs::write(&path, lines.collect::<Vec<_>>().join("\n")).expect("written");
        for (place, number) in (0..3).zip(1..) {
            let own = format!("ackord-{place}.ackord-peers:7500");
            let config = Config::read(&path, Some(own)).expect("valid");
            let own = config.cluster.and_then(|it| it.own_number());
            assert_eq!(own, Some(ackord_core::id::NodeId(number)));
        }
    }

    #[test]
    fn every_key_is_read() {
        let text = r#"
            data_dir = "/d"
            listen = ["0.0.0.0:1", "127.0.0.1:2"]
            insecure = true
            cluster_id = "000102030405060708090a0b0c0d0e0f"
            admin_token_sha256 = "00000000000000000000000000000000000000000000000000000000000000ff"
            operations = "0.0.0.0:4"
            drain_ms = 4000
            notice_ms = 5000
            [cluster]
            peer_listen = "0.0.0.0:3"
            insecure = true
            advertise = "a.example:3"
            peers = ["a.example:3", "b.example:3"]
            [cluster.tls]
            cert = "/t/peer.crt"
            key = "/t/peer.key"
            ca = "/t/ca.crt"
            [tls]
            cert = "/t/api.crt"
            key = "/t/api.key"
            client_ca = "/t/clients.crt"
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
        let ca = |it: &Config| it.tls.as_ref()?.client_ca.clone();
        assert_eq!(ca(&config), Some(PathBuf::from("/t/clients.crt")));
        let ca = |it: &Config| Some(it.cluster.as_ref()?.tls.as_ref()?.ca.clone());
        assert_eq!(ca(&config), Some(PathBuf::from("/t/ca.crt")));
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
        assert_eq!(config.operations.map(|it| it.port()), Some(4));
        assert_eq!(config.drain, Duration::from_secs(4));
        assert_eq!(config.notice, Duration::from_secs(5));
    }

    #[test]
    fn nodes_that_share_a_file_say_where_each_of_them_is() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("node.toml");
        let alone = "data_dir = '/d'\n";
        let text = alone.to_owned()
            + "[cluster]\npeer_listen = '0.0.0.0:3'\ninsecure = true\npeers = ['a:3', 'b:3']\n";
        std::fs::write(&path, text).expect("written");
        let read = |it: Option<&str>| Config::read(&path, it.map(str::to_owned));
        let config = read(Some("b:3")).expect("valid");
        let own = config.cluster.and_then(|it| it.own_number());
        assert_eq!(own, Some(ackord_core::id::NodeId(2)));
        let nowhere = read(None).expect_err("refused").to_string();
        assert!(nowhere.contains("advertise"), "{nowhere}");
        std::fs::write(&path, alone).expect("written");
        let alone = read(Some("b:3")).expect_err("refused").to_string();
        assert!(alone.contains("no [cluster]"), "{alone}");
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        assert!(refused("data_dir = '/d'\nlisten_on = []").contains("listen_on"));
        assert!(refused("data_dir = '/d'\n[raft]\nheartbeat = 1").contains("heartbeat"));
        assert!(refused("data_dir = '/d'\n[cluster]\npeer = 1").contains("peer"));
        assert!(refused("data_dir = '/d'\n[tls]\nca = 'c'").contains("ca"));
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
        let operations = refused("data_dir = '/d'\noperations = '127.0.0.1:7400'");
        assert!(operations.contains("clash"));
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
        assert!(refused(text).contains("[tls]"));
        assert!(parse(&format!("{text}insecure = true")).is_ok());
        assert!(parse(&format!("{text}[tls]\ncert = 'c'\nkey = 'k'")).is_ok());
    }

    #[test]
    fn probes_may_come_from_anywhere_for_they_are_told_no_secret() {
        assert!(parse("data_dir = '/d'\noperations = '0.0.0.0:7600'").is_ok());
    }

    #[test]
    fn clients_have_another_ca_than_members() {
        let text = |clients: &str| {
            format!(
                "data_dir = '/d'\n[cluster]\npeer_listen = '127.0.0.1:1'\npeers = ['127.0.0.1:1']\n\
                 [cluster.tls]\ncert = 'c'\nkey = 'k'\nca = 'ca'\n\
                 [tls]\ncert = 'c'\nkey = 'k'\nclient_ca = '{clients}'"
            )
        };
        assert!(refused(&text("ca")).contains("a CA of their own"));
        assert!(parse(&text("clients")).is_ok());
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
        let slow = "heartbeat_ms = 601\nelection_min_ms = 2000\nelection_max_ms = 4000";
        let words = refused(&format!("data_dir = '/d'\n[raft]\n{slow}"));
        assert!(words.contains("at most 600"), "{words}");
    }
}
