//! What one node has answered, the others read.

use std::process::{Command, Stdio};

use ackord_chaos::fleet::Fleet;
use ackord_client::v1::{CreateTokenRequest, EventState, GetEventRequest, GetEventResponse, Role};
use ackord_client::{Client, Error, Event, Options};

use crate::{ALL, LONG, PROGRAM, born};

async fn submit(client: &Client) -> String {
    let event = Event::new("x", "body").tag("t");
    client.submit(event).await.expect("accepted").event_id
}

async fn get(client: &Client, event_id: &str) -> Result<GetEventResponse, Error> {
    let question = GetEventRequest {
        event_id: event_id.to_owned(),
        at_least: None,
    };
    client.get_event(question).await
}

/// A client of one node whose reads see what anybody was answered before.
pub(crate) fn fresh(fleet: &Fleet, at: usize, token: &str) -> Client {
    let options = Options {
        fresh: true,
        deadline: LONG,
        ..Options::new(format!("http://{}", fleet.address(at)), token)
    };
    Client::new(options).expect("an address")
}

#[tokio::test]
async fn fresh_reads_see_what_others_were_answered_on_other_nodes() {
    let (_dir, fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let writers = ALL.map(|at| fleet.client_of(&[at], &token, LONG));
    let readers = ALL.map(|at| fresh(&fleet, at, &token));
    for _ in 0..10 {
        for writer in &writers {
            let event_id = submit(writer).await;
            for reader in &readers {
                let found = get(reader, &event_id).await.expect("it was accepted");
                let event = found.event.expect("it is there");
                assert_eq!(event.state(), EventState::Ready);
            }
        }
    }
}

#[tokio::test]
async fn a_token_is_good_on_all_nodes_as_soon_as_it_is_made() {
    let (_dir, fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    for at in ALL.into_iter().cycle().take(30) {
        let admin = fleet.client_of(&[at], &token, LONG);
        let question = CreateTokenRequest {
            roles: vec![Role::Submit.into()],
            ..CreateTokenRequest::default()
        };
        let made = admin.create_token(question).await.expect("made");
        for other in ALL {
            submit(&fleet.client_of(&[other], &made.secret, LONG)).await;
        }
    }
}

#[tokio::test]
async fn a_client_reads_its_own_writes_when_its_node_is_gone() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let leader = fleet.leader().await.expect("one leads");
    let mut places = ALL.to_vec();
    places.rotate_left(leader);
    let client = fleet.client_of(&places, &token, LONG);
    let event_id = submit(&client).await;
    fleet.kill(leader);
    let found = get(&client, &event_id).await.expect("it was accepted");
    assert!(found.event.is_some());
}

/// Runs a command at one node that goes well: what it prints.
async fn run(fleet: &Fleet, at: usize, token: &str, args: &[&str]) -> String {
    let mut command = Command::new(PROGRAM);
    command
        .args(args)
        .args(["--timeout", "60s"])
        .stdin(Stdio::null())
        .env("ACKORD_SERVER", format!("http://{}", fleet.address(at)))
        .env("ACKORD_TOKEN", token);
    let ended = tokio::task::spawn_blocking(move || command.output()).await;
    let said = ended.expect("no panic").expect("the program runs");
    assert!(said.status.success(), "{args:?}: {said:?}");
    String::from_utf8(said.stdout).expect("text")
}

#[tokio::test]
async fn a_command_sees_what_the_last_one_did_on_another_node() {
    let (dir, fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let body = dir.path().join("body");
    std::fs::write(&body, "body").expect("written");
    let body = body.to_str().expect("text");
    for (writes, reads) in [(0, 1), (1, 2), (2, 0)] {
        let submit = ["submit", "--type", "x", "--tag", "t", body];
        let said = run(&fleet, writes, &token, &submit).await;
        let event_id = said.split_whitespace().last().expect("an id");
        run(&fleet, reads, &token, &["event", "why", event_id]).await;

        let operator = fleet.operator_secret();
        let name = format!("team-{writes}");
        run(&fleet, writes, operator, &["team", "create", &name]).await;
        let teams = run(&fleet, reads, operator, &["team", "list"]).await;
        assert!(teams.contains(&name), "{teams}");
    }
}
