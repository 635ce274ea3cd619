//! With whom a node forms a cluster: the first members, each by the address at which its peers
//! reach it. Their numbers follow from the list, so that all who have the same list agree; whoever
//! comes later is given a number by the cluster.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use ackord_core::id::NodeId;
use ackord_store::Members;
use serde::Deserialize;

use super::{ConfigError, PeerTls, clash};

/// Most members that a cluster begins with: each entry waits for more than half of them.
const PEERS_MAX: usize = 9;

/// With whom a node forms a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// The address that serves the other members, on a port of its own.
    pub peer_listen: SocketAddr,
    /// Where the others reach this node, `host:port`. Not set: at `peer_listen`.
    #[serde(default)]
    pub advertise: Option<String>,
    /// The members that the cluster begins with, each as it advertises itself; the same list on
    /// each of them. A node that is not among them joins their cluster. Once a cluster has begun,
    /// whom this node asks to find it, whether they are still members or not.
    pub peers: Vec<String>,
    /// Lets others than this machine reach the peer port without a certificate: whoever does can read all
    /// that the cluster has.
    #[serde(default)]
    pub insecure: bool,
    /// The certificates between members. Not set: they speak plain text.
    #[serde(default)]
    pub tls: Option<PeerTls>,
}

/// Why nodes do not form a cluster so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// It is no address.
    #[error("cluster: {0:?} is no address: write it as host:port")]
    NoAddress(String),
    /// Nobody reaches a node there.
    #[error(
        "cluster.peer_listen: others cannot reach this node at {0}: set `advertise` to the address \
         at which they do"
    )]
    Nowhere(SocketAddr),
    /// A node that is in the list twice would vote twice.
    #[error("cluster.peers: {0} is there twice")]
    Twice(String),
    /// Nobody, or too many.
    #[error("cluster.peers: name one to {PEERS_MAX} members; three or five are usual")]
    Count,
    /// Some would mean themselves by an address that others take for another node.
    #[error(
        "cluster.peers: {0} is this machine to whoever reads it: name all members by addresses \
         that mean the same everywhere, or all on this machine"
    )]
    Mixed(String),
}

impl Cluster {
    /// Where the other members reach this node.
    #[must_use]
    pub fn address(&self) -> String {
        let own = || self.peer_listen.to_string();
        self.advertise.clone().unwrap_or_else(own)
    }

    /// The first members: numbered from one, in the order of their addresses as text.
    #[must_use]
    pub fn members(&self) -> Members {
        let mut addresses = self.peers.clone();
        addresses.sort();
        (1..).map(NodeId).zip(addresses).collect()
    }

    /// The number of this node among them; none if it is not in the list.
    #[must_use]
    pub fn own_number(&self) -> Option<NodeId> {
        let own = self.address();
        let members = self.members();
        members
            .into_iter()
            .find(|(_, it)| *it == own)
            .map(|it| it.0)
    }

    pub(super) fn validate(&self, listen: &[SocketAddr]) -> Result<(), ConfigError> {
        if let Some(first) = listen.iter().find(|it| clash(it, &self.peer_listen)) {
            return Err(ConfigError::Clash {
                first: *first,
                second: self.peer_listen,
            });
        }
        if !self.insecure && self.tls.is_none() && !self.peer_listen.ip().is_loopback() {
            return Err(ConfigError::Exposed {
                address: self.peer_listen,
                section: "cluster.tls",
                switch: "`insecure = true` in [cluster]",
            });
        }
        Ok(self.validate_peers()?)
    }

    fn validate_peers(&self) -> Result<(), ClusterError> {
        let nowhere = self.peer_listen.ip().is_unspecified() || self.peer_listen.port() == 0;
        if self.advertise.is_none() && nowhere {
            return Err(ClusterError::Nowhere(self.peer_listen));
        }
        let own = self.address();
        for address in self.peers.iter().chain([&own]) {
            if !is_address(address) {
                return Err(ClusterError::NoAddress(address.clone()));
            }
        }
        if self.peers.is_empty() || self.peers.len() > PEERS_MAX {
            return Err(ClusterError::Count);
        }
        for (at, address) in self.peers.iter().enumerate() {
            let same = |it: &String| it.eq_ignore_ascii_case(address);
            if self.peers[at + 1..].iter().any(same) {
                return Err(ClusterError::Twice(address.clone()));
            }
        }
        let all: BTreeSet<_> = self.peers.iter().chain([&own]).collect();
        let here = all.iter().filter(|it| is_this_machine(it));
        match here.clone().next() {
            Some(one) if here.count() < all.len() => Err(ClusterError::Mixed((*one).clone())),
            _ => Ok(()),
        }
    }
}

fn parts(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let host = host
        .strip_prefix('[')
        .map_or(Some(host), |it| it.strip_suffix(']'))?;
    Some((host, port.parse().ok()?))
}

/// A host, by its name or number, and a port that is one.
fn is_address(address: &str) -> bool {
    let is_name = |it: &str| {
        let letter = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '.';
        !it.is_empty() && it.len() <= 253 && it.chars().all(letter)
    };
    match parts(address) {
        Some((_, 0)) | None => false,
        Some((host, _)) => match host.parse() {
            Ok(IpAddr::V6(_)) => address.starts_with('['),
            Ok(IpAddr::V4(_)) => true,
            Err(_) => is_name(host),
        },
    }
}

fn is_this_machine(address: &str) -> bool {
    let host = parts(address).map_or("", |it| it.0);
    let number: Option<IpAddr> = host.parse().ok();
    number.map_or(host.eq_ignore_ascii_case("localhost"), |it| {
        it.is_loopback()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(own: &str, peers: &[&str]) -> Cluster {
        Cluster {
            peer_listen: own.parse().expect("an address"),
            advertise: None,
            peers: peers.iter().map(|it| (*it).to_owned()).collect(),
            insecure: true,
            tls: None,
        }
    }

    fn refused(it: &Cluster) -> String {
        let outcome = it.validate(&["127.0.0.1:7400".parse().expect("an address")]);
        outcome.expect_err("refused").to_string()
    }

    const THREE: [&str; 3] = ["127.0.0.1:7501", "127.0.0.1:7500", "127.0.0.1:7502"];

    #[test]
    fn members_are_numbered_in_the_order_of_their_addresses() {
        let it = cluster("127.0.0.1:7501", &THREE);
        assert!(it.validate(&[]).is_ok());
        assert_eq!(it.own_number(), Some(NodeId(2)));
        let addresses: Vec<_> = it.members().into_values().collect();
        assert_eq!(
            addresses,
            ["127.0.0.1:7500", "127.0.0.1:7501", "127.0.0.1:7502"]
        );
    }

    #[test]
    fn peers_need_a_port_of_their_own() {
        let it = cluster("127.0.0.1:7400", &["127.0.0.1:7400"]);
        assert!(refused(&it).contains("clash"));
    }

    #[test]
    fn others_reach_the_peer_port_only_if_that_is_said() {
        let mut it = cluster("10.0.0.1:7500", &["10.0.0.1:7500"]);
        assert!(it.validate(&[]).is_ok());
        it.insecure = false;
        let error = it.validate(&[]).expect_err("refused").to_string();
        assert!(error.contains("`insecure = true` in [cluster]"), "{error}");
        assert!(error.contains("[cluster.tls]"), "{error}");
        it.tls = Some(PeerTls {
            cert: "c".into(),
            key: "k".into(),
            ca: "ca".into(),
        });
        assert!(it.validate(&[]).is_ok());
    }

    #[test]
    fn a_node_that_is_not_in_the_list_has_no_number() {
        let it = cluster("127.0.0.1:7503", &THREE);
        assert!(it.validate(&[]).is_ok());
        assert_eq!(it.own_number(), None);
    }

    #[test]
    fn nobody_is_twice() {
        let it = cluster("127.0.0.1:7500", &["127.0.0.1:7500", "127.0.0.1:7500"]);
        assert!(refused(&it).contains("twice"));
        let mut it = cluster("127.0.0.1:7500", &["a:1", "A:1"]);
        it.advertise = Some("a:1".to_owned());
        assert!(refused(&it).contains("twice"));
    }

    #[test]
    fn a_list_of_nobody_or_of_too_many_is_refused() {
        assert!(refused(&cluster("127.0.0.1:7500", &[])).contains("one to 9"));
        let ten: Vec<_> = (7500..7510).map(|it| format!("127.0.0.1:{it}")).collect();
        let ten: Vec<_> = ten.iter().map(String::as_str).collect();
        assert!(refused(&cluster("127.0.0.1:7500", &ten)).contains("one to 9"));
    }

    #[test]
    fn an_address_at_which_nobody_is_reached_is_refused() {
        for own in ["0.0.0.0:7500", "127.0.0.1:0"] {
            let it = cluster(own, &[own]);
            assert!(refused(&it).contains("advertise"), "{own}");
        }
        let mut it = cluster(
            "0.0.0.0:7500",
            &["node-1.ackord:7500", "node-2.ackord:7500"],
        );
        it.advertise = Some("node-1.ackord:7500".to_owned());
        assert!(it.validate(&[]).is_ok());
    }

    #[test]
    fn what_is_no_address_is_named() {
        for bad in [
            "",
            "7500",
            "a",
            "a:",
            ":1",
            "a:0",
            "a:99999",
            "http://a:1",
            "::1:5",
            "a b:1",
        ] {
            let it = cluster("127.0.0.1:7500", &["127.0.0.1:7500", bad]);
            assert!(
                refused(&it).contains(&format!("{bad:?} is no address")),
                "{bad}"
            );
        }
        assert!(is_address("[::1]:5"));
    }

    #[test]
    fn an_address_that_means_another_node_to_others_is_refused() {
        let it = cluster("127.0.0.1:7500", &["127.0.0.1:7500", "10.0.0.2:7500"]);
        assert!(refused(&it).contains("127.0.0.1:7500 is this machine"));
    }
}
