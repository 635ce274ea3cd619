//! A cluster of three, each node on a disk that outlives it, and short names for commands.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ackord_chaos::port::Port;
use ackord_core::answer::{Answer, Rejection, Reply};
use ackord_core::command::{Actor, Birth, Command, CreateTeam, FirstMember, Op, Submit};
use ackord_core::id::{EventId, NodeId, TeamId};
use ackord_core::model::Class;
use ackord_core::rows::{Key, Rows};
use ackord_core::text::{EventType, PeerAddress, TeamName};
use ackord_machine::{Committed, Machine, Options, Peers, ProposeError, Status};
use ackord_peer::{Host, Links, Listener, Me, PrepareRefusal, Service, serve};
use ackord_proto::peer::{
    HelloResponse, JoinRequest, JoinResponse, PrepareRequest, PrepareResponse,
};
use ackord_store::{Disk, DiskOptions, Identity, OpenError, SimDisk};
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

pub(crate) const CLUSTER: u128 = 7;
/// Hash of the first admin token.
const ADMIN: [u8; 32] = [1; 32];
/// Longer than anything takes, however busy the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn me(node: u64) -> Me {
    Me {
        cluster: CLUSTER,
        group: 1,
        node,
        incarnation: 100 + node,
    }
}

/// Answers who it is, and is bound to nothing else.
#[derive(Clone, Copy)]
struct Test(u64);

impl Host for Test {
    fn hello(&self) -> HelloResponse {
        let me = me(self.0);
        HelloResponse {
            cluster: me.cluster.to_be_bytes().to_vec().into(),
            node: me.node,
            incarnation: me.incarnation,
            ..HelloResponse::default()
        }
    }

    fn prepare(
        &self,
        _: PrepareRequest,
    ) -> BoxFuture<'static, Result<PrepareResponse, PrepareRefusal>> {
        let refusal = PrepareRefusal::Bound("it is a member".to_owned());
        std::future::ready(Err(refusal)).boxed()
    }

    fn join(&self, _: JoinRequest) -> BoxFuture<'static, JoinResponse> {
        std::future::ready(JoinResponse::default()).boxed()
    }

    fn invite(&self, _: Vec<String>) {}
}

/// A disk of either kind.
pub(crate) enum Medium {
    Twin(SimDisk),
    Rocks(TempDir),
}

impl Medium {
    pub(crate) fn twin() -> Self {
        Self::Twin(SimDisk::new())
    }

    pub(crate) fn rocks() -> Self {
        Self::Rocks(tempfile::tempdir().expect("a directory for tests"))
    }

    async fn open(&self, node: u64) -> Disk {
        let options = DiskOptions::default();
        let disk = match self {
            Self::Twin(disk) => Disk::simulated(disk, &options).expect("the disk opens"),
            Self::Rocks(dir) => open_dir(dir.path()).await,
        };
        adopt(disk, node)
    }
}

/// Opens it once nobody else has it: calls of others that still end may keep it for a moment, and so
/// may a process that another test begins, until it is another program.
async fn open_dir(dir: &Path) -> Disk {
    let options = DiskOptions::default();
    until("the disk is free", || match Disk::open(dir, &options) {
        Err(OpenError::Locked { .. }) => None,
        opened => Some(opened.expect("the disk opens")),
    })
    .await
}

/// Makes the disk this node's, if it is nobody's.
fn adopt(mut disk: Disk, node: u64) -> Disk {
    let identity = Identity {
        cluster: CLUSTER,
        node: NodeId(node),
        incarnation: me(node).incarnation,
    };
    disk.owner.adopt(identity).expect("the disk is this node's");
    disk
}

/// The members, as the cluster's first command names them.
fn first_members(ports: &BTreeMap<u64, Port>) -> Vec<FirstMember> {
    let first = |it: &Port| FirstMember {
        address: PeerAddress::new(it.address.to_string()).expect("a valid address"),
        disk: None,
    };
    ports.values().map(first).collect()
}

/// A running node.
struct Node {
    machine: Machine,
    service: Service,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Node {
    async fn start(
        options: &Options,
        disk: Disk,
        listener: Listener,
        links: Arc<dyn Peers>,
    ) -> Self {
        let node = options.raft.node;
        let machine = Machine::start(options, disk.log, disk.rows, links).await;
        let machine = machine.expect("the node starts");
        let (stop, stopped) = oneshot::channel();
        let service = Service::new(Test(node), stopped.map(|_| ()).boxed().shared());
        tokio::spawn(open(service.clone(), node, machine.clone()));
        let served = serve(service.clone(), listener, None);
        let server = tokio::spawn(async {
            served.await.expect("the port is served");
        });
        Self {
            machine,
            service,
            stop,
            server,
        }
    }
}

/// Lets the others in once they have said that the disk has what it had.
async fn open(service: Service, node: u64, machine: Machine) {
    if machine.recalled().await.is_ok() {
        service.open(me(node), machine);
    }
}

/// Runs a node in this process, until that dies.
pub(crate) async fn run(options: &Options, dir: &Path, address: SocketAddr) -> ! {
    let node = options.raft.node;
    let disk = open_dir(dir).await;
    let listener = Listener::bind(address).await.expect("its own port");
    let links = Arc::new(Links::new(me(node), None));
    let _node = Node::start(options, adopt(disk, node), listener, links).await;
    std::future::pending().await
}

/// How a node reaches the others.
pub(crate) type Way = fn(u64, Links) -> Arc<dyn Peers>;

/// Three nodes, some of which run.
pub(crate) struct Cluster {
    media: BTreeMap<u64, Medium>,
    ports: BTreeMap<u64, Port>,
    nodes: BTreeMap<u64, Node>,
    options: fn(u64) -> Options,
    way: Way,
}

/// Options with which a leader is missed when it is gone, but not because the machine is busy.
pub(crate) fn options(node: u64) -> Options {
    let mut options = Options::new(node);
    options.raft.timing.heartbeat = Duration::from_millis(100);
    options.raft.timing.election_min = Duration::from_secs(2);
    options.raft.timing.election_max = Duration::from_secs(4);
    options.raft.retention.check_every = Duration::from_millis(20);
    options
}

/// The same, and a leader is missed soon: for tests in which it does not matter who leads.
pub(crate) fn quick(node: u64) -> Options {
    let mut options = options(node);
    options.raft.timing.election_min = Duration::from_millis(500);
    options.raft.timing.election_max = Duration::from_millis(1000);
    options
}

/// As [`options`], and hardly any log is kept.
pub(crate) fn forgetful(node: u64) -> Options {
    let mut options = options(node);
    options.raft.retention.flush_bytes = 1;
    options.raft.retention.log_bytes_kept = 0;
    options.raft.retention.log_entries_kept = 1;
    options.raft.retention.log_bytes_kept_in_touch = 0;
    options
}

impl Cluster {
    /// Three nodes whose cluster is born.
    pub(crate) async fn born(medium: fn() -> Medium, options: fn(u64) -> Options) -> Self {
        Self::born_with(medium, options, |_, links| Arc::new(links)).await
    }

    /// The same, where the nodes reach each other by other ways.
    pub(crate) async fn born_with(
        medium: fn() -> Medium,
        options: fn(u64) -> Options,
        way: Way,
    ) -> Self {
        let mut cluster = Self {
            media: (1..=3).map(|node| (node, medium())).collect(),
            ports: (1..=3).map(|node| (node, Port::local())).collect(),
            nodes: BTreeMap::new(),
            options,
            way,
        };
        for node in 1..=3 {
            cluster.start(node).await;
        }
        let ports = cluster.ports.iter();
        let members = ports
            .map(|(node, it)| (*node, it.address.to_string()))
            .collect();
        let founder = cluster.machine(1);
        founder.found(members).await.expect("the group is founded");
        let leader = cluster.leader().await;
        let birth = Op::Birth(Birth {
            cluster: CLUSTER,
            admin: ADMIN,
            members: first_members(&cluster.ports),
        });
        answer(&cluster.machine(leader), birth).await;
        cluster
    }

    /// Starts a node that does not run, at its address.
    pub(crate) async fn start(&mut self, node: u64) {
        let address = self.ports[&node].address;
        let listener = Listener::bind(address).await.expect("its own port");
        let disk = self.media[&node].open(node).await;
        let links = (self.way)(node, Links::new(me(node), None));
        let options = (self.options)(node);
        let running = Node::start(&options, disk, listener, links).await;
        self.nodes.insert(node, running);
    }

    /// Lets the others in to a node, whatever they remember of its disk.
    pub(crate) fn open_blindly(&self, node: u64) {
        let running = &self.nodes[&node];
        running.service.open(me(node), running.machine.clone());
    }

    /// Puts an earlier copy of a node's directory in its place, or keeps it for later.
    pub(crate) fn exchange_dir(&mut self, node: u64, other: TempDir) -> TempDir {
        match self.media.insert(node, Medium::Rocks(other)) {
            Some(Medium::Rocks(dir)) => dir,
            _ => panic!("node {node} has no directory"),
        }
    }

    /// Stops a node, in order.
    pub(crate) async fn stop(&mut self, node: u64) {
        let Node {
            machine,
            stop,
            server,
            ..
        } = self.nodes.remove(&node).expect("it runs");
        stop.send(()).expect("it is served");
        server.await.expect("the server ends");
        machine.shutdown().await;
    }

    pub(crate) async fn stop_all(mut self) {
        for node in self.running() {
            self.stop(node).await;
        }
    }

    pub(crate) fn running(&self) -> Vec<u64> {
        self.nodes.keys().copied().collect()
    }

    pub(crate) fn machine(&self, node: u64) -> Machine {
        self.nodes[&node].machine.clone()
    }

    pub(crate) fn status(&self, node: u64) -> Status {
        self.machine(node).status()
    }

    /// The directory of a node whose disk is one.
    pub(crate) fn dir(&self, node: u64) -> &Path {
        match &self.media[&node] {
            Medium::Rocks(dir) => dir.path(),
            Medium::Twin(_) => panic!("node {node} has no directory"),
        }
    }

    pub(crate) fn address(&self, node: u64) -> String {
        self.ports[&node].address.to_string()
    }

    /// Waits for a leader among those who run.
    pub(crate) async fn leader(&self) -> u64 {
        until("there is a leader", || {
            self.running().into_iter().find(|it| self.status(*it).leads)
        })
        .await
    }

    /// A node that runs and does not lead.
    pub(crate) async fn follower(&self) -> u64 {
        let leader = self.leader().await;
        let mut others = self.running().into_iter();
        others.find(|it| *it != leader).expect("another one runs")
    }

    /// Waits until all who run have applied the same, and answers how far.
    pub(crate) async fn agreed(&self) -> u64 {
        until("all have applied the same", || {
            let applied = self.running().into_iter().map(|it| self.status(it));
            let applied: Vec<_> = applied.map(|it| (it.applied, it.last_log)).collect();
            let (first, _) = applied[0];
            let same = applied.iter().all(|it| *it == (first, first));
            first.filter(|_| same)
        })
        .await
    }
}

/// Waits until something is there.
pub(crate) async fn until<T>(what: &str, found: impl Fn() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(it) = found() {
                return it;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = timeout(PATIENCE, wait).await;
    waited.unwrap_or_else(|_| panic!("never: {what}"))
}

/// Proposes, and is answered with a yes.
pub(crate) async fn answer(machine: &Machine, op: Op) -> Reply {
    propose(machine, Actor::Cluster, None, op)
        .await
        .expect("a yes")
}

async fn propose(machine: &Machine, by: Actor, team: Option<TeamId>, op: Op) -> Answer {
    let command = Command { by, team, op };
    let committed = propose_patiently(machine, command).await;
    committed.expect("committed").answer
}

/// Proposes, and does so again while nobody leads.
pub(crate) async fn propose_patiently(
    machine: &Machine,
    command: Command,
) -> Result<Committed, ProposeError> {
    let asked = async {
        loop {
            match machine.propose(command.clone()).await {
                Err(ProposeError::NotLeader { .. }) => sleep(Duration::from_millis(5)).await,
                answer => return answer,
            }
        }
    };
    let answered = timeout(PATIENCE, asked).await;
    answered.expect("an answer in time")
}

/// Makes a team, whoever comes to lead meanwhile.
pub(crate) async fn create_team(machine: &Machine, name: &str) -> TeamId {
    let name = TeamName::new(name).expect("a valid name");
    let mut in_doubt = false;
    loop {
        let command = Command {
            by: Actor::Cluster,
            team: None,
            op: Op::CreateTeam(CreateTeam { name: name.clone() }),
        };
        match propose_patiently(machine, command)
            .await
            .map(|it| it.answer)
        {
            Ok(Ok(Reply::Team(id))) => return id,
            // It was made when nobody knew.
            Ok(Err(Rejection::Exists)) if in_doubt => {
                let view = machine.view();
                let team = view.directory.team_named(&name);
                return team.expect("it is seen").id;
            }
            Err(ProposeError::Unknown) => in_doubt = true,
            other => unexpected(&other),
        }
    }
}

/// Waits until a node is known to show everything that was decided before.
pub(crate) async fn up_to_date(machine: &Machine) {
    let confirmed = async { while machine.fresh().await.is_err() {} };
    let waited = timeout(PATIENCE, confirmed).await;
    waited.expect("a leader confirms");
}

/// Submits an event with a body of so many bytes, all of them its number.
pub(crate) async fn submit(machine: &Machine, team: TeamId, number: u8, bytes: usize) {
    let submit = Submit {
        event: EventId(u128::from(number)),
        tag: None,
        class: Class::Normal,
        ordering_key: None,
        dedup: None,
        event_type: EventType::new("test").expect("a valid type"),
        content_type: None,
        meta: Vec::new(),
        body: Bytes::from(vec![number; bytes]),
        not_before: None,
        expires: None,
        attempts: None,
        lease: None,
        replayed_from: None,
    };
    let view = machine.view();
    let admin = view.directory.token(&ADMIN).expect("it is born").id;
    let submit = Op::Submit(Box::new(submit));
    let taken = propose(machine, Actor::Token(admin), Some(team), submit).await;
    taken.expect("it is taken");
}

/// The body of an event, as one node has it.
pub(crate) fn body(machine: &Machine, team: TeamId, number: u8) -> Option<Bytes> {
    let key = Key::Content(team, EventId(u128::from(number)));
    let found = machine.rows().get(&key).expect("rows are read");
    found.map(|it| match it {
        ackord_core::rows::Row::Content(content) => content.body,
        other => unexpected(&other),
    })
}

fn unexpected(it: &impl Debug) -> ! {
    panic!("unexpected: {it:?}")
}

pub(crate) fn knows_team(machine: &Machine, name: &str) -> bool {
    let name = TeamName::new(name).expect("a valid name");
    machine.view().directory.team_named(&name).is_some()
}
