//! Several nodes that form a cluster, each a process of its own.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use ackord_client::v1::NodeRole;
use ackord_client::{Client, Options, v1};

use crate::server::{LOOK_EVERY, Process, START_LIMIT, StartError, spawn, tail};

/// The operators' secret, and its SHA-256.
const OPERATOR: &str = "ackord_chaos_operator";
const OPERATOR_SHA256: &str = "c5b20b9831d8b721b55a3062935d60d2a402b3e57c1965a42c0088c003828566";
/// How long a call of the fleet's own goes on trying.
const CALL_LIMIT: Duration = Duration::from_secs(30);
/// The same where one node alone is asked, which may be dead.
const LOOK_LIMIT: Duration = Duration::from_millis(300);

/// The nodes, by their places: which is also the order of their numbers.
#[derive(Debug)]
pub struct Fleet {
    program: PathBuf,
    dir: PathBuf,
    places: Vec<Place>,
    processes: Vec<Option<Process>>,
}

/// Where a node is.
#[derive(Debug, Clone, Copy)]
struct Place {
    listen: SocketAddr,
    peer_listen: SocketAddr,
}

impl Fleet {
    /// So many nodes on free ports, with their data in `dir`. None is started.
    ///
    /// # Errors
    /// Their configurations cannot be written.
    pub fn new(program: &Path, dir: &Path, nodes: usize) -> std::io::Result<Self> {
        // Held all at once, so that they differ.
        let held: Result<Vec<_>, _> = (0..2 * nodes)
            .map(|_| TcpListener::bind("127.0.0.1:0"))
            .collect();
        let mut places = Vec::new();
        for pair in held?.chunks_exact(2) {
            places.push(Place {
                listen: pair[0].local_addr()?,
                peer_listen: pair[1].local_addr()?,
            });
        }
        places.sort_by_key(|it| it.peer_listen.to_string());
        let fleet = Self {
            program: std::path::absolute(program)?,
            dir: dir.to_owned(),
            places,
            processes: (0..nodes).map(|_| None).collect(),
        };
        for at in 0..nodes {
            fleet.configure(at, &fleet.peers(), at)?;
        }
        Ok(fleet)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Where the nodes reach each other.
    #[must_use]
    pub fn peers(&self) -> Vec<String> {
        self.places
            .iter()
            .map(|it| it.peer_listen.to_string())
            .collect()
    }

    /// Where a node serves its clients.
    #[must_use]
    pub fn address(&self, at: usize) -> SocketAddr {
        self.places[at].listen
    }

    /// Where a node is reached by its peers.
    #[must_use]
    pub fn peer_address(&self, at: usize) -> SocketAddr {
        self.places[at].peer_listen
    }

    /// The data directory of a node.
    #[must_use]
    pub fn data_dir(&self, at: usize) -> PathBuf {
        self.dir.join(format!("node-{at}"))
    }

    /// Writes the configuration of a node: with this list of peers, on the data of node `data`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn configure(&self, at: usize, peers: &[String], data: usize) -> std::io::Result<()> {
        let Place {
            listen,
            peer_listen,
        } = self.places[at];
        let mut text = String::new();
        let peers: Vec<_> = peers.iter().map(|it| format!("{it:?}")).collect();
        let written = write!(
            text,
            "data_dir = \"node-{data}\"\nlisten = [\"{listen}\"]\n\
             admin_token_sha256 = \"{OPERATOR_SHA256}\"\n[cluster]\n\
             peer_listen = \"{peer_listen}\"\npeers = [{}]\n[log]\n\
             filter = \"info,openraft=error\"\n",
            peers.join(", ")
        );
        written.expect("a text takes any text");
        std::fs::write(self.dir.join(config(at)), text)
    }

    /// Starts a node, with faults armed.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn start(&mut self, at: usize, faults: &str) -> Result<(), StartError> {
        let config = config(at);
        let args = ["serve", "--config", &config];
        let process = spawn(&self.program, &args, &self.dir, &self.log(at), faults)?;
        self.processes[at] = Some(process);
        Ok(())
    }

    /// Starts all that do not run.
    ///
    /// # Errors
    /// One cannot be run.
    pub fn start_all(&mut self) -> Result<(), StartError> {
        for at in 0..self.len() {
            if self.ended(at).is_some() || self.processes[at].is_none() {
                self.start(at, "")?;
            }
        }
        Ok(())
    }

    /// SIGKILL.
    pub fn kill(&mut self, at: usize) {
        if let Some(mut process) = self.processes[at].take() {
            process.kill();
        }
    }

    /// How a node ended by itself, if it did.
    pub fn ended(&mut self, at: usize) -> Option<ExitStatus> {
        self.processes[at].as_mut()?.ended()
    }

    /// Waits until a node has ended by itself.
    ///
    /// # Errors
    /// It does not.
    pub async fn end(&mut self, at: usize) -> Result<ExitStatus, StartError> {
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            if let Some(status) = self.ended(at) {
                return Ok(status);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(StartError::Silent)
    }

    /// A client of all nodes.
    ///
    /// # Panics
    /// The token has letters that no token has.
    #[must_use]
    pub fn client(&self, token: &str) -> Client {
        let all: Vec<_> = (0..self.len()).collect();
        self.client_of(&all, token, CALL_LIMIT)
    }

    /// A client of some nodes, whose calls go on trying for so long.
    ///
    /// # Panics
    /// The token has letters that no token has.
    #[must_use]
    pub fn client_of(&self, nodes: &[usize], token: &str, deadline: Duration) -> Client {
        let mut options = Options::new("", token);
        options.servers = nodes
            .iter()
            .map(|at| format!("http://{}", self.places[*at].listen))
            .collect();
        options.deadline = deadline;
        Client::new(options).expect("addresses and a token")
    }

    /// The operators' client of all nodes.
    #[must_use]
    pub fn operator(&self) -> Client {
        self.client(OPERATOR)
    }

    /// How a node stands, if it answers.
    pub async fn status(&self, at: usize) -> Option<v1::GetStatusResponse> {
        let client = self.client_of(&[at], OPERATOR, LOOK_LIMIT);
        client.get_status(v1::GetStatusRequest {}).await.ok()
    }

    /// Waits until all of these serve and know a leader.
    ///
    /// # Errors
    /// One of them ends, or does not serve in time.
    pub async fn serving(&mut self, nodes: &[usize]) -> Result<(), StartError> {
        let begun = Instant::now();
        for at in nodes {
            loop {
                if let Some(status) = self.ended(*at) {
                    let log = self.log_tail(*at);
                    return Err(StartError::Ended { status, log });
                }
                let status = self.status(*at).await;
                if status.is_some_and(|it| !it.leader_id.is_empty()) {
                    break;
                }
                if begun.elapsed() > START_LIMIT {
                    return Err(StartError::Silent);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        Ok(())
    }

    /// The node that leads: the one of the latest term, if two say so.
    ///
    /// # Errors
    /// None does, for long.
    pub async fn leader(&self) -> Result<usize, StartError> {
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            let mut best = None;
            for at in 0..self.len() {
                if self.processes[at].is_none() {
                    continue;
                }
                let status = self.status(at).await;
                let leads = status.filter(|it| it.role() == NodeRole::Leader);
                best = best.max(leads.map(|it| (it.term, at)));
            }
            if let Some((_, at)) = best {
                return Ok(at);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(StartError::Silent)
    }

    /// Makes a team. Returns a token for everything in it.
    ///
    /// # Errors
    /// The cluster does not make it.
    pub async fn make_team(&self, name: &str) -> Result<String, StartError> {
        let operator = self.operator();
        let refused = |it: ackord_client::Error| StartError::Refused(it.to_string());
        let team = v1::CreateTeamRequest {
            name: name.to_owned(),
        };
        operator.create_team(team).await.map_err(refused)?;
        let token = v1::CreateTokenRequest {
            team: name.to_owned(),
            roles: vec![v1::Role::Admin.into()],
            ..v1::CreateTokenRequest::default()
        };
        let made = operator.create_token(token).await.map_err(refused)?;
        Ok(made.secret)
    }

    /// The last lines of a node's log.
    #[must_use]
    pub fn log_tail(&self, at: usize) -> String {
        tail(&self.log(at))
    }

    /// All that a node has logged.
    #[must_use]
    pub fn log_text(&self, at: usize) -> String {
        std::fs::read_to_string(self.log(at)).unwrap_or_default()
    }

    fn log(&self, at: usize) -> PathBuf {
        self.dir.join(format!("node-{at}.log"))
    }
}

fn config(at: usize) -> String {
    format!("node-{at}.toml")
}
