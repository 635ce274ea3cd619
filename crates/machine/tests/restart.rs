//! What a node knows after it ended, on both engines.

mod common;

use ackord_machine::Options;
use common::{Medium, ballast, create_team, options, start, start_born, team_name, team_of, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_after_a_restart() {
    for medium in Medium::both() {
        let machine = start_born(&medium, &options()).await;
        let committed = machine
            .propose(create_team("red"))
            .await
            .expect("committed");
        machine.shutdown().await;
        drop(machine);

        let machine = start(&medium, &options()).await;
        let view = machine.view();
        let team = view
            .directory
            .team_named(&team_name("red"))
            .expect("the team");
        assert_eq!(team.id, team_of(&committed));
        assert!(machine.log_now() >= committed.at);
        assert!(
            machine.status().term > 1,
            "a restarted leader is elected anew"
        );
        machine.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn founding_again_changes_nothing() {
    for medium in Medium::both() {
        for _ in 0..3 {
            let machine = start(&medium, &options()).await;
            let name = format!("team-{}", machine.view().directory.teams().count());
            machine
                .propose(create_team(&name))
                .await
                .expect("committed");
            machine.shutdown().await;
        }
        let machine = start(&medium, &options()).await;
        assert_eq!(machine.view().directory.teams().count(), 3);
        machine.shutdown().await;
    }
}

/// Flushes and purges after little log.
fn forgetful() -> Options {
    let mut options = options();
    options.raft.retention.flush_bytes = 64 << 10;
    options.raft.retention.log_bytes_kept = 32 << 10;
    options.raft.retention.log_entries_kept = 10;
    options
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_goes_once_the_rows_are_flushed() {
    for medium in Medium::both() {
        let machine = start_born(&medium, &forgetful()).await;
        let mut teams = 0;
        while machine.status().purged.is_none() {
            let commands = vec![create_team(&format!("team-{teams}")), ballast()];
            for result in machine.propose_many(commands).await {
                result.expect("committed");
            }
            teams += 1;
        }
        let status = machine.status();
        assert!(status.purged <= status.flushed, "{status:?}");
        assert!(status.flushed <= status.applied, "{status:?}");
        until(|| machine.status().applied == machine.status().last_log).await;
        machine.shutdown().await;
        drop(machine);

        let machine = start(&medium, &forgetful()).await;
        assert_eq!(machine.view().directory.teams().count(), teams);
        assert!(machine.status().purged >= status.purged);
        machine
            .propose(create_team("one-more"))
            .await
            .expect("committed");
        machine.shutdown().await;
    }
}
