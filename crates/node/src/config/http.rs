//! Where webhooks come in, and plugins that speak the Clawback protocol.

use std::net::SocketAddr;
use std::path::PathBuf;
#[cfg(not(madsim))]
use std::time::Duration;

use http::Uri;
use serde::Deserialize;

use super::{ConfigError, clash};

/// The port that senders of webhooks reach.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The addresses that serve it. Port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// Lets others than this machine reach it in plain text: behind a proxy that speaks TLS.
    #[serde(default)]
    pub insecure: bool,
    /// The certificate that senders see. Not set: it speaks plain text.
    #[serde(default)]
    pub tls: Option<HttpTls>,
    /// Where the rest of the world reaches it, such as `https://hooks.example.org`: told to plugins that
    /// ask where webhooks go. Not set: the host that they call themselves.
    #[serde(default)]
    pub public_url: Option<String>,
    /// A plugin that has had an event for so long is told of it again, under the same id, in milliseconds: a
    /// little longer than the plugin remembers what it has. The published one forgets after 300 s.
    #[serde(default = "plugin_reminder_ms_default")]
    pub plugin_reminder_ms: u64,
    /// What strangers may take of this node.
    #[serde(default)]
    pub limits: HttpLimits,
}

/// One second after the published plugin has forgotten.
const fn plugin_reminder_ms_default() -> u64 {
    301_000
}

/// The certificate that senders of webhooks see.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTls {
    /// The certificate, with those that vouch for it behind it.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What strangers may take of this node; times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpLimits {
    /// Connections at a time.
    pub connections: usize,
    /// Connections at a time of one address, or of one /64 network of version 6.
    pub connections_per_address: usize,
    /// From a connection to the end of its TLS handshake.
    pub handshake_ms: u64,
    /// For the header of a request; for the first one, from the connection's beginning.
    pub head_ms: u64,
    /// For the body of a request, from the end of its header.
    pub body_ms: u64,
    /// How long a connection may rest between requests.
    pub idle_ms: u64,
    /// Requests of one HTTP/2 connection at a time.
    pub streams: u32,
    /// Bytes of all bodies that are worked on at a time.
    pub bodies_bytes: usize,
}

impl Http {
    /// At this address, with nothing else said.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self {
            listen: vec![address],
            insecure: false,
            tls: None,
            public_url: None,
            plugin_reminder_ms: plugin_reminder_ms_default(),
            limits: HttpLimits::default(),
        }
    }

    /// Checks it, beside the other listeners of the node.
    pub(super) fn validate(&self, others: &[SocketAddr]) -> Result<(), ConfigError> {
        if self.listen.is_empty() {
            return Err(ConfigError::NoHttpListener);
        }
        for (at, own) in self.listen.iter().enumerate() {
            let rest = others.iter().chain(&self.listen[at + 1..]);
            if let Some(other) = rest.into_iter().find(|it| clash(it, own)) {
                return Err(ConfigError::Clash {
                    first: *other,
                    second: *own,
                });
            }
        }
        let is_covered = self.insecure || self.tls.is_some();
        let open = self.listen.iter().find(|it| !it.ip().is_loopback());
        if let Some(address) = open.filter(|_| !is_covered) {
            return Err(ConfigError::Exposed {
                address: *address,
                section: "http.tls",
                switch: "`insecure = true` in [http]",
            });
        }
        if let Some(url) = self.public_url.as_ref().filter(|it| !is_base(it)) {
            return Err(ConfigError::PublicUrl(url.clone()));
        }
        if self.plugin_reminder_ms == 0 {
            return Err(ConfigError::PluginReminder);
        }
        self.limits.validate()
    }
}

/// Whether paths can be added to a URL.
fn is_base(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else {
        return false;
    };
    let is_http = matches!(url.scheme_str(), Some("http" | "https"));
    let has_host = url.host().is_some_and(|it| !it.is_empty());
    is_http && has_host && url.query().is_none()
}

impl HttpLimits {
    fn validate(&self) -> Result<(), ConfigError> {
        let Self {
            connections,
            connections_per_address,
            handshake_ms,
            head_ms,
            body_ms,
            idle_ms,
            streams,
            bodies_bytes,
        } = *self;
        let is_some = [handshake_ms, head_ms, body_ms, idle_ms, streams.into()]
            .iter()
            .all(|it| *it > 0);
        let body_max = ackord_core::limits::BODY_BYTES_MAX;
        if !is_some || connections == 0 || connections_per_address == 0 || bodies_bytes < body_max {
            return Err(ConfigError::HttpLimits { body_max });
        }
        Ok(())
    }
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_address: 512,
            handshake_ms: 5_000,
            head_ms: 10_000,
            body_ms: 10_000,
            idle_ms: 120_000,
            streams: 128,
            bodies_bytes: 256 << 20,
        }
    }
}

#[cfg(not(madsim))]
impl From<HttpLimits> for ackord_ingress::Limits {
    fn from(it: HttpLimits) -> Self {
        Self {
            connections: it.connections,
            connections_per_address: it.connections_per_address,
            handshake: Duration::from_millis(it.handshake_ms),
            head: Duration::from_millis(it.head_ms),
            body: Duration::from_millis(it.body_ms),
            idle: Duration::from_millis(it.idle_ms),
            streams: it.streams,
            bodies_bytes: it.bodies_bytes,
            ..Self::default()
        }
    }
}

#[cfg(not(madsim))]
impl From<HttpTls> for ackord_tls::Pair {
    fn from(it: HttpTls) -> Self {
        let (cert, key) = (it.cert, it.key);
        Self { cert, key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn parse(http: &str) -> Result<Config, String> {
        let text = format!("data_dir = '/d'\n[http]\n{http}");
        let config: Config = toml::from_str(&text).map_err(|it| it.to_string())?;
        config.validate().map_err(|it| it.to_string())
    }

    #[test]
    fn an_address_is_all_that_must_be_said() {
        let config = parse("listen = ['127.0.0.1:7700']").expect("valid");
        let http = config.http.expect("said");
        assert_eq!(http.limits, HttpLimits::default());
    }

    #[test]
    fn limits_are_those_of_the_server_unless_something_else_is_said() {
        let limits = ackord_ingress::Limits::from(HttpLimits::default());
        assert_eq!(limits, ackord_ingress::Limits::default());
        let plugins = ackord_clawback::Options::default();
        let reminder = Duration::from_millis(plugin_reminder_ms_default());
        assert_eq!(plugins.reminder_every, reminder);
    }

    #[test]
    fn every_key_is_read() {
        let text = "listen = ['127.0.0.1:1']\ninsecure = true\n[http.tls]\ncert = 'c'\nkey = 'k'\n\
                    [http.limits]\nconnections = 1\nconnections_per_address = 2\n\
                    handshake_ms = 3\nhead_ms = 4\nbody_ms = 5\nidle_ms = 6\nstreams = 7\n\
                    bodies_bytes = 1048576";
        let http = parse(text).expect("valid").http.expect("said");
        assert_eq!(http.limits.streams, 7);
        assert!(parse("listen = ['127.0.0.1:1']\nlimit = 1").is_err());
    }

    #[test]
    fn others_reach_it_in_plain_text_only_if_that_is_said() {
        let refused = parse("listen = ['10.0.0.1:7700']").expect_err("refused");
        assert!(refused.contains("[http.tls]"), "{refused}");
        parse("listen = ['10.0.0.1:7700']\ninsecure = true").expect("said");
        parse("listen = ['10.0.0.1:7700']\n[http.tls]\ncert = 'c'\nkey = 'k'").expect("covered");
    }

    #[test]
    fn a_public_url_is_one_that_paths_can_be_added_to() {
        let with = |url: &str| parse(&format!("listen = ['127.0.0.1:1']\npublic_url = '{url}'"));
        for url in ["https://hooks.example.org", "http://[::1]:7700/base/"] {
            with(url).expect(url);
        }
        for url in [
            "hooks.example.org",
            "htps://hooks.example.org",
            "https:///hooks",
            "https://hooks.example.org/?x=1",
            "not a url",
        ] {
            let refused = with(url).expect_err(url);
            assert!(refused.contains("public_url"), "{refused}");
        }
    }

    #[test]
    fn a_port_is_taken_once() {
        let refused = parse("listen = ['127.0.0.1:7400']").expect_err("the API's");
        assert!(refused.contains("clash"), "{refused}");
        let twice = parse("listen = ['127.0.0.1:1', '127.0.0.1:1']").expect_err("its own");
        assert!(twice.contains("clash"), "{twice}");
    }

    #[test]
    fn limits_that_let_nobody_in_are_refused() {
        let refused = |it: &str| {
            let text = format!("listen = ['127.0.0.1:1']\n[http.limits]\n{it}");
            parse(&text).expect_err("refused")
        };
        assert!(refused("connections = 0").contains("http.limits"));
        assert!(refused("head_ms = 0").contains("http.limits"));
        assert!(refused("bodies_bytes = 1000").contains("1048576"));
        let refused =
            parse("listen = ['127.0.0.1:1']\nplugin_reminder_ms = 0").expect_err("refused");
        assert!(refused.contains("plugin_reminder_ms"), "{refused}");
        assert!(parse("listen = []").is_err());
    }
}
