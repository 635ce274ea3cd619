//! A network of its own: each node in a network namespace, all on one bridge, and this program with
//! them. Packets between two nodes can be dropped, each way for itself; what this program says is
//! always heard.
//!
//! Needs root, `ip` (iproute2) and `nft` (nftables).

use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};

/// The place of this program on the bridge.
const OURS: u8 = 254;
/// Where packets are dropped, in each namespace.
const CHAIN: [&str; 3] = ["inet", "chaos", "arriving"];

/// Why a network could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// A tool is missing.
    #[error("run {tool}: install iproute2 and nftables")]
    Tool {
        /// Its name.
        tool: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A tool has failed.
    #[error("{command}: {said}(this needs root)")]
    Failed {
        /// What was to be done.
        command: String,
        /// What it said.
        said: String,
    },
}

/// The network. Gone when dropped.
#[derive(Debug)]
pub struct Net {
    /// Tells the networks of several runs apart.
    mark: u8,
    nodes: usize,
}

impl Net {
    /// Places for so many nodes.
    ///
    /// # Errors
    /// The tools are missing, or this is not root.
    ///
    /// # Panics
    /// There are more than a hundred nodes.
    pub fn build(nodes: usize) -> Result<Self, NetError> {
        assert!(nodes <= 100, "a hundred places");
        let mark = (std::process::id() % 250) as u8;
        let net = Self { mark, nodes };
        // One of an earlier run that was killed.
        net.remove();
        let bridge = net.bridge();
        run("ip", &["link", "add", &bridge, "type", "bridge"])?;
        let ours = format!("{}/24", net.place(OURS));
        run("ip", &["addr", "add", &ours, "dev", &bridge])?;
        run("ip", &["link", "set", &bridge, "up"])?;
        for at in 0..nodes {
            net.join(at, &bridge)?;
        }
        Ok(net)
    }

    /// The address of a node.
    #[must_use]
    pub fn ip(&self, at: usize) -> IpAddr {
        let last = u8::try_from(at + 1).expect("at most a hundred nodes");
        self.place(last).into()
    }

    /// The namespace of a node.
    #[must_use]
    pub fn namespace(&self, at: usize) -> String {
        format!("ackord-{}-{at}", self.mark)
    }

    /// Drops what `from` says to `to`.
    ///
    /// # Errors
    /// The tool has failed.
    pub fn cut(&self, from: usize, to: usize) -> Result<(), NetError> {
        let source = self.ip(from).to_string();
        let rule = ["ip", "saddr", &source, "drop"];
        self.filter(to, &["add", "rule"], &rule)
    }

    /// Drops what two nodes say to each other.
    ///
    /// # Errors
    /// The tool has failed.
    pub fn part(&self, one: usize, other: usize) -> Result<(), NetError> {
        self.cut(one, other)?;
        self.cut(other, one)
    }

    /// Drops nothing any more.
    ///
    /// # Errors
    /// The tool has failed.
    pub fn heal(&self) -> Result<(), NetError> {
        (0..self.nodes).try_for_each(|at| self.filter(at, &["flush", "chain"], &[]))
    }

    fn join(&self, at: usize, bridge: &str) -> Result<(), NetError> {
        let (namespace, link) = (self.namespace(at), self.link(at));
        run("ip", &["netns", "add", &namespace])?;
        let pair = ["link", "add", &link, "type", "veth", "peer", "name", "eth0"];
        run("ip", &[&pair[..], &["netns", &namespace]].concat())?;
        run("ip", &["link", "set", &link, "master", bridge, "up"])?;
        let address = format!("{}/24", self.ip(at));
        let inside = ["-n", namespace.as_str()];
        let inside = |args: &[&str]| run("ip", &[&inside[..], args].concat());
        inside(&["addr", "add", &address, "dev", "eth0"])?;
        inside(&["link", "set", "eth0", "up"])?;
        inside(&["link", "set", "lo", "up"])?;
        self.filter(at, &["add", "table"], &[])?;
        let hook = "{ type filter hook input priority 0; }";
        self.filter(at, &["add", "chain"], &[hook])
    }

    /// A change of the filter in a node's namespace.
    fn filter(&self, at: usize, verb: &[&str], rest: &[&str]) -> Result<(), NetError> {
        let namespace = self.namespace(at);
        let named = if verb[1] == "table" {
            &CHAIN[..2]
        } else {
            &CHAIN
        };
        let within = ["netns", "exec", &namespace, "nft"];
        run("ip", &[&within[..], verb, named, rest].concat())
    }

    fn remove(&self) {
        for at in 0..self.nodes {
            // What is not there need not go.
            let _ = run("ip", &["netns", "del", &self.namespace(at)]);
        }
        let _ = run("ip", &["link", "del", &self.bridge()]);
    }

    fn place(&self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 231, self.mark, last)
    }

    fn bridge(&self) -> String {
        format!("ackord{}", self.mark)
    }

    fn link(&self, at: usize) -> String {
        format!("ack{}-{at}", self.mark)
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        self.remove();
    }
}

fn run(tool: &str, args: &[&str]) -> Result<(), NetError> {
    let mut command = Command::new(tool);
    command.args(args).stdin(Stdio::null());
    let output = command.output().map_err(|source| NetError::Tool {
        tool: tool.to_owned(),
        source,
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(NetError::Failed {
        command: format!("{tool} {}", args.join(" ")),
        said: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
