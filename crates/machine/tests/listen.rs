//! What the rooms hear without asking: actions and the next deadline.

mod common;

use ackord_core::action::Action;
use ackord_core::answer::Reply;
use ackord_core::command::{Actor, Attach, Birth, Command, FirstMember, Op, Submit};
use ackord_core::id::{EventId, NodeId, TeamId, TokenId};
use ackord_core::model::Class;
use ackord_core::text::{EventType, PeerAddress, SessionKey};
use ackord_machine::Machine;
use ackord_store::SimDisk;
use common::{Medium, NODE, by_cluster, create_team, options, start, start_born, team_of};

async fn carry_out(machine: &Machine, team: TeamId, op: Op) -> Reply {
    // The token that a birth makes.
    let by = Actor::Token(TokenId(1));
    let team = Some(team);
    let committed = machine
        .propose(Command { by, team, op })
        .await
        .expect("committed");
    committed.answer.expect("allowed")
}

fn attach() -> Op {
    let key = SessionKey::new("session").expect("a valid key");
    Op::Attach(Attach {
        key,
        nonce: 1,
        tag: None,
        node: NodeId(NODE),
        accepts_messages: true,
    })
}

fn submit(event: EventId) -> Op {
    Op::Submit(Box::new(Submit {
        event,
        tag: None,
        class: Class::Normal,
        ordering_key: None,
        dedup: None,
        event_type: EventType::new("test").expect("a valid type"),
        content_type: None,
        meta: Vec::new(),
        body: Default::default(),
        not_before: None,
        expires: None,
        attempts: None,
        lease: None,
        replayed_from: None,
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_is_heard_and_stays_outstanding() {
    let medium = Medium::Twin(SimDisk::new());
    let machine = start_born(&medium, &options()).await;
    let team = team_of(
        &machine
            .propose(create_team("red"))
            .await
            .expect("committed"),
    );
    carry_out(&machine, team, attach()).await;
    let mut actions = machine.actions(NodeId(NODE));
    let event = EventId(7);
    carry_out(&machine, team, submit(event)).await;

    let heard = actions
        .next()
        .await
        .expect("the machine runs")
        .expect("none was lost");
    let is_delivery =
        |it: &Action| matches!(it, Action::Deliver { fence, .. } if fence.event == event);
    assert!(heard.iter().any(is_delivery), "{heard:?}");
    assert_eq!(machine.outstanding(NodeId(NODE)).await, heard);
    assert_eq!(machine.outstanding(NodeId(NODE + 1)).await, []);

    machine.shutdown().await;
    assert!(actions.next().await.is_none(), "nothing more is heard");
    let machine = start(&medium, &options()).await;
    assert_eq!(
        machine.outstanding(NodeId(NODE)).await,
        heard,
        "a restart knows it still"
    );
    machine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_deadline_is_heard() {
    let machine = start(&Medium::Twin(SimDisk::new()), &options()).await;
    let mut deadlines = machine.deadlines();
    assert_eq!(*deadlines.borrow_and_update(), None);
    let birth = Birth {
        cluster: 7,
        admin: [1; 32],
        members: vec![FirstMember {
            address: PeerAddress::new("h:1").expect("a valid address"),
            disk: None,
        }],
    };
    machine
        .propose(by_cluster(None, Op::Birth(birth)))
        .await
        .expect("committed");
    deadlines.changed().await.expect("the machine runs");
    assert!(deadlines.borrow().is_some());
    assert_eq!(machine.deadline(), *deadlines.borrow());
    machine.shutdown().await;
}
