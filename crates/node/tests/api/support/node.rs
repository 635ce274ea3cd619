//! A node on a directory of its own.

use ackord_node::config::{SealingKey, Secrets};
use ackord_node::{Config, Secret, Server, server};
use ackord_proto::v1::{CreateTeamRequest, CreateTokenRequest, CreateTokenResponse, Role};
use ackord_seal::Key;
use tempfile::TempDir;

use super::Client;

/// A running node with its admin's secret.
pub(crate) struct Node {
    pub(crate) server: Server,
    pub(crate) dir: TempDir,
    pub(crate) admin: Secret,
}

/// A configuration on a free port, with elections as short as a test wants them.
pub(crate) fn config(dir: &TempDir, admin: &Secret) -> Config {
    let mut config = Config::new(dir.path());
    config.listen = vec!["127.0.0.1:0".parse().expect("an address")];
    config.admin_token_sha256 = Some(admin.hash());
    config.secrets = Some(secrets(dir));
    config.raft.heartbeat_ms = 10;
    config.raft.election_min_ms = 20;
    config.raft.election_max_ms = 40;
    config
}

/// The sealing key of a directory, drawn at its first start.
fn secrets(dir: &TempDir) -> Secrets {
    let file = dir.path().join("seal.key");
    if !file.exists() {
        std::fs::write(&file, &*Key::draw().to_text()).expect("a directory that takes files");
    }
    let key = SealingKey {
        id: "k1".to_owned(),
        file: Some(file),
        env: None,
    };
    Secrets {
        current: None,
        keys: vec![key],
    }
}

impl Node {
    /// A new cluster.
    pub(crate) async fn start() -> Self {
        Self::start_on(tempfile::tempdir().expect("a directory"), Secret::draw()).await
    }

    /// A new cluster, with another configuration.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        Self::start_as(dir, Secret::draw(), change).await
    }

    async fn start_on(dir: TempDir, admin: Secret) -> Self {
        Self::start_as(dir, admin, |_| {}).await
    }

    async fn start_as(dir: TempDir, admin: Secret, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config(&dir, &admin);
        change(&mut config);
        let server = server::start(config).await;
        let server = server.expect("a healthy node starts");
        Self { server, dir, admin }
    }

    /// Ends the node and starts it again on what it left.
    pub(crate) async fn restart(self) -> Self {
        self.restart_with(|_| {}).await
    }

    /// The same, with another configuration.
    pub(crate) async fn restart_with(self, change: impl FnOnce(&mut Config)) -> Self {
        self.server.shutdown().await;
        Self::start_as(self.dir, self.admin, change).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.addresses()[0])
    }

    /// A client with any secret.
    pub(crate) async fn client(&self, secret: &str) -> Client {
        Client::connect(&self.url(), secret).await
    }

    /// A client of the operators.
    pub(crate) async fn operator(&self) -> Client {
        self.client(self.admin.expose()).await
    }

    /// A new team.
    pub(crate) async fn make_team(&self, name: &str) -> String {
        let request = CreateTeamRequest {
            name: name.to_owned(),
        };
        let made = self.operator().await.teams.create_team(request).await;
        made.expect("a team is made").into_inner().team_id
    }

    /// A client with a new token of the team.
    pub(crate) async fn member(&self, team: &str, roles: &[Role], tags: &[&str]) -> Client {
        let made = self.make_token(team, roles, tags).await;
        let mut client = self.client(&made.secret).await;
        client.token_id = made.token_id;
        client
    }

    /// A client who may do everything in the team, and its secret.
    pub(crate) async fn member_with_secret(&self, team: &str) -> (Client, String) {
        let made = self.make_token(team, &[Role::Admin], &[]).await;
        (self.client(&made.secret).await, made.secret)
    }

    async fn make_token(&self, team: &str, roles: &[Role], tags: &[&str]) -> CreateTokenResponse {
        let request = CreateTokenRequest {
            team: team.to_owned(),
            roles: roles.iter().map(|it| (*it).into()).collect(),
            tags: tags.iter().map(|it| (*it).to_owned()).collect(),
            ..CreateTokenRequest::default()
        };
        let made = self.operator().await.tokens.create_token(request).await;
        made.expect("a token is made").into_inner()
    }

    /// A client of a new team, who may do everything in it.
    pub(crate) async fn team(&self, name: &str) -> Client {
        let team = self.make_team(name).await;
        self.member(&team, &[Role::Admin], &[]).await
    }
}
