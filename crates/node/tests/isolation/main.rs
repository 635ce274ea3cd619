//! What is another team's is as if it were not: over every method of the API, every tool of the adapter and
//! every request of the Clawback protocol, at real nodes.
//!
//! One team has something of everything, and marks it all. A token of another team, which may do whatever a
//! team's token may, then names each of those things, and beside it a thing that never was: the answers must be
//! alike but for the name that was asked for, and no mark be in them. At last all that the first team has is as
//! it was. What has no case here fails the test.
#![cfg(not(madsim))]

mod adapter;
mod frames;
mod methods;
mod names;
#[path = "../clawback/plugin.rs"]
#[expect(dead_code, reason = "the Clawback tests say more by it")]
mod plugin;
#[path = "../common/raw.rs"]
mod raw;
mod tools;
mod verdict;
mod victim;
mod wire;

use std::path::Path;
use std::time::Duration;

use ackord_chaos::fleet::Fleet;
use tempfile::TempDir;

use victim::Victim;
use wire::Api;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ackord");
/// Longer than anything takes that goes well.
const LONG: Duration = Duration::from_secs(120);

/// So many nodes that serve, a team that has something of everything, and its API.
async fn born(nodes: usize) -> (TempDir, Fleet, Victim, Api) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut fleet = Fleet::new(Path::new(PROGRAM), dir.path(), nodes).expect("written");
    // Calls are made once: an election that nobody asked for would fail them.
    fleet.calm().expect("written");
    fleet.start_all().expect("they run");
    let all = fleet.all();
    fleet.serving(&all).await.expect("they serve");
    let secret = fleet.make_team("canary-team").await.expect("made");
    let api = Api::to(fleet.address(0), &secret).await;
    let victim = Victim::plant(api.clone()).await;
    (dir, fleet, victim, api)
}

#[tokio::test]
async fn another_teams_things_are_as_if_they_were_not() {
    let (dir, fleet, mut victim, _) = born(3).await;
    let before = victim.everything().await;
    for at in fleet.all() {
        let secret = fleet
            .make_team(&format!("methods-{at}"))
            .await
            .expect("made");
        let api = Api::to(fleet.address(at), &secret).await;
        methods::try_all(&api, &victim.names).await;
    }
    let secret = fleet.make_team("tools").await.expect("made");
    let server = format!("http://{}", fleet.address(0));
    tools::try_all(dir.path(), &server, &secret, &victim.names).await;
    let secret = fleet.make_team("frames").await.expect("made");
    frames::try_all(fleet.web(0), &secret, &victim.names).await;

    assert_eq!(victim.everything().await, before);
    assert!(victim.hears_nothing());
}

#[tokio::test]
#[should_panic(expected = "canary is in")]
async fn what_the_teams_own_token_is_told_is_seen() {
    let (_dir, _fleet, victim, api) = born(1).await;
    methods::try_all(&api, &victim.names).await;
}

/// Fails unless these are the same names.
fn assert_all_tried(what: &str, are: Vec<String>, tried: Vec<&str>) {
    let untried: Vec<_> = are.iter().filter(|it| !tried.contains(&&***it)).collect();
    assert!(untried.is_empty(), "{what} without a case: {untried:?}");
    let gone: Vec<_> = tried
        .iter()
        .filter(|it| !are.iter().any(|name| name == *it))
        .collect();
    assert!(gone.is_empty(), "cases of no {what}: {gone:?}");
}
