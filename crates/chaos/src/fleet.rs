//! Several nodes that form a cluster, each a process of its own.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use ackord_client::v1::{NodeRole, RefusalReason};
use ackord_client::{Client, Error, Options, Tls, v1};
use nix::sys::signal::Signal;

use crate::host::{Host, Place};
use crate::http;
use crate::server::{LOOK_EVERY, Process, START_LIMIT, StartError, spawn, tail};

/// The operators' secret, and its SHA-256.
const OPERATOR: &str = "ackord_chaos_operator";
const OPERATOR_SHA256: &str = "c5b20b9831d8b721b55a3062935d60d2a402b3e57c1965a42c0088c003828566";
/// What seals the secrets of sources, and the file that it is in.
const SEAL: &str = "c2VhbHMgc2VjcmV0cyBmb3IgY2hhb3MsIG5vIG1vcmU=";
const SEAL_KEY: &str = "seal.key";
/// What nodes are told that are to miss a leader only after seconds.
const CALM: &str = "[raft]\nheartbeat_ms = 150\nelection_min_ms = 5000\nelection_max_ms = 10000\n";
/// How long a call of the fleet's own goes on trying.
const CALL_LIMIT: Duration = Duration::from_secs(30);
/// The same where one node alone is asked, which may be dead.
const LOOK_LIMIT: Duration = Duration::from_millis(300);

/// The nodes, by their places: which is also the order of their numbers.
#[derive(Debug)]
pub struct Fleet {
    program: PathBuf,
    dir: PathBuf,
    hosts: Vec<Host>,
    /// Before the places: nodes are gone when others may take their ports.
    processes: Vec<Option<Process>>,
    places: Vec<Place>,
    /// Where clients reach the nodes, if not where they listen.
    fronts: Vec<SocketAddr>,
    /// Whom clients trust; none: they speak plain text.
    tls: Option<Tls>,
    /// Whether a leader is missed only after seconds.
    is_calm: bool,
}

impl Fleet {
    /// So many nodes on free ports of this machine, with their data in `dir`. None is started.
    ///
    /// # Errors
    /// Their configurations cannot be written.
    pub fn new(program: &Path, dir: &Path, nodes: usize) -> Result<Self, StartError> {
        let host = |at| Host {
            ip: Ipv4Addr::LOCALHOST.into(),
            namespace: None,
            data_dir: dir.join(format!("node-{at}")),
        };
        Self::on((0..nodes).map(host).collect(), program, dir)
    }

    /// A node on each of these machines, with their logs in `dir`. None is started.
    ///
    /// # Errors
    /// Their configurations cannot be written.
    pub fn on(hosts: Vec<Host>, program: &Path, dir: &Path) -> Result<Self, StartError> {
        let place = |host: &Host| match host.namespace {
            Some(_) => Ok(Place::fixed(host.ip)),
            None => Place::free(host.ip),
        };
        let mut places: Vec<_> = hosts.iter().map(place).collect::<Result<_, _>>()?;
        places.sort_by_key(|it| it.peer_listen.to_string());
        let fleet = Self {
            program: std::path::absolute(program)?,
            dir: dir.to_owned(),
            processes: hosts.iter().map(|_| None).collect(),
            hosts,
            places,
            fronts: Vec::new(),
            tls: None,
            is_calm: false,
        };
        for at in 0..fleet.len() {
            fleet.configure(at, &fleet.peers(), at)?;
        }
        Ok(fleet)
    }

    /// From their next start on nodes miss a leader only after seconds, so that a machine that stalls
    /// makes no election. For tests in which no leader is killed. Configures all nodes anew.
    ///
    /// # Errors
    /// Their configurations cannot be written.
    pub fn calm(&mut self) -> std::io::Result<()> {
        self.is_calm = true;
        let peers = self.peers();
        (0..self.len()).try_for_each(|at| self.configure(at, &peers, at))
    }

    /// One node more on free ports of this machine, which is to join the others. It is not started.
    ///
    /// # Errors
    /// Its configuration cannot be written.
    pub fn grow(&mut self) -> std::io::Result<usize> {
        let at = self.len();
        let peers = self.peers();
        let host = Host {
            ip: Ipv4Addr::LOCALHOST.into(),
            namespace: None,
            data_dir: self.dir.join(format!("node-{at}")),
        };
        self.places.push(Place::free(host.ip)?);
        self.hosts.push(host);
        self.processes.push(None);
        self.configure(at, &peers, at)?;
        Ok(at)
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

    /// Where a node serves probes and figures.
    #[must_use]
    pub fn operations(&self, at: usize) -> SocketAddr {
        self.places[at].operations
    }

    /// Where webhooks reach a node.
    #[must_use]
    pub fn web(&self, at: usize) -> SocketAddr {
        self.places[at].web
    }

    /// Where a node is reached by its peers.
    #[must_use]
    pub fn peer_address(&self, at: usize) -> SocketAddr {
        self.places[at].peer_listen
    }

    /// The data directory of a node.
    #[must_use]
    pub fn data_dir(&self, at: usize) -> PathBuf {
        self.hosts[at].data_dir.clone()
    }

    /// The places of all nodes.
    #[must_use]
    pub fn all(&self) -> Vec<usize> {
        (0..self.len()).collect()
    }

    /// Writes the configuration of a node: with this list of peers, on the data of node `data`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn configure(&self, at: usize, peers: &[String], data: usize) -> std::io::Result<()> {
        let Place {
            listen,
            peer_listen,
            operations,
            web,
            ..
        } = &self.places[at];
        let is_open = !listen.ip().is_loopback();
        let mut text = String::new();
        let peers: Vec<_> = peers.iter().map(|it| format!("{it:?}")).collect();
        let written = write!(
            text,
            "data_dir = {:?}\ninsecure = {is_open}\nlisten = [\"{listen}\"]\n\
             operations = \"{operations}\"\nadmin_token_sha256 = \"{OPERATOR_SHA256}\"\n[cluster]\n\
             peer_listen = \"{peer_listen}\"\ninsecure = {is_open}\npeers = [{}]\n[http]\ninsecure = {is_open}\n\
             listen = [\"{web}\"]\n[[secrets.keys]]\nid = \"chaos\"\nfile = {:?}\n[log]\nfilter = \"info,openraft=error\"\n",
            self.data_dir(data),
            peers.join(", "),
            self.dir.join(SEAL_KEY),
        );
        written.expect("a text takes any text");
        if self.is_calm {
            text.push_str(CALM);
        }
        std::fs::write(self.dir.join(SEAL_KEY), SEAL)?;
        std::fs::write(self.dir.join(config(at)), text)
    }

    /// Adds to the configuration of a node.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn configure_more(&self, at: usize, text: &str) -> std::io::Result<()> {
        let path = self.dir.join(config(at));
        let before = std::fs::read_to_string(&path)?;
        std::fs::write(path, before + text)
    }

    /// Adds to what a node's configuration says of HTTP.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn configure_http(&self, at: usize, text: &str) -> std::io::Result<()> {
        let path = self.dir.join(config(at));
        let before = std::fs::read_to_string(&path)?;
        let section = "[http]\n";
        std::fs::write(
            path,
            before.replacen(section, &format!("{section}{text}"), 1),
        )
    }

    /// From now on clients speak TLS, and trust so.
    pub fn trust(&mut self, tls: Tls) {
        self.tls = Some(tls);
    }

    /// Starts a node, with faults armed.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn start(&mut self, at: usize, faults: &str) -> Result<(), StartError> {
        let config = config(at);
        let args = ["serve", "--config", &config];
        let program = self.program.to_string_lossy();
        let within = match &self.hosts[at].namespace {
            Some(namespace) => vec!["ip", "netns", "exec", namespace, &program],
            None => vec![&*program],
        };
        let args = [&within[1..], &args].concat();
        let process = spawn(
            Path::new(within[0]),
            &args,
            &self.dir,
            &self.log(at),
            faults,
        )?;
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

    /// SIGTERM: the node is asked to stop.
    pub fn terminate(&self, at: usize) {
        self.signal(at, Signal::SIGTERM);
    }

    /// Lets clients reach each node at another place than its own.
    pub fn reach_by(&mut self, fronts: Vec<SocketAddr>) {
        self.fronts = fronts;
    }

    /// The bytes of memory that a node holds, if it runs.
    #[must_use]
    pub fn memory(&self, at: usize) -> Option<u64> {
        self.processes[at].as_ref()?.memory()
    }

    /// The last entry that a node has purged from its log, if it answers.
    #[must_use]
    pub fn purged(&self, at: usize) -> Option<u64> {
        let (_, page) = http::get(self.operations(at), "/metrics").ok()?;
        let figure = |line: &str| Some(line.strip_prefix("ackord_raft_purged_index ")?.to_owned());
        let figure = page.lines().find_map(figure)?;
        figure.split('.').next()?.parse().ok()
    }

    /// SIGSTOP: the node stands still, and does not know it.
    pub fn pause(&self, at: usize) {
        self.signal(at, Signal::SIGSTOP);
    }

    /// SIGCONT.
    pub fn resume(&self, at: usize) {
        self.signal(at, Signal::SIGCONT);
    }

    fn signal(&self, at: usize, signal: Signal) {
        if let Some(process) = &self.processes[at] {
            process.signal(signal);
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
        self.client_of(&self.all(), token, CALL_LIMIT)
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
            .map(|at| self.fronts.get(*at).unwrap_or(&self.places[*at].listen))
            .map(|it| match self.tls {
                Some(_) => format!("https://{it}"),
                None => format!("http://{it}"),
            })
            .collect();
        options.tls = self.tls.clone().unwrap_or_default();
        options.deadline = deadline;
        // The networks here are our own.
        options.insecure = true;
        Client::new(options).expect("addresses and a token")
    }

    /// The operators' secret.
    #[must_use]
    pub const fn operator_secret(&self) -> &'static str {
        OPERATOR
    }

    /// The operators' client of all nodes.
    #[must_use]
    pub fn operator(&self) -> Client {
        self.client(OPERATOR)
    }

    /// The operators' client of one node.
    #[must_use]
    pub fn operator_of(&self, at: usize) -> Client {
        self.client_of(&[at], OPERATOR, CALL_LIMIT)
    }

    /// How a node stands, if it answers.
    pub async fn status(&self, at: usize) -> Option<v1::GetStatusResponse> {
        let client = self.client_of(&[at], OPERATOR, LOOK_LIMIT);
        client.get_status(v1::GetStatusRequest {}).await.ok()
    }

    /// How a node stands that runs: asked until it answers.
    ///
    /// # Errors
    /// It does not, for long.
    pub async fn standing(&self, at: usize) -> Result<v1::GetStatusResponse, StartError> {
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            if let Some(status) = self.status(at).await {
                return Ok(status);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(StartError::Silent)
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

    /// Makes a team. Returns a token for everything in it, which all nodes know that run.
    ///
    /// # Errors
    /// The cluster does not make it, or a node that runs does not hear of it.
    pub async fn make_team(&self, name: &str) -> Result<String, StartError> {
        let operator = self.operator();
        let team = v1::CreateTeamRequest {
            name: name.to_owned(),
        };
        let refused = |it: Error| StartError::Refused(it.to_string());
        let made = certain(async || operator.create_team(team.clone()).await).await;
        // Where the answer of an earlier call was lost, it is there.
        if let Err(error) = made
            && error.reason() != Some(RefusalReason::Exists)
        {
            return Err(refused(error));
        }
        let token = v1::CreateTokenRequest {
            team: name.to_owned(),
            roles: vec![v1::Role::Admin.into()],
            ..v1::CreateTokenRequest::default()
        };
        // One that was made and never heard of harms nobody.
        let made = certain(async || operator.create_token(token.clone()).await).await;
        let made = made.map_err(refused)?;
        self.knows_all(&made.secret).await?;
        Ok(made.secret)
    }

    /// Waits until all nodes that run have heard of a token.
    ///
    /// # Errors
    /// One of them does not answer.
    pub async fn knows_all(&self, token: &str) -> Result<(), StartError> {
        for at in self.all() {
            self.knows(at, token).await?;
        }
        Ok(())
    }

    /// Waits until a node, if it runs, has heard of a token: another one has answered for it.
    async fn knows(&self, at: usize, token: &str) -> Result<(), StartError> {
        let client = self.client_of(&[at], token, LOOK_LIMIT);
        let begun = Instant::now();
        while self.processes[at].is_some() {
            if client.get_status(v1::GetStatusRequest {}).await.is_ok() {
                return Ok(());
            }
            if begun.elapsed() > START_LIMIT {
                return Err(StartError::Silent);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
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

/// Makes a call that the client does not repeat: again, as long as its outcome is not known.
///
/// # Errors
/// As the call ends; or none of its outcomes was known, for long.
pub(crate) async fn certain<T>(call: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    let begun = Instant::now();
    loop {
        match call().await {
            Err(Error::Unknown(_)) if begun.elapsed() < START_LIMIT => {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            ended => return ended,
        }
    }
}

fn config(at: usize) -> String {
    format!("node-{at}.toml")
}
