//! Any node carries out what it is asked for, whoever leads.

use std::time::Duration;

use ackord_core::command::{Actor, Command, CreateTeam, Op};
use ackord_core::text::TeamName;
use ackord_machine::{Committed, Machine, ProposeError};
use futures::future::join_all;
use tokio::time::timeout;

use crate::support::{Cluster, Medium, PATIENCE, create_team, knows_team, options, quick, until};

/// Longer than anybody may be left without an answer.
const ANSWER_MAX: Duration = Duration::from_secs(30);

fn team(name: &str) -> Command {
    Command {
        by: Actor::Cluster,
        team: None,
        op: Op::CreateTeam(CreateTeam {
            name: TeamName::new(name).expect("a valid name"),
        }),
    }
}

async fn propose(machine: Machine, command: Command) -> Result<Committed, ProposeError> {
    let answered = timeout(ANSWER_MAX, machine.propose(command)).await;
    answered.expect("everybody is answered")
}

/// The same, and again while nobody leads.
async fn propose_patiently(machine: Machine, command: Command) -> Result<Committed, ProposeError> {
    let asked = async {
        loop {
            match propose(machine.clone(), command.clone()).await {
                Err(ProposeError::NotLeader { .. }) => tokio::task::yield_now().await,
                answer => return answer,
            }
        }
    };
    let answered = timeout(PATIENCE, asked).await;
    answered.expect("somebody leads")
}

/// Returns once a node hears a leader, or leads.
async fn in_touch(machine: &Machine) {
    let heard = timeout(PATIENCE, machine.in_touch()).await;
    heard.expect("it is in touch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_answers_once_it_has_applied_it() {
    let cluster = Cluster::born(Medium::twin, options).await;
    let follower = cluster.machine(cluster.follower().await);
    for number in 0..20 {
        let name = format!("team-{number}");
        let committed = propose(follower.clone(), team(&name)).await;
        let committed = committed.expect("committed");
        assert!(committed.answer.is_ok());
        assert!(knows_team(&follower, &name), "{name}");
        assert!(follower.view().next > committed.position.index);
        assert!(follower.view().now >= committed.at);
    }
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_caller_of_each_node_gets_its_own_answer() {
    let cluster = Cluster::born(Medium::twin, options).await;
    cluster.leader().await;
    let machines: Vec<Machine> = cluster
        .running()
        .into_iter()
        .map(|it| cluster.machine(it))
        .collect();
    // The same names on all nodes: each is made once, wherever it was asked for.
    let asked = machines.iter().flat_map(|machine| {
        (0..100).map(|number| propose(machine.clone(), team(&format!("team-{number}"))))
    });
    let answers = join_all(asked).await;
    let made = answers
        .iter()
        .filter(|it| it.as_ref().is_ok_and(|it| it.answer.is_ok()));
    assert_eq!(made.count(), 100);
    let mut positions: Vec<_> = answers
        .into_iter()
        .map(|it| it.expect("committed").position)
        .collect();
    positions.sort();
    positions.dedup();
    assert_eq!(positions.len(), 300, "each command has a place of its own");
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_left_without_an_answer_when_the_leader_goes() {
    let mut cluster = Cluster::born(Medium::twin, options).await;
    let leader = cluster.leader().await;
    let follower = cluster.machine(cluster.follower().await);
    let asked = |round: usize| {
        let machine = follower.clone();
        let names = (0..50).map(move |number| format!("team-{round}-{number}"));
        let asked = names.map(move |name| {
            let machine = machine.clone();
            async move { (propose_patiently(machine, team(&name)).await, name) }
        });
        tokio::spawn(join_all(asked))
    };
    let mut rounds = Vec::new();
    for round in 0..5 {
        rounds.push(asked(round));
        tokio::task::yield_now().await;
    }
    cluster.stop(leader).await;
    for round in 5..10 {
        rounds.push(asked(round));
    }
    cluster.leader().await;
    in_touch(&follower).await;
    let known = rounds.len();
    for round in 10..15 {
        rounds.push(asked(round));
    }
    let mut committed = 0;
    for (round, asked) in rounds.into_iter().enumerate() {
        for (answer, name) in asked.await.expect("no caller panics") {
            match answer {
                Ok(it) => {
                    assert!(it.answer.is_ok(), "{name} was asked for once");
                    assert!(knows_team(&follower, &name));
                    committed += usize::from(round >= known);
                }
                Err(ProposeError::Unknown) => {}
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
    assert!(
        committed >= 250,
        "what was asked for of a leader is committed"
    );
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_wait_for_a_leader() {
    let mut cluster = Cluster::born(Medium::twin, quick).await;
    let leader = cluster.leader().await;
    let follower = cluster.machine(cluster.follower().await);
    cluster.stop(leader).await;
    let committed = propose_patiently(follower.clone(), team("red")).await;
    assert!(committed.expect("committed").answer.is_ok());
    assert!(knows_team(&follower, "red"));
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_the_others_is_stale_and_refuses() {
    let mut cluster = Cluster::born(Medium::twin, options).await;
    let last = cluster.follower().await;
    let machine = cluster.machine(last);
    create_team(&machine, "red").await;
    assert!(!machine.is_stale());
    let others: Vec<u64> = cluster
        .running()
        .into_iter()
        .filter(|it| *it != last)
        .collect();
    for node in others {
        cluster.stop(node).await;
    }
    // It waits for a leader, in vain, and is not in the log.
    let refused = propose(machine.clone(), team("blue")).await;
    assert!(
        matches!(refused, Err(ProposeError::NotLeader { .. })),
        "{refused:?}"
    );
    assert!(machine.is_stale());
    timeout(ANSWER_MAX, machine.isolated())
        .await
        .expect("it has noticed");

    for node in 1..=3 {
        if node != last {
            cluster.start(node).await;
        }
    }
    in_touch(&machine).await;
    create_team(&machine, "green").await;
    assert!(!knows_team(&machine, "blue"));
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_without_the_others_does_not_leave_its_callers_waiting() {
    let mut cluster = Cluster::born(Medium::twin, options).await;
    let leader = cluster.leader().await;
    let machine = cluster.machine(leader);
    let others: Vec<u64> = cluster
        .running()
        .into_iter()
        .filter(|it| *it != leader)
        .collect();
    for node in others {
        cluster.stop(node).await;
    }
    // In its log, or not: nobody knows, or nobody leads.
    let refused = propose(machine.clone(), team("red")).await;
    assert!(
        matches!(
            refused,
            Err(ProposeError::Unknown | ProposeError::NotLeader { .. })
        ),
        "{refused:?}"
    );
    until("it is stale", || machine.is_stale().then_some(())).await;
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handing_over_leaves_nothing_unknown() {
    let cluster = Cluster::born(Medium::twin, options).await;
    let first = cluster.leader().await;
    cluster.agreed().await;
    let next = cluster.follower().await;
    let third = (1..=3)
        .find(|it| *it != first && *it != next)
        .expect("three");
    let mut rounds = Vec::new();
    for round in 0..4 {
        for node in [first, next, third] {
            let machine = cluster.machine(node);
            let names = (0..25).map(move |number| format!("team-{node}-{round}-{number}"));
            rounds.push(tokio::spawn(join_all(names.map(move |name| {
                let machine = machine.clone();
                async move { propose(machine, team(&name)).await }
            }))));
        }
        if round == 1 {
            cluster.machine(first).hand_over(next).await;
        }
    }
    for round in rounds {
        for answer in round.await.expect("no caller panics") {
            assert!(answer.expect("committed").answer.is_ok());
        }
    }
    cluster.stop_all().await;
}
