//! `ackord dev`: ready to be used, whatever happened before.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use nix::sys::signal::Signal;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::program::{Dev, run_in};

#[test]
fn the_next_command_needs_no_flags() {
    let dev = Dev::start();
    assert_eq!(dev.ready["team"], "dev");
    assert_eq!(dev.ready["first_start"], true);
    assert_eq!(dev.one(&["status"])["role"], "leader");
    assert_eq!(dev.json(&["team", "list"])[0]["name"], "dev");
}

#[test]
fn credentials_are_for_their_owner_only() {
    let dev = Dev::start();
    let file = dev.dir().join("ackord-data/credentials.json");
    let mode = fs::metadata(file)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_was_accepted_is_there_after_a_kill() {
    let mut dev = Dev::start();
    let submit = ["submit", "--type", "x", "--data", "kept"];
    let event = dev.one(&submit)["event_id"].clone();
    let event = event.as_str().expect("an id");
    dev.kill_and_start_again();
    assert_eq!(dev.ready["first_start"], false);
    assert_eq!(dev.run(&["event", "body", event]).out, "kept");
}

#[test]
fn lost_credentials_are_told() {
    let mut dev = Dev::start();
    fs::remove_file(dev.dir().join("ackord-data/credentials.json")).expect("it is there");
    dev.kill_and_start_again();
    assert!(dev.ready["credentials"].is_null());
    assert_eq!(dev.run(&["status"]).code, 2);
}

#[tokio::test]
async fn whoever_watches_hears_of_the_end() {
    let mut dev = Dev::start();
    let server = dev.ready["server"].as_str().expect("an address").to_owned();
    let endpoint = Endpoint::from_shared(server).expect("an address");
    let channel = endpoint.connect().await.expect("it serves");
    let watch = HealthClient::new(channel)
        .watch(HealthCheckRequest::default())
        .await;
    let mut statuses = watch.expect("it serves").into_inner();
    let mut next = async || {
        let status = statuses.message().await.expect("a good end");
        status.map(|it| it.status())
    };
    assert_eq!(next().await, Some(ServingStatus::Serving));
    dev.signal(Signal::SIGTERM);
    assert_eq!(next().await, Some(ServingStatus::NotServing));
    assert_eq!(next().await, None);
    assert!(dev.ended().success());
}

#[test]
fn a_directory_in_use_is_refused() {
    let dev = Dev::start();
    let said = dev.run(&["dev", "--listen", "127.0.0.1:0"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("next:"), "{}", said.err);
}

#[test]
fn without_a_node_the_next_step_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let said = run_in(dir.path(), &["status"], "");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("ackord dev"), "{}", said.err);
    let nobody = [
        "status",
        "--server",
        "http://127.0.0.1:1",
        "--token",
        "t",
        "--timeout",
        "1s",
    ];
    let said = run_in(dir.path(), &nobody, "");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("ackord dev"), "{}", said.err);
}

#[test]
fn a_configuration_with_an_unknown_key_does_not_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("node.toml");
    fs::write(&file, "data_dir = 'data'\nlisten_on = []").expect("written");
    let said = run_in(dir.path(), &["serve", "--config", "node.toml"], "");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("listen_on"), "{}", said.err);
}
