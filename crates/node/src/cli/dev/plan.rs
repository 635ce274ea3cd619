//! Which nodes there are, and where: kept in one configuration file each, in the data directory.

use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use ackord_node::Config;
use ackord_node::config::ConfigError;

use super::{certificates, seal};
use crate::cli::failure::Failure;
use crate::cli::node::with_causes;

/// From a node's own port to the one for its peers.
const PEER_PORTS: u16 = 100;
/// From a node's own port to the one for probes and figures.
const OPERATIONS_PORTS: u16 = 200;
/// From a node's own port to the one for webhooks.
const WEB_PORTS: u16 = 300;
/// As many as a cluster can begin with.
const NODES_MAX: usize = 9;

/// The addresses of each node, by its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    places: Vec<Place>,
    /// Whether TLS is spoken.
    tls: bool,
}

/// Where a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    listen: SocketAddr,
    peer_listen: SocketAddr,
    /// None in a plan of an earlier release.
    operations: Option<SocketAddr>,
    /// The same.
    web: Option<SocketAddr>,
}

/// Where a node that serves at `listen` serves probes and figures; none if there is no such port.
pub(super) fn operations(listen: SocketAddr) -> Option<SocketAddr> {
    above(listen, OPERATIONS_PORTS)
}

/// Where a node that serves at `listen` takes webhooks; none if there is no such port.
pub(super) fn web(listen: SocketAddr) -> Option<SocketAddr> {
    above(listen, WEB_PORTS)
}

fn above(listen: SocketAddr, by: u16) -> Option<SocketAddr> {
    let port = match listen.port() {
        0 => 0,
        port => port.checked_add(by)?,
    };
    Some(SocketAddr::new(listen.ip(), port))
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
        tls: bool,
    ) -> Result<Option<Self>, Failure> {
        let kept = Self::read(data_dir)?;
        let there = kept.as_ref().map_or(1, |it| it.places.len());
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
            Some(plan) if tls && !plan.tls => {
                let dir = data_dir.display();
                Err(Failure::usage(format!("{dir} began without TLS"))
                    .next("leave --tls out, or name another directory with --data-dir"))
            }
            Some(plan) => Ok(Some(plan)),
            None if wanted == 1 && tls => Err(Failure::usage("--tls is for several nodes")
                .next("say --nodes 3; for one node, see `ackord cert dev --help`")),
            None if wanted == 1 => Ok(None),
            None => Ok(Some(Self {
                places: Self::draw(wanted, listen)?,
                tls,
            })),
        }
    }

    fn read(data_dir: &Path) -> Result<Option<Self>, Failure> {
        let mut places = Vec::new();
        let mut tls = false;
        for place in 0..NODES_MAX {
            let path = data_dir.join(config_name(place));
            let config = match Config::read(&path, None) {
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
                operations: config.operations,
                web: config.http.and_then(|it| it.listen.first().copied()),
            });
            tls = config.tls.is_some();
        }
        Ok((!places.is_empty()).then_some(Self { places, tls }))
    }

    fn draw(nodes: usize, listen: SocketAddr) -> Result<Vec<Place>, Failure> {
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
                operations: operations(SocketAddr::new(listen.ip(), port)),
                web: web(SocketAddr::new(listen.ip(), port)),
            })
        };
        let places: Option<_> = (0..nodes).map(at).collect();
        places.ok_or_else(|| {
            Failure::usage(format!(
                "there are not so many ports above {}",
                listen.port()
            ))
        })
    }

    /// Ports that nobody has just now.
    fn free(nodes: usize, listen: SocketAddr) -> std::io::Result<Vec<Place>> {
        // Held all at once, so that they differ.
        let held: Result<Vec<_>, _> = (0..4 * nodes).map(|_| TcpListener::bind(listen)).collect();
        let held = held?;
        let mut places = Vec::new();
        for ports in held.chunks_exact(4) {
            places.push(Place {
                listen: ports[0].local_addr()?,
                peer_listen: ports[1].local_addr()?,
                operations: Some(ports[2].local_addr()?),
                web: Some(ports[3].local_addr()?),
            });
        }
        Ok(places)
    }

    /// How many.
    pub(super) fn nodes(&self) -> usize {
        self.places.len()
    }

    /// Where clients reach them.
    pub(super) fn servers(&self) -> Vec<String> {
        let scheme = if self.tls { "https" } else { "http" };
        let server = |it: &Place| format!("{scheme}://{}", it.listen);
        self.places.iter().map(server).collect()
    }

    /// Where they serve probes and figures.
    pub(super) fn operations(&self) -> Vec<Option<SocketAddr>> {
        self.places.iter().map(|it| it.operations).collect()
    }

    /// Where they take webhooks: what stands before a source's path.
    pub(super) fn web(&self) -> Vec<Option<String>> {
        let scheme = if self.tls { "https" } else { "http" };
        let web = |it: &Place| it.web.map(|it| format!("{scheme}://{it}"));
        self.places.iter().map(web).collect()
    }

    /// The CA of the certificates, from the data directory, if TLS is spoken.
    pub(super) fn ca(&self) -> Option<PathBuf> {
        self.tls.then(certificates::ca)
    }

    /// Writes the configurations, and certificates. A plan of which the first file is there is kept.
    pub(super) fn write(
        &self,
        data_dir: &Path,
        admin: Option<[u8; 32]>,
        log: &str,
    ) -> Result<(), Failure> {
        if let Some(first) = self.places.first().filter(|_| self.tls) {
            certificates::make(data_dir, first.listen.ip())?;
        }
        // The first one last: without it there is no plan.
        for place in (0..self.places.len()).rev() {
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
            .places
            .iter()
            .map(|it| quoted(&it.peer_listen.to_string()))
            .collect();
        let own = &self.places[place];
        let mut text = String::from("# Written by `ackord dev` at each start.\n");
        let mut line = |it: String| {
            text.push_str(&it);
            text.push('\n');
        };
        line(format!("data_dir = \"node-{}\"", place + 1));
        line(format!("listen = [{}]", quoted(&own.listen.to_string())));
        if let Some(operations) = &own.operations {
            line(format!("operations = {}", quoted(&operations.to_string())));
        }
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
        if let Some(web) = &own.web {
            line(format!("[http]\nlisten = [{}]", quoted(&web.to_string())));
        }
        line("[log]".to_owned());
        line(format!("filter = {}", quoted(log)));
        text.push_str(&seal::section());
        if self.tls {
            let with_web = own.web.is_some();
            text.push_str(&certificates::sections(own.listen.ip(), with_web));
        }
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
        let plan = Plan::of(dir.path(), Some(3), listen, false)
            .expect("new")
            .expect("several");
        assert_eq!(plan.servers()[2], "http://127.0.0.1:7402");
        plan.write(dir.path(), Some([7; 32]), "warn,openraft=error")
            .expect("written");
        let other = address("127.0.0.1:9000");
        let kept = Plan::of(dir.path(), None, other, false).expect("kept");
        assert_eq!(kept.as_ref(), Some(&plan));

        let config =
            |place| Config::read(&dir.path().join(config_name(place)), None).expect("valid");
        let members = |it: Config| it.cluster.as_ref().map(Cluster::members);
        assert_eq!(members(config(0)), members(config(2)));
        assert_eq!(config(1).admin_token_sha256, Some([7; 32]));
        assert_eq!(config(1).log.filter, "warn,openraft=error");
    }

    #[test]
    fn the_number_of_nodes_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let listen = address("127.0.0.1:0");
        assert_eq!(
            Plan::of(dir.path(), None, listen, false).expect("new"),
            None
        );
        let plan = Plan::of(dir.path(), Some(3), listen, false)
            .expect("new")
            .expect("several");
        plan.write(dir.path(), None, "info").expect("written");
        let refused = Plan::of(dir.path(), Some(5), listen, false).expect_err("there are three");
        assert!(
            refused.to_string().contains("3 node(s), not 5"),
            "{refused}"
        );

        let alone = tempfile::tempdir().expect("a directory");
        fs::write(alone.path().join("identity"), "").expect("written");
        let refused = Plan::of(alone.path(), Some(3), listen, false).expect_err("there is one");
        assert!(
            refused.to_string().contains("1 node(s), not 3"),
            "{refused}"
        );
        assert_eq!(
            Plan::of(alone.path(), None, listen, false).expect("one"),
            None
        );
    }

    #[test]
    fn tls_stays_as_it_began() {
        let dir = tempfile::tempdir().expect("a directory");
        let listen = address("127.0.0.1:0");
        let plan = |nodes, tls| Plan::of(dir.path(), nodes, listen, tls);
        plan(None, true).expect_err("one node alone");
        let secured = plan(Some(3), true).expect("new").expect("several");
        assert!(secured.servers()[0].starts_with("https://"));
        secured.write(dir.path(), None, "info").expect("written");
        let kept = plan(None, false).expect("kept").expect("several");
        assert_eq!(kept, secured);
        assert!(dir.path().join(kept.ca().expect("TLS is spoken")).exists());

        let open = tempfile::tempdir().expect("a directory");
        let plain = Plan::of(open.path(), Some(3), listen, false).expect("new");
        let plain = plain.expect("several");
        plain.write(open.path(), None, "info").expect("written");
        let refused = Plan::of(open.path(), None, listen, true).expect_err("it is plain");
        assert!(
            refused.to_string().contains("began without TLS"),
            "{refused}"
        );
    }

    #[test]
    fn there_must_be_so_many_ports() {
        let refused = Plan::draw(3, address("127.0.0.1:65500")).expect_err("too high");
        assert_eq!(refused.code(), 2);
    }
}
