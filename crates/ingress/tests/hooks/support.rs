//! A machine with a team and its sources, and requests that are signed as GitHub signs them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use ackord_core::answer::{Answer, Reply as Done};
use ackord_core::command::{
    Actor, Birth, Command, CreateSource, CreateTeam, FirstMember, Op, OpenPairing, UpdateSource,
};
use ackord_core::id::{NodeId, SourceId, TeamId};
use ackord_core::model::{Source, SourceMode};
use ackord_core::text::{KeyId, PeerAddress, SecretName, Slug, TeamName};
use ackord_core::time::Millis;
use ackord_ingress::{Arrived, Hooks, Reply};
use ackord_machine::{Alone, Committed, Machine, Options};
use ackord_proto::v1::{SourceDefinition, Verification, verification::Rule};
use ackord_seal::{Key, Keyring, Place};
use ackord_store::{Disk, DiskOptions, Identity, SimDisk};
use bytes::Bytes;
use hmac::{Hmac, Mac};
use prost::Message;
use sha2::Sha256;
use tokio::time::Instant;

pub(crate) const SECRET: &str = "it is a secret to everybody";
pub(crate) const TEAM: &str = "dev";
pub(crate) const BODY: &str = r#"{"action":"opened","number":7,"sender":{"login":"octocat"}}"#;

pub(crate) struct Site {
    pub(crate) machine: Machine,
    pub(crate) hooks: Hooks,
    keyring: Arc<Keyring>,
    pub(crate) team: TeamId,
}

/// A definition that says nothing but whose requests they are.
pub(crate) fn preset(name: &str) -> SourceDefinition {
    SourceDefinition {
        verification: Some(Verification {
            rule: Some(Rule::Preset(name.to_owned())),
            ..Verification::default()
        }),
        ..SourceDefinition::default()
    }
}

impl Site {
    pub(crate) async fn start() -> Self {
        let mut options = Options::new(1);
        options.raft.timing.heartbeat = std::time::Duration::from_millis(50);
        options.raft.timing.election_min = std::time::Duration::from_millis(200);
        options.raft.timing.election_max = std::time::Duration::from_millis(400);
        let disk = SimDisk::new();
        let mut disk = Disk::simulated(&disk, &DiskOptions::default()).expect("a disk");
        let identity = Identity {
            cluster: 7,
            node: NodeId(1),
            incarnation: 1,
        };
        disk.owner.adopt(identity).expect("it is nobody's");
        let machine = Machine::start(&options, disk.log, disk.rows, Arc::new(Alone)).await;
        let machine = machine.expect("it starts");
        machine.recalled().await.expect("nobody else remembers");
        let members = BTreeMap::from([(1, "127.0.0.1:7001".to_owned())]);
        machine.found(members).await.expect("founded");
        machine.recovered().await.expect("applied");
        let birth = Op::Birth(Birth {
            cluster: 7,
            admin: [1; 32],
            members: vec![FirstMember {
                address: PeerAddress::new("h:1").expect("an address"),
                disk: None,
            }],
        });
        let team = Op::CreateTeam(CreateTeam {
            name: TeamName::new(TEAM).expect("a name"),
        });
        carry_out(&machine, None, birth).await;
        let made = carry_out(&machine, None, team).await;
        let Answer::Ok(Done::Team(team)) = made.answer else {
            panic!("no team: {made:?}");
        };
        let keyring = Arc::new(keyring());
        let hooks = Hooks::new(machine.clone(), Some(Arc::clone(&keyring)));
        Self {
            machine,
            hooks,
            keyring,
            team,
        }
    }

    /// One with a source of GitHub's, whose name is `github`.
    pub(crate) async fn with_github() -> (Self, SourceId) {
        let site = Self::start().await;
        let source = site.source("github", preset("github")).await;
        (site, source)
    }

    pub(crate) async fn source(&self, slug: &str, definition: SourceDefinition) -> SourceId {
        self.source_under(&self.keyring, slug, definition).await
    }

    /// One whose secret is sealed with these keys.
    pub(crate) async fn source_under(
        &self,
        keyring: &Keyring,
        slug: &str,
        definition: SourceDefinition,
    ) -> SourceId {
        let slug = Slug::new(slug).expect("a name");
        let place = Place {
            team: self.team,
            slug: &slug,
            name: &SecretName::new("first").expect("a name"),
        };
        let create = Op::CreateSource(CreateSource {
            mode: SourceMode::Enabled,
            definition: definition.encode_to_vec().into(),
            secrets: vec![keyring.seal(place, SECRET.as_bytes(), None)],
            slug: slug.clone(),
            silence: None,
        });
        let made = self.carry_out(create).await;
        match made.answer {
            Answer::Ok(Done::Source(id, _)) => id,
            other => panic!("no source: {other:?}"),
        }
    }

    /// The source of that name, as it is.
    pub(crate) fn known(&self, slug: &str) -> Arc<Source> {
        let slug = Slug::new(slug).expect("a name");
        let view = self.machine.view();
        let known = view.directory.source_named(self.team, &slug);
        Arc::clone(known.expect("it is there"))
    }

    pub(crate) async fn carry_out(&self, op: Op) -> Committed {
        carry_out(&self.machine, Some(self.team), op).await
    }

    pub(crate) async fn set(&self, source: SourceId, mode: SourceMode) {
        self.update(source, Some(mode), None).await;
    }

    pub(crate) async fn update(
        &self,
        source: SourceId,
        mode: Option<SourceMode>,
        definition: Option<&SourceDefinition>,
    ) {
        let definition = definition.map(|it| it.encode_to_vec().into());
        let update = Op::UpdateSource(UpdateSource {
            source,
            revision: None,
            mode,
            definition,
            secrets: None,
            silence: None,
        });
        self.carry_out(update).await.answer.expect("changed");
    }

    pub(crate) async fn open_pairing(&self, source: SourceId, span: Millis) {
        let open = Op::OpenPairing(OpenPairing { source, span });
        self.carry_out(open).await.answer.expect("open");
    }

    pub(crate) async fn receive(&self, request: Arrived) -> Reply {
        self.hooks.receive(request).await
    }
}

/// A key that nobody else has.
pub(crate) fn keyring() -> Keyring {
    let id = KeyId::new("key").expect("a name");
    Keyring::new(id.clone(), [(id, Key::draw())]).expect("it has the key")
}

async fn carry_out(machine: &Machine, team: Option<TeamId>, op: Op) -> Committed {
    let command = Command {
        by: Actor::Cluster,
        team,
        op,
    };
    let committed = machine.propose(command).await.expect("committed");
    machine.reach(committed.position).await;
    committed
}

/// What GitHub's header says of a body.
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key does");
    mac.update(body);
    let mut text = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        write!(text, "{byte:02x}").expect("a text takes any text");
    }
    text
}

/// A delivery of GitHub's to the source of that name.
pub(crate) fn delivery(id: &str) -> Arrived {
    delivery_of(id, BODY)
}

pub(crate) fn delivery_of(id: &str, body: &str) -> Arrived {
    Arrived {
        team: TEAM.to_owned(),
        slug: "github".to_owned(),
        query: None,
        headers: vec![],
        body: Bytes::copy_from_slice(body.as_bytes()),
        from: Some(IpAddr::from([192, 0, 2, 7])),
        since: Instant::now(),
    }
    .with("content-type", "application/json")
    .with("x-github-event", "pull_request")
    .with("x-github-delivery", id)
    .with("x-hub-signature-256", &signature(SECRET, body.as_bytes()))
}

pub(crate) trait With {
    /// The same with another header; one of this name is replaced.
    fn with(self, name: &str, value: &str) -> Self;
    /// The same to another source.
    fn to(self, slug: &str) -> Self;
    /// The same, signed with something else.
    fn forged(self) -> Self;
}

impl With for Arrived {
    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|it| it.0 != name);
        let value = value.as_bytes().to_vec();
        self.headers.push((name.to_owned(), value));
        self
    }

    fn to(mut self, slug: &str) -> Self {
        slug.clone_into(&mut self.slug);
        self
    }

    fn forged(self) -> Self {
        let signature = signature("guessed", &self.body);
        self.with("x-hub-signature-256", &signature)
    }
}

/// What an answer says: its outcome, and the events that it names.
pub(crate) fn said(reply: &Reply) -> (String, Vec<String>) {
    assert_eq!(reply.status, 200, "{reply:?}");
    let said: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
    let events = said["events"].as_array().expect("a list").iter();
    let events = events.map(|it| it.as_str().expect("an id").to_owned());
    let outcome = said["outcome"].as_str().expect("a name");
    (outcome.to_owned(), events.collect())
}
