//! The operations port of a real node, and its last words.

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use ackord_chaos::http;
use nix::sys::signal::Signal;
use serde_json::Value;
use tonic::transport::Endpoint;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;

use crate::program::{Dev, LONG};

fn operations(dev: &Dev) -> SocketAddr {
    let address = dev.ready["operations"].as_str().expect("it has a port");
    address.parse().expect("an address")
}

fn get(dev: &Dev, path: &str) -> (u16, String) {
    http::get(operations(dev), path).expect("it answers")
}

#[test]
fn a_node_that_serves_is_live_and_ready() {
    let dev = Dev::start();
    let (code, body) = get(&dev, "/livez");
    assert_eq!(
        (code, body.as_str()),
        (200, "ok runtime\nok log\nok apply\n")
    );
    let (code, body) = get(&dev, "/readyz");
    assert_eq!(
        (code, body.as_str()),
        (200, "ok started\nok staying\nok leader\nok voting\n")
    );
    assert!(get(&dev, "/").1.contains("/metrics"));
    assert_eq!(get(&dev, "/elsewhere").0, 404);
}

/// What a command tells once the disk was looked at.
fn measured(dev: &Dev, args: &[&str]) -> Value {
    let begun = Instant::now();
    loop {
        let told = dev.one(args);
        if told["log_bytes"].is_u64() {
            return told;
        }
        assert!(begun.elapsed() < LONG, "never: {told}");
    }
}

#[test]
fn how_much_disk_a_node_takes_is_told() {
    let dev = Dev::start();
    let status = measured(&dev, &["status"]);
    let member = measured(&dev, &["cluster", "status"]);
    for told in [&status, &member] {
        let (log, disk) = (told["log_bytes"].as_u64(), told["disk_bytes"].as_u64());
        assert!(log > Some(0) && disk > log, "{told}");
    }
    assert_eq!(status["draining"], false);
}

#[tokio::test]
async fn a_node_that_drains_is_live_and_not_ready_and_a_second_signal_ends_it() {
    let mut dev = Dev::start();
    let server = dev.ready["server"].as_str().expect("an address").to_owned();
    let channel = Endpoint::from_shared(server).expect("an address");
    let channel = channel.connect().await.expect("it serves");
    // A call that goes on as long as its client likes.
    let asked = ServerReflectionClient::new(channel)
        .server_reflection_info(futures::stream::pending())
        .await;
    let _under_way = asked.expect("it serves").into_inner();
    assert!(get(&dev, "/metrics").1.contains("ackord_ready 1.0"));

    dev.signal(Signal::SIGTERM);
    let begun = Instant::now();
    loop {
        let (code, body) = get(&dev, "/readyz");
        if code == 503 {
            assert!(body.contains("no staying: it was asked to stop"), "{body}");
            break;
        }
        assert!(begun.elapsed() < LONG, "never");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(get(&dev, "/livez").0, 200);

    dev.signal(Signal::SIGTERM);
    assert_eq!(dev.ended().signal(), Some(Signal::SIGKILL as i32));
    dev.start_again();
    assert_eq!(dev.one(&["status"])["role"], "leader");
}
