//! What callers are told, and when.

mod common;

use ackord_core::answer::{Rejection, Reply};
use ackord_core::command::{Extend, Op, Tick};
use ackord_core::id::{NodeId, TeamId};
use ackord_core::limits::ENTRY_BYTES_MAX;
use ackord_core::time::Position;
use ackord_machine::{Bounds, ProposeError};
use common::{Medium, by_cluster, create_team, options, start_born, team_name, team_of};
use futures::future::join_all;

fn twin() -> Medium {
    let [twin, _] = Medium::both();
    twin
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_seen_by_views_and_rows() {
    let machine = start_born(&twin(), &options()).await;
    let committed = machine
        .propose(create_team("red"))
        .await
        .expect("committed");
    let team = team_of(&committed);
    machine.reach(committed.position).await;
    let view = machine.view();
    assert_eq!(
        view.directory.team_named(&team_name("red")).map(|it| it.id),
        Some(team)
    );
    assert!(view.next > committed.position.index);
    assert!(view.now >= committed.at);
    assert!(view.directory.token(&[1; 32]).is_some());
    let key = ackord_core::rows::Key::Team(team);
    let found = machine
        .read(move |rows| ackord_core::rows::Rows::get(rows, &key))
        .await;
    assert!(found.is_some());
    machine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_machine_is_an_answer() {
    let machine = start_born(&twin(), &options()).await;
    machine
        .propose(create_team("red"))
        .await
        .expect("committed");
    let again = machine
        .propose(create_team("red"))
        .await
        .expect("committed");
    assert_eq!(again.answer, Err(Rejection::Exists));
    machine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_of_one_call_are_answered_in_their_order() {
    let machine = start_born(&twin(), &options()).await;
    let names: Vec<String> = (0..2500).map(|it| format!("team-{it}")).collect();
    let commands = names.iter().map(|it| create_team(it)).collect();
    let results = machine.propose_many(commands).await;
    let committed: Vec<_> = results
        .into_iter()
        .map(|it| it.expect("committed"))
        .collect();
    assert!(committed.is_sorted_by(|a, b| a.position < b.position));
    let view = machine.view();
    for (name, it) in names.iter().zip(&committed) {
        let found = view.directory.team_named(&team_name(name)).map(|it| it.id);
        assert_eq!(found, Some(team_of(it)), "{name}");
    }
    let entries = committed.last().expect("some").position.index - committed[0].position.index;
    assert_eq!(entries, 2, "2,500 commands fill two entries and a half");
    machine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_at_the_same_time_share_entries() {
    let machine = start_born(&twin(), &options()).await;
    let first = machine.status().applied;
    let teams = (0..1000).map(|it| {
        let machine = machine.clone();
        async move { machine.propose(create_team(&format!("team-{it}"))).await }
    });
    for result in join_all(teams).await {
        team_of(&result.expect("committed"));
    }
    assert_eq!(machine.view().directory.teams().count(), 1000);
    assert!(
        machine.status().applied < first.map(|it| it + 1000),
        "not one entry each"
    );
    machine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_entry_can_take_is_refused_alone() {
    let machine = start_born(&twin(), &options()).await;
    let fence = ackord_core::command::Fence {
        event: Default::default(),
        delivery: 1,
    };
    let item = ackord_core::command::Extension { fence, note: None };
    let items = vec![item; ENTRY_BYTES_MAX / 2];
    let large = by_cluster(Some(TeamId(1)), Op::Extend(Extend { items }));
    let commands = vec![create_team("red"), large, create_team("blue")];
    let results = machine.propose_many(commands).await;
    assert!(results[0].is_ok() && results[2].is_ok());
    assert!(
        matches!(results[1], Err(ProposeError::TooLarge { .. })),
        "{:?}",
        results[1]
    );
    machine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_and_loses_nothing() {
    let mut options = options();
    options.queue = Bounds {
        commands: 64,
        bytes: 1 << 20,
    };
    let machine = start_born(&twin(), &options).await;
    let teams = (0..500).map(|it| {
        let machine = machine.clone();
        async move { machine.propose(create_team(&format!("team-{it}"))).await }
    });
    let results = join_all(teams).await;
    let refused = |it: &&Result<_, ProposeError>| matches!(it, Err(ProposeError::Overloaded { retry_after }) if !retry_after.is_zero());
    let refused = results.iter().filter(refused).count();
    let committed = results.iter().filter(|it| it.is_ok()).count();
    assert!(refused > 0);
    assert_eq!(refused + committed, 500);
    assert_eq!(machine.view().directory.teams().count(), committed);
    machine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn log_time_does_not_go_back() {
    let machine = start_born(&twin(), &options()).await;
    let mut last = machine.log_now();
    for _ in 0..50 {
        let tick = machine
            .propose(by_cluster(None, Op::Tick(Tick)))
            .await
            .expect("committed");
        assert!(matches!(tick.answer, Ok(Reply::Ticked { .. })));
        assert!(tick.at >= last);
        last = tick.at.max(machine.log_now());
    }
    machine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_says_so() {
    let machine = start_born(&twin(), &options()).await;
    machine.shutdown().await;
    assert_eq!(
        machine.propose(create_team("red")).await,
        Err(ProposeError::ShuttingDown)
    );
    assert_eq!(machine.outstanding(NodeId(1)).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_reached_is_waited_for() {
    let machine = start_born(&twin(), &options()).await;
    let next = machine.view().next;
    let waiting = machine.reach(Position {
        index: next + 1,
        offset: 0,
    });
    let mut waiting = Box::pin(waiting);
    assert!(futures::poll!(waiting.as_mut()).is_pending());
    machine
        .propose(create_team("red"))
        .await
        .expect("committed");
    assert!(futures::poll!(waiting.as_mut()).is_pending());
    machine
        .propose(create_team("blue"))
        .await
        .expect("committed");
    waiting.await;
    machine.shutdown().await;
}
