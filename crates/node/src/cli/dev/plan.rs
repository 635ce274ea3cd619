//! Which nodes there are, and where: kept in one configuration file each, in the data directory.

use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use ackord_node::Config;
use ackord_node::config::ConfigError;

use crate::cli::failure::Failure;
use crate::cli::node::with_causes;

/// From a node's own port to the one for its peers.
const PEER_PORTS: u16 = 100;
/// As many as a cluster can begin with.
const NODES_MAX: usize = 9;

/// The addresses of each node, by its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan(Vec<Place>);

/// Where a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    listen: SocketAddr,
    peer_listen: SocketAddr,
}

/// The configuration file of a node, in the data directory.
pub(super) fn config_name(place: usize) -> String {
    format!("node-{}.toml", place + 1)
}

/// Its log, there too.
pub(super) fn log_name(place: usize) -> String {
    format!("node-{}.log", place + 1)
}

impl Plan {
    /// The plan that an earlier start has left, or a new one; none if one node is wanted, which
    /// needs no plan.
    pub(super) fn of(
        data_dir: &Path,
        nodes: Option<u16>,
        listen: SocketAddr,
    ) -> Result<Option<Self>, Failure> {
        let kept = Self::read(data_dir)?;
        let there = kept.as_ref().map_or(1, |it| it.0.len());
        let wanted = nodes.map_or(there, usize::from);
        let alone = data_dir.join("identity").exists();
        if (kept.is_some() || alone) && wanted != there {
            let dir = data_dir.display();
            return Err(
                Failure::usage(format!("{dir} has {there} node(s), not {wanted}"))
                    .next("leave --nodes out, or name another directory with --data-dir"),
            );
        }
        match kept {
            Some(plan) => Ok(Some(plan)),
            None if wanted == 1 => Ok(None),
            None => Self::draw(wanted, listen).map(Some),
        }
    }

    fn read(data_dir: &Path) -> Result<Option<Self>, Failure> {
        let mut places = Vec::new();
        for place in 0..NODES_MAX {
            let path = data_dir.join(config_name(place));
            let config = match Config::read(&path) {
                Ok(config) => config,
                Err(ConfigError::Read { source, .. })
                    if source.kind() == std::io::ErrorKind::NotFound =>
                {
                    break;
                }
                Err(error) => return Err(Failure::usage(with_causes(&error))),
            };
            let peers = config.cluster.as_ref().map(|it| it.peer_listen);
            let addresses = config.listen.first().copied().zip(peers);
            let (listen, peer_listen) = addresses
                .ok_or_else(|| Failure::usage(format!("{} is of a node alone", path.display())))?;
            places.push(Place {
                listen,
                peer_listen,
            });
        }
        Ok((!places.is_empty()).then_some(Self(places)))
    }

    fn draw(nodes: usize, listen: SocketAddr) -> Result<Self, Failure> {
        if listen.port() == 0 {
            return Ok(Self::free(nodes, listen)?);
        }
        let at = |place: usize| {
            let place = u16::try_from(place).ok()?;
            let port = listen.port().checked_add(place)?;
            let peer_port = port.checked_add(PEER_PORTS)?;
            Some(Place {
                listen: SocketAddr::new(listen.ip(), port),
                peer_listen: SocketAddr::new(listen.ip(), peer_port),
            })
        };
        let places: Option<_> = (0..nodes).map(at).collect();
        let places = places.ok_or_else(|| {
            Failure::usage(format!(
                "there are not so many ports above {}",
                listen.port()
            ))
        });
        Ok(Self(places?))
    }

    /// Ports that nobody has just now.
    fn free(nodes: usize, listen: SocketAddr) -> std::io::Result<Self> {
        // Held all at once, so that they differ.
        let held: Result<Vec<_>, _> = (0..2 * nodes).map(|_| TcpListener::bind(listen)).collect();
        let held = held?;
        let mut places = Vec::new();
        for pair in held.chunks_exact(2) {
            places.push(Place {
                listen: pair[0].local_addr()?,
                peer_listen: pair[1].local_addr()?,
            });
        }
        Ok(Self(places))
    }

    /// How many.
    pub(super) fn nodes(&self) -> usize {
        self.0.len()
    }

    /// Where clients reach them.
    pub(super) fn servers(&self) -> Vec<String> {
        let server = |it: &Place| format!("http://{}", it.listen);
        self.0.iter().map(server).collect()
    }

    /// Writes the configurations. A plan of which the first file is there is kept.
    pub(super) fn write(
        &self,
        data_dir: &Path,
        admin: Option<[u8; 32]>,
        log: &str,
    ) -> Result<(), Failure> {
        // The first one last: without it there is no plan.
        for place in (0..self.0.len()).rev() {
            let path = data_dir.join(config_name(place));
            let text = self.config(place, admin, log);
            written(&path, &text)
                .map_err(|it| Failure::failed(format!("write {}: {it}", path.display())))?;
        }
        Ok(())
    }

    /// The configuration of a node. Its directory is named from the one above, so that all of it
    /// can be moved.
    fn config(&self, place: usize, admin: Option<[u8; 32]>, log: &str) -> String {
        let quoted = |text: &str| toml_text(text);
        let peers: Vec<_> = self
            .0
            .iter()
            .map(|it| quoted(&it.peer_listen.to_string()))
            .collect();
        let own = &self.0[place];
        let mut text = String::from("# Written by `ackord dev` at each start.\n");
        let mut line = |it: String| {
            text.push_str(&it);
            text.push('\n');
        };
        line(format!("data_dir = \"node-{}\"", place + 1));
        line(format!("listen = [{}]", quoted(&own.listen.to_string())));
        if let Some(admin) = admin {
            let digits = admin.iter().fold(String::new(), |mut all, it| {
                // Writing to a text does not fail.
                let _ = write!(all, "{it:02x}");
                all
            });
            line(format!("admin_token_sha256 = \"{digits}\""));
        }
        line("[cluster]".to_owned());
        line(format!(
            "peer_listen = {}",
            quoted(&own.peer_listen.to_string())
        ));
        line(format!("peers = [{}]", peers.join(", ")));
        line("[log]".to_owned());
        line(format!("filter = {}", quoted(log)));
        text
    }
}

/// A text as TOML has it: between quotes, which are the same as JSON's for plain letters.
fn toml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A crash leaves the old file or the new one.
fn written(path: &PathBuf, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("toml.new");
    fs::write(&beside, text)?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use ackord_node::config::Cluster;

    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_plan_is_read_as_it_was_written_and_its_nodes_agree() {
        let dir = tempfile::tempdir().expect("a directory");
        let listen = address("127.0.0.1:7400");
        let plan = Plan::of(dir.path(), Some(3), listen)
            .expect("new")
            .expect("several");
        assert_eq!(plan.servers()[2], "http://127.0.0.1:7402");
        plan.write(dir.path(), Some([7; 32]), "warn,openraft=error")
            .expect("written");
        let other = address("127.0.0.1:9000");
        let kept = Plan::of(dir.path(), None, other).expect("kept");
        assert_eq!(kept.as_ref(), Some(&plan));

        let config = |place| Config::read(&dir.path().join(config_name(place))).expect("valid");
        let members = |it: Config| it.cluster.as_ref().map(Cluster::members);
        assert_eq!(members(config(0)), members(config(2)));
        assert_eq!(config(1).admin_token_sha256, Some([7; 32]));
        assert_eq!(config(1).log.filter, "warn,openraft=error");
    }

    #[test]
    fn the_number_of_nodes_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let listen = address("127.0.0.1:0");
        assert_eq!(Plan::of(dir.path(), None, listen).expect("new"), None);
        let plan = Plan::of(dir.path(), Some(3), listen)
            .expect("new")
            .expect("several");
        plan.write(dir.path(), None, "info").expect("written");
        let refused = Plan::of(dir.path(), Some(5), listen).expect_err("there are three");
        assert!(
            refused.to_string().contains("3 node(s), not 5"),
            "{refused}"
        );

        let alone = tempfile::tempdir().expect("a directory");
        fs::write(alone.path().join("identity"), "").expect("written");
        let refused = Plan::of(alone.path(), Some(3), listen).expect_err("there is one");
        assert!(
            refused.to_string().contains("1 node(s), not 3"),
            "{refused}"
        );
        assert_eq!(Plan::of(alone.path(), None, listen).expect("one"), None);
    }

    #[test]
    fn there_must_be_so_many_ports() {
        let refused = Plan::draw(3, address("127.0.0.1:65500")).expect_err("too high");
        assert_eq!(refused.code(), 2);
    }
}
