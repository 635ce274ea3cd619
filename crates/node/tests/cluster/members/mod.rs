//! Members that come and go, by the command line against real nodes.

mod grow;
mod lost;
mod refused;

use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ackord_chaos::fleet::Fleet;
use ackord_chaos::load::{Round, Sessions};
use ackord_chaos::{Sink, judge, kill};
use ackord_client::Client;
use ackord_client::v1::{Member, Passing};
use serde_json::Value;

use crate::{LONG, PROGRAM};

/// Runs `ackord cluster …` against one node, as an operator.
async fn run(fleet: &Fleet, at: usize, args: &[&str]) -> Output {
    let server = format!("http://{}", fleet.address(at));
    let mut command = Command::new(PROGRAM);
    command
        .arg("cluster")
        .args(args)
        .args(["--output", "json"])
        .env("ACKORD_SERVER", server)
        .env("ACKORD_TOKEN", fleet.operator_secret());
    let ended = tokio::task::spawn_blocking(move || command.output()).await;
    ended.expect("it does not panic").expect("the program runs")
}

/// The same where it goes well: what it prints. Asked again while the leader does not hear a member.
async fn cluster(fleet: &Fleet, at: usize, args: &[&str]) -> Value {
    let patient = [args, &["--timeout", "60s"]].concat();
    let begun = Instant::now();
    let mut said = run(fleet, at, &patient).await;
    while is_unheard(&said) && begun.elapsed() < LONG {
        tokio::time::sleep(Duration::from_millis(50)).await;
        said = run(fleet, at, &patient).await;
    }
    assert!(said.status.success(), "{args:?}: {said:?}");
    serde_json::from_slice(&said.stdout).unwrap_or_else(|it| panic!("{it}: {said:?}"))
}

/// Whether it was refused because a member did not answer just then.
fn is_unheard(said: &Output) -> bool {
    let words = String::from_utf8_lossy(&said.stderr);
    said.status.code() == Some(3) && words.contains("does not answer")
}

/// The same where it is refused: what it tells people, with the next step.
async fn refused(fleet: &Fleet, at: usize, args: &[&str]) -> String {
    let said = run(fleet, at, args).await;
    assert_eq!(said.status.code(), Some(3), "{args:?}: {said:?}");
    let words = String::from_utf8(said.stderr).expect("text");
    assert!(words.contains("next: "), "{words}");
    words
}

/// Adds a node on a new disk, and waits until it serves. Answers its place and number.
async fn join(fleet: &mut Fleet) -> (usize, String) {
    let at = fleet.grow().expect("written");
    fleet.start(at, "").expect("it runs");
    let address = fleet.peer_address(at).to_string();
    let added = cluster(fleet, 0, &["add", &address]).await;
    fleet.serving(&[at]).await.expect("it serves");
    (at, added["node_id"].as_str().expect("a number").to_owned())
}

/// The members as a node knows them, by their numbers.
async fn members(fleet: &Fleet, at: usize) -> Vec<Member> {
    let begun = Instant::now();
    loop {
        if let Some(status) = fleet.status(at).await {
            return status.members;
        }
        assert!(begun.elapsed() < LONG, "{}", fleet.log_tail(at));
    }
}

/// Waits until the leader has missed a member.
async fn missed(fleet: &Fleet, leader: usize, node: &str) {
    let answers =
        |it: &Member| it.node_id == node && it.answered_ms_ago.is_some_and(|ms| ms < 2500);
    while members(fleet, leader).await.iter().any(answers) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until these vote, as a node knows it, and none comes or goes.
async fn voters(fleet: &Fleet, at: usize, expected: &[&str]) {
    let begun = Instant::now();
    loop {
        let members = members(fleet, at).await;
        let settled = members
            .iter()
            .all(|it| it.passing() == Passing::Unspecified);
        let voters = members.iter().filter(|it| it.voter);
        let voters: Vec<_> = voters.map(|it| it.node_id.as_str()).collect();
        if settled && voters == expected {
            return;
        }
        assert!(begun.elapsed() < LONG, "{members:?}, not {expected:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Submitters and sessions, and the sink that remembers what they were promised.
struct Load {
    client: Client,
    sink: Arc<Sink>,
    round: Round,
    _sessions: Sessions,
}

impl Load {
    async fn begin(fleet: &Fleet) -> Self {
        let token = fleet.make_team("team").await.expect("made");
        let client = fleet.client(&token);
        let sink = Arc::new(Sink::default());
        let sessions = Sessions::start(&client, &sink);
        let load = Self {
            round: Round::begin(&client, &sink, 0),
            client,
            sink,
            _sessions: sessions,
        };
        load.goes_on().await;
        load
    }

    /// Waits until more was accepted than so far.
    async fn goes_on(&self) {
        let (before, _) = self.sink.progress();
        while self.sink.progress().0 <= before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends it: what was accepted was delivered, and everything that was promised holds.
    async fn holds(self) {
        self.goes_on().await;
        self.round.end().await;
        kill::drain(&self.sink).await;
        let mut violations = kill::judge_histories(&self.client, &self.sink).await;
        violations.extend(judge::judge(&self.sink.heard()));
        assert_eq!(violations, []);
    }
}
