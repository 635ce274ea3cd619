//! Files that are replaced while connections are there.

use ackord_tls::Renewed;
use ackord_tls::mint::Authority;

use crate::support::{Files, HERE, call, secured, serve, today};

fn ca() -> Authority {
    Authority::make().expect("made")
}

#[tokio::test]
async fn new_connections_use_new_files_and_old_ones_live_on() {
    let (files, old, new) = (Files::new(), ca(), ca());
    let server = files.server(&old);
    let address = serve(Some(server.acceptor())).await;
    let mut before = secured(address, &files.client(&old, None));
    assert_eq!(call(&mut before).await, Ok(()));

    files.pair("server", &new.mint(&[HERE], today()).expect("minted"));
    assert_eq!(server.renew().expect("good files"), Renewed::Changed);
    assert_eq!(call(&mut before).await, Ok(()), "its connection lives on");
    assert_eq!(
        call(&mut secured(address, &files.client(&new, None))).await,
        Ok(())
    );
    let refused = call(&mut secured(address, &files.client(&old, None))).await;
    refused.expect_err("its CA is out of use");
}

#[tokio::test]
async fn files_that_are_no_good_change_nothing() {
    let (files, ca) = (Files::new(), ca());
    let server = files.server(&ca);
    let address = serve(Some(server.acceptor())).await;
    let client = files.client(&ca, None);

    let fresh = ca.mint(&[HERE], today()).expect("minted");
    // Half of a pair, as it is when files are replaced one by one.
    files.write("server.crt", &fresh.cert);
    let told = server
        .renew()
        .expect_err("the key is another one's")
        .to_string();
    assert!(told.contains("server.key"), "{told}");
    assert_eq!(server.renew().expect("told already"), Renewed::Same);
    assert_eq!(call(&mut secured(address, &client)).await, Ok(()));

    files.write("server.key", &fresh.key);
    assert_eq!(server.renew().expect("a pair again"), Renewed::Changed);
    assert_eq!(call(&mut secured(address, &client)).await, Ok(()));
}

#[tokio::test]
async fn a_client_reads_its_files_for_each_connection() {
    let (files, old, new) = (Files::new(), ca(), ca());
    let address = serve(Some(files.server(&new).acceptor())).await;
    let client = files.client(&old, None);
    call(&mut secured(address, &client))
        .await
        .expect_err("another CA");
    files.ca("trusted.crt", &new);
    assert_eq!(call(&mut secured(address, &client)).await, Ok(()));
    files.write("trusted.crt", "nothing");
    assert_eq!(
        call(&mut secured(address, &client)).await,
        Ok(()),
        "the last good one"
    );
}

#[tokio::test]
async fn both_sides_of_a_node_change_together() {
    let (files, old, new) = (Files::new(), ca(), ca());
    let mutual = files.mutual(&old, &old.mint(&[HERE], today()).expect("minted"));
    let address = serve(Some(mutual.acceptor())).await;
    let calls = || {
        let endpoint = crate::support::endpoint(format!("https://{address}"));
        let channel = endpoint.connect_with_connector_lazy(mutual.connector());
        tonic_health::pb::health_client::HealthClient::new(channel)
    };
    assert_eq!(call(&mut calls()).await, Ok(()));
    // As a CA is replaced: first both are trusted, then certificates are of the new one.
    let both = format!("{}{}", old.minted().cert, new.minted().cert);
    files.write("cluster.crt", &both);
    assert_eq!(mutual.renew().expect("good files"), Renewed::Changed);
    assert_eq!(call(&mut calls()).await, Ok(()));
    files.pair("node", &new.mint(&[HERE], today()).expect("minted"));
    assert_eq!(mutual.renew().expect("good files"), Renewed::Changed);
    files.ca("cluster.crt", &new);
    assert_eq!(mutual.renew().expect("good files"), Renewed::Changed);
    assert_eq!(call(&mut calls()).await, Ok(()));
    // Without the step between, nothing would fit any more.
    files.ca("cluster.crt", &old);
    mutual
        .renew()
        .expect_err("peers would refuse the certificate");
    assert_eq!(call(&mut calls()).await, Ok(()));
}
