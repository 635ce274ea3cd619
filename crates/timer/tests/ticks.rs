//! The timer and a machine on a disk in memory.
#![cfg(not(madsim))]

use std::sync::Arc;
use std::time::Duration;

use ackord_core::action::Action;
use ackord_core::answer::Reply;
use ackord_core::command::{
    Actor, Attach, Birth, Command, CreateTeam, CreateToken, Moment, Op, Submit,
};
use ackord_core::id::{EventId, NodeId, TeamId, TokenId};
use ackord_core::model::{Class, Role};
use ackord_core::text::{EventType, SessionKey, TeamName};
use ackord_core::time::Millis;
use ackord_machine::{Alone, Machine, Options};
use ackord_store::{Disk, DiskOptions, Identity, SimDisk};
use ackord_timer::Timer;
use bytes::Bytes;

const NODE: NodeId = NodeId(1);

/// A machine with a team, and a token of it that may do everything.
struct World {
    machine: Machine,
    team: TeamId,
    token: TokenId,
}

impl World {
    async fn begin() -> Self {
        let disk = Disk::simulated(&SimDisk::new(), &DiskOptions::default());
        let Disk {
            log,
            rows,
            mut owner,
        } = disk.expect("an empty disk opens");
        owner
            .adopt(Identity {
                cluster: 7,
                node: NODE,
                incarnation: 1,
            })
            .expect("a new identity");
        let mut options = Options::new(NODE.0);
        options.raft.timing.heartbeat = Duration::from_millis(10);
        options.raft.timing.election_min = Duration::from_millis(20);
        options.raft.timing.election_max = Duration::from_millis(40);
        let machine = Machine::start(&options, log, rows, Arc::new(Alone)).await;
        let machine = machine.expect("a machine starts");
        let members = [(NODE.0, "here".to_owned())];
        let founded = machine.found(members.into()).await;
        founded.expect("the group is founded");
        machine.recovered().await.expect("the log is applied");

        let cluster = |op| Command {
            by: Actor::Cluster,
            team: None,
            op,
        };
        let birth = Op::Birth(Birth {
            cluster: 7,
            admin: [1; 32],
        });
        reply(&machine, cluster(birth)).await;
        let name = TeamName::new("t").expect("a name");
        let made = reply(&machine, cluster(Op::CreateTeam(CreateTeam { name }))).await;
        let Reply::Team(team) = made else {
            panic!("no team but {made:?}")
        };
        let create = Op::CreateToken(CreateToken {
            hash: [2; 32],
            roles: vec![Role::Admin],
            tags: vec![],
            label: None,
            expires: None,
        });
        let made = reply(
            &machine,
            Command {
                team: Some(team),
                ..cluster(create)
            },
        )
        .await;
        let Reply::Token(token) = made else {
            panic!("no token but {made:?}")
        };
        Self {
            machine,
            team,
            token,
        }
    }

    fn command(&self, op: Op) -> Command {
        Command {
            by: Actor::Token(self.token),
            team: Some(self.team),
            op,
        }
    }

    fn delayed(&self, event: u128, delay: Duration) -> Command {
        let delay = Millis(u64::try_from(delay.as_millis()).expect("a short delay"));
        self.command(Op::Submit(Box::new(Submit {
            event: EventId(event),
            tag: None,
            class: Class::Normal,
            ordering_key: None,
            dedup: None,
            event_type: EventType::new("t").expect("a type"),
            content_type: None,
            meta: vec![],
            body: Bytes::new(),
            not_before: Some(Moment::After(delay)),
            expires: None,
            attempts: None,
            lease: None,
            replayed_from: None,
        })))
    }

    async fn attach(&self) {
        let key = SessionKey::new("s").expect("a key");
        let attach = Attach {
            key,
            nonce: 1,
            tag: None,
            node: NODE,
        };
        reply(&self.machine, self.command(Op::Attach(attach))).await;
    }
}

async fn reply(machine: &Machine, command: Command) -> Reply {
    let committed = machine.propose(command).await.expect("committed");
    committed.answer.expect("carried out")
}

#[tokio::test]
async fn a_delayed_event_is_leased_once_it_is_due() {
    let world = World::begin().await;
    let mut actions = world.machine.actions(NODE);
    world.attach().await;
    reply(&world.machine, world.delayed(5, Duration::from_millis(50))).await;
    tokio::spawn(Timer::new(world.machine.clone()).run(std::future::pending()));

    let actions = actions
        .next()
        .await
        .expect("the machine goes on")
        .expect("nothing is lost");
    assert!(
        matches!(actions[..], [Action::Deliver { fence, .. }] if fence.event == EventId(5)),
        "{actions:?}"
    );
}

#[tokio::test]
async fn a_deadline_that_comes_nearer_wakes_the_timer() {
    let world = World::begin().await;
    let mut actions = world.machine.actions(NODE);
    world.attach().await;
    reply(&world.machine, world.delayed(1, Duration::from_secs(3600))).await;
    tokio::spawn(Timer::new(world.machine.clone()).run(std::future::pending()));
    tokio::task::yield_now().await;
    reply(&world.machine, world.delayed(2, Duration::from_millis(1))).await;

    let actions = actions
        .next()
        .await
        .expect("the machine goes on")
        .expect("nothing is lost");
    assert!(
        matches!(actions[..], [Action::Deliver { fence, .. }] if fence.event == EventId(2)),
        "{actions:?}"
    );
}

#[tokio::test]
async fn all_that_is_due_is_done_however_much_it_is() {
    let world = World::begin().await;
    let submits = (1..=2000)
        .map(|it| world.delayed(it, Duration::from_millis(1)))
        .collect();
    for result in world.machine.propose_many(submits).await {
        result.expect("committed").answer.expect("carried out");
    }
    tokio::spawn(Timer::new(world.machine.clone()).run(std::future::pending()));
    while world
        .machine
        .deadline()
        .is_some_and(|at| at <= world.machine.log_now())
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_timer_that_is_told_to_stop_stops() {
    let world = World::begin().await;
    Timer::new(world.machine.clone())
        .run(std::future::ready(()))
        .await;
    world.machine.shutdown().await;
}
