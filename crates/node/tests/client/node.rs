//! A node on a directory of its own, which can be stopped and started again.

use std::net::SocketAddr;
use std::time::Duration;

use ackord_chaos::port::Port;
use ackord_client::{Client, Options, v1};
use ackord_node::{Config, Secret, Server, server};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// Longer than anything takes that goes well.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// See the module.
pub(crate) struct Node {
    dir: TempDir,
    operator: Secret,
    server: Option<Server>,
    port: Port,
    team_token: String,
    /// How long it takes calls once it was told to stop.
    pub(crate) notice: Duration,
}

impl Node {
    /// Starts a node with a team.
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let mut node = Self {
            dir,
            operator: Secret::draw(),
            server: None,
            port: Port::local(),
            team_token: String::new(),
            notice: Duration::ZERO,
        };
        node.start_again().await;
        let operator = node.operator();
        let team = v1::CreateTeamRequest {
            name: "tests".to_owned(),
        };
        operator.create_team(team).await.expect("the team is new");
        node.team_token = node.token(&[v1::Role::Admin]).await.secret;
        node
    }

    /// Ends the node's process, as far as a test can.
    pub(crate) async fn stop(&mut self) {
        self.server.take().expect("it runs").shutdown().await;
    }

    /// The same, beside what goes on.
    pub(crate) fn begin_to_stop(&mut self) -> JoinHandle<()> {
        let server = self.server.take().expect("it runs");
        tokio::spawn(server.shutdown())
    }

    /// Starts it on the same data and address.
    pub(crate) async fn start_again(&mut self) {
        let config = Config {
            listen: vec![self.port.address],
            admin_token_sha256: Some(self.operator.hash()),
            notice: self.notice,
            ..Config::new(self.dir.path().join("data"))
        };
        let server = server::start(config).await.expect("the node starts");
        self.server = Some(server);
    }

    /// Where it serves.
    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address
    }

    /// A token of the team.
    pub(crate) async fn token(&self, roles: &[v1::Role]) -> v1::CreateTokenResponse {
        let question = v1::CreateTokenRequest {
            team: "tests".to_owned(),
            roles: roles.iter().map(|it| (*it).into()).collect(),
            ..v1::CreateTokenRequest::default()
        };
        let made = self.operator().create_token(question).await;
        made.expect("the operator may")
    }

    /// A client of whoever runs the cluster.
    pub(crate) fn operator(&self) -> Client {
        self.client_with(self.operator.expose())
    }

    /// The same by way of another address.
    pub(crate) fn operator_at(&self, address: SocketAddr) -> Client {
        client(address, self.operator.expose())
    }

    /// A client with everything that the team may do.
    pub(crate) fn client(&self) -> Client {
        self.client_with(&self.team_token)
    }

    /// The same by way of another address.
    pub(crate) fn client_at(&self, address: SocketAddr) -> Client {
        client(address, &self.team_token)
    }

    /// The same by way of any of these.
    pub(crate) fn client_of(&self, addresses: &[SocketAddr]) -> Client {
        self.client_within(addresses, LONG)
    }

    /// The same, whose calls go on trying for so long.
    pub(crate) fn client_within(&self, addresses: &[SocketAddr], deadline: Duration) -> Client {
        let mut options = Options::new("", &self.team_token);
        options.servers = addresses.iter().map(|it| format!("http://{it}")).collect();
        options.deadline = deadline;
        Client::new(options).expect("addresses and a token")
    }

    /// A client with this token.
    pub(crate) fn client_with(&self, token: &str) -> Client {
        client(self.port.address, token)
    }

    /// An event as the node has it.
    pub(crate) async fn event(&self, event_id: &str) -> v1::Event {
        let question = v1::GetEventRequest {
            event_id: event_id.to_owned(),
            at_least: None,
        };
        let answer = self
            .client()
            .get_event(question)
            .await
            .expect("the event is there");
        answer.event.expect("an event")
    }

    /// All events of the team.
    pub(crate) async fn events(&self) -> Vec<v1::Event> {
        let question = v1::ListEventsRequest::default();
        self.client()
            .list_events(question)
            .await
            .expect("readable")
            .events
    }
}

fn client(address: SocketAddr, token: &str) -> Client {
    let mut options = Options::new(format!("http://{address}"), token);
    options.deadline = LONG;
    Client::new(options).expect("an address and a token")
}

/// Waits until the answer is yes.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let waited = tokio::time::timeout(LONG, async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never: {what}"));
}
