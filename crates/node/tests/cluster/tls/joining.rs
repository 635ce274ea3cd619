//! A node that joins shows a certificate for the address at which it says it is reached.

use std::process::Command;

use ackord_peer::join;
use ackord_proto::peer::JoinRequest;

use super::peers::{reached, refused};
use super::{Secured, ip};
use crate::PROGRAM;

#[tokio::test]
async fn a_node_joins_by_a_certificate_for_its_own_address() {
    let mut it = Secured::born().await;
    let called = it.fleet.peer_address(0).to_string();
    let second = it.caller(&ip(1).to_string(), &it.ca);
    let elsewhere = JoinRequest {
        disk: 7,
        address: "127.0.0.9:7500".to_owned(),
        ..JoinRequest::default()
    };
    let asked = reached(async || join(&called, Some(&second), elsewhere.clone()).await).await;
    let reason = refused(asked);
    assert!(reason.contains("not for the address"), "{reason}");

    let at = it.fleet.grow().expect("written");
    let address = it.fleet.peer_address(at);
    it.configure(at, &it.pair("node-3", &it.ca, &address.ip().to_string()));
    it.fleet.start(at, "").expect("it runs");
    let mut add = Command::new(PROGRAM);
    add.args(["cluster", "add", &address.to_string()])
        .args(["--server", &format!("https://{}", it.fleet.address(0))])
        .args(["--token", it.fleet.operator_secret(), "--ca", "ca.crt"])
        .args(["--timeout", "60s"])
        .current_dir(it.dir.path());
    let added = tokio::task::spawn_blocking(move || add.output()).await;
    let added = added.expect("no panic").expect("the program runs");
    assert!(added.status.success(), "{added:?}");
    it.fleet.serving(&[at]).await.expect("it serves");
    let status = it.fleet.standing(at).await.expect("it serves");
    assert_eq!(
        (status.node_id.as_str(), status.members.len()),
        ("node_4", 4)
    );
}
