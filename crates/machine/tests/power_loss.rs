//! What was answered is on the disk: whenever the power fails, a node that starts on what is left
//! knows it.

mod common;

use ackord_machine::{Machine, Options};
use ackord_store::SimDisk;
use common::{Medium, create_team, options, start, start_born, team_name, team_of};
use futures::StreamExt;
use futures::stream::FuturesUnordered;

const CALLERS: usize = 8;
const TEAMS: usize = 200;

/// What a loss of power would have left, and what had been answered by then.
struct Moment {
    left: SimDisk,
    answered: Vec<String>,
}

/// Lets callers make teams, and notes what the disk would keep after each answer.
async fn moments(machine: &Machine, disk: &SimDisk) -> Vec<Moment> {
    let mut names = (0..TEAMS).map(|it| format!("team-{it}"));
    let ask = |name: String| async move {
        team_of(
            &machine
                .propose(create_team(&name))
                .await
                .expect("committed"),
        );
        name
    };
    let mut asked: FuturesUnordered<_> = names.by_ref().take(CALLERS).map(ask).collect();
    let mut answered = Vec::new();
    let mut moments = Vec::new();
    while let Some(name) = asked.next().await {
        answered.push(name);
        let left = disk.fork();
        left.power_loss(0);
        moments.push(Moment {
            left,
            answered: answered.clone(),
        });
        asked.extend(names.next().map(ask));
    }
    moments
}

/// How many of these answers a node that starts on what is left does not know; all, if it does
/// not even open.
async fn lost(moment: &Moment) -> usize {
    let medium = Medium::Twin(moment.left.clone());
    if medium.open(&options()).is_err() {
        return moment.answered.len();
    }
    let machine = start(&medium, &options()).await;
    let view = machine.view();
    machine.shutdown().await;
    let is_lost = |it: &&String| view.directory.team_named(&team_name(it)).is_none();
    moment.answered.iter().filter(is_lost).count()
}

async fn run(options: &Options) -> Vec<Moment> {
    let disk = SimDisk::new();
    let machine = start_born(&Medium::Twin(disk.clone()), options).await;
    let moments = moments(&machine, &disk).await;
    machine.shutdown().await;
    moments
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_loss_of_power() {
    let moments = run(&options()).await;
    assert_eq!(moments.len(), TEAMS);
    for moment in moments.iter().step_by(10) {
        assert_eq!(lost(moment).await, 0, "of {}", moment.answered.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_not_synced_is_seen() {
    let mut options = options();
    options.raft.faults = "skip_fsync_log".parse().expect("a known fault");
    let moments = run(&options).await;
    let last = moments.last().expect("some");
    assert!(lost(last).await > 0, "the planted bug must be seen");
}
