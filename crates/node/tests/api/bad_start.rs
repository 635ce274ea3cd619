//! Bad input: what a node is started on.

use ackord_node::{ConfigError, Secret, StartError};
use ackord_store::OpenError;

use crate::support::{Node, config, start_refused};

#[tokio::test]
async fn a_directory_that_is_in_use_is_refused() {
    let node = Node::start().await;
    let error = start_refused(config(&node.dir, &node.admin)).await;
    assert!(
        matches!(error, StartError::Disk(OpenError::Locked { .. })),
        "{error}"
    );
    assert!(!error.advice().is_empty());
    node.restart().await.server.shutdown().await;
}

#[tokio::test]
async fn a_directory_of_another_cluster_is_refused() {
    let node = Node::start().await;
    let mut config = config(&node.dir, &node.admin);
    config.cluster_id = Some(7);
    node.server.shutdown().await;
    let error = start_refused(config).await;
    assert!(
        matches!(error, StartError::Disk(OpenError::OtherCluster { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn an_empty_directory_without_an_admin_token_is_refused_and_stays_empty() {
    let dir = tempfile::tempdir().expect("a directory");
    let admin = Secret::draw();
    let mut config = config(&dir, &admin);
    config.admin_token_sha256 = None;
    let error = start_refused(config.clone()).await;
    assert!(
        matches!(error, StartError::NoAdminToken) && error.is_usage(),
        "{error}"
    );

    config.admin_token_sha256 = Some(admin.hash());
    let server = ackord_node::server::start(config)
        .await
        .expect("a new cluster begins");
    server.shutdown().await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_refused_before_the_data_is_touched() {
    let dir = tempfile::tempdir().expect("a directory");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut config = config(&dir, &Secret::draw());
    config.listen = vec![taken.local_addr().expect("an address")];
    config.data_dir = dir.path().join("data");
    let data = config.data_dir.clone();
    let error = start_refused(config).await;
    assert!(matches!(error, StartError::Listen { .. }), "{error}");
    assert!(!data.exists(), "nothing is made before the address is ours");
}

#[tokio::test]
async fn listeners_that_clash_are_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(&dir, &Secret::draw());
    config.listen = vec!["127.0.0.1:7499".parse().expect("an address"); 2];
    let error = start_refused(config).await;
    assert!(
        matches!(error, StartError::Config(ConfigError::Clash { .. })),
        "{error}"
    );
}
