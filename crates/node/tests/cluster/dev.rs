//! `ackord dev --nodes 3`: a cluster with one command.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use ackord_chaos::port::Port;
use serde_json::Value;

use crate::{LONG, PROGRAM};

fn ackord(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .current_dir(dir)
        .args(args)
        .args(["--output", "json"]);
    for name in [
        "ACKORD_SERVER",
        "ACKORD_TOKEN",
        "ACKORD_DATA_DIR",
        "ACKORD_LOG",
    ] {
        command.env_remove(name);
    }
    command
}

/// `ackord dev`. Killed when dropped.
struct Dev(Child);

impl Dev {
    /// Starts the cluster, and returns what it says when it is ready.
    fn start(dir: &Path, port: &Port, args: &[&str]) -> (Self, Value) {
        let listen = port.address.to_string();
        let mut command = ackord(dir, &[&["dev", "--listen", &listen], args].concat());
        let process = command.stdout(Stdio::piped()).spawn();
        let mut dev = Self(process.expect("the program runs"));
        let mut line = String::new();
        let out = dev.0.stdout.as_mut().expect("asked for");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("it prints text");
        let ready = serde_json::from_str(&line).unwrap_or_else(|it| panic!("{it}: {line}"));
        (dev, ready)
    }

    /// Stops it: it ends well.
    fn stop(mut self) {
        signal(&self.0.id().to_string(), "-TERM");
        assert!(self.0.wait().expect("it is our child").success());
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

/// The objects that a command has printed.
fn objects(said: Output) -> Vec<Value> {
    let text = String::from_utf8(said.stdout).expect("text");
    let objects = text.lines().map(serde_json::from_str);
    objects.collect::<Result<_, _>>().expect("an object a line")
}

/// Runs a command that goes well, and reads the objects that it prints.
fn run(dir: &Path, args: &[&str]) -> Vec<Value> {
    let mut command = ackord(dir, &[args, &["--timeout", "60s"]].concat());
    let said = command.output().expect("the program runs");
    assert!(said.status.success(), "{args:?}: {said:?}");
    objects(said)
}

/// Waits until a list of members is as it should be.
async fn members(dir: &Path, is_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let said = ackord(dir, &["cluster", "status"]).output();
        let said = said.expect("the program runs");
        let words = format!("{said:?}");
        // It may fail while they elect.
        if said.status.success() {
            let members = objects(said);
            if is_so(&members) {
                return members;
            }
        }
        assert!(begun.elapsed() < LONG, "never: {words}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn all_well(members: &[Value]) -> bool {
    let leads = |it: &&Value| it["role"] == "leader";
    members.len() == 3
        && members.iter().all(|it| it["health"] == "ok")
        && members.iter().filter(leads).count() == 1
}

fn signal(process: &str, name: &str) {
    let sent = Command::new("kill").args([name, process]).status();
    assert!(sent.expect("kill is there").success());
}

fn pid(ready: &Value, server: &Value) -> String {
    let nodes = ready["nodes"].as_array().expect("several");
    let node = nodes.iter().find(|it| it["server"] == *server);
    node.expect("it is one of them")["pid"].to_string()
}

#[tokio::test]
async fn a_killed_leader_is_replaced_and_comes_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    let port = Port::for_dev(3);
    let (dev, ready) = Dev::start(dir, &port, &["--nodes", "3"]);
    let before = members(dir, all_well).await;
    run(
        dir,
        &[
            "submit", "--tag", "t", "--type", "x", "--key", "k", "--data", "kept",
        ],
    );

    let leader = before
        .iter()
        .find(|it| it["role"] == "leader")
        .expect("one leads");
    signal(&pid(&ready, &leader["server"]), "-9");
    run(
        dir,
        &["submit", "--tag", "t", "--type", "x", "--data", "more"],
    );
    let of_later_term =
        |it: &[Value]| all_well(it) && it[0]["term"].as_u64() > leader["term"].as_u64();
    members(dir, of_later_term).await;

    dev.stop();
    let (dev, again) = Dev::start(dir, &port, &[]);
    assert_eq!(
        (&again["first_start"], &again["server"]),
        (&Value::from(false), &ready["server"])
    );
    members(dir, all_well).await;
    assert_eq!(run(dir, &["event", "list"]).len(), 2);
    dev.stop();
}

#[tokio::test]
async fn a_cluster_speaks_tls_for_one_flag() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    let port = Port::for_dev(3);
    let (dev, ready) = Dev::start(dir, &port, &["--nodes", "3", "--tls"]);
    let servers = ready["server"].as_str().expect("addresses");
    assert!(
        servers
            .split(',')
            .all(|it| it.starts_with("https://127.0.0.1:")),
        "{servers}"
    );
    members(dir, all_well).await;
    run(
        dir,
        &["submit", "--tag", "t", "--type", "x", "--data", "kept"],
    );
    dev.stop();

    // The next start has other certificates, of the same CA.
    let (dev, again) = Dev::start(dir, &port, &[]);
    assert_eq!(again["server"], ready["server"]);
    members(dir, all_well).await;
    assert_eq!(run(dir, &["event", "list"]).len(), 1);
    dev.stop();
}

#[tokio::test]
async fn a_node_that_cannot_start_ends_them_all_and_is_named() {
    let port = Port::for_dev(3);
    let second = (port.address.ip(), port.address.port() + 1);
    let _taken = TcpListener::bind(second).expect("nobody else has it");
    let dir = tempfile::tempdir().expect("a directory");
    let listen = port.address.to_string();
    let mut dev = ackord(dir.path(), &["dev", "--nodes", "3", "--listen", &listen]);
    let said = dev.output().expect("the program runs");
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    let words = String::from_utf8(said.stderr).expect("text");
    assert!(
        words.contains(" ended (") && words.contains("listen on 127.0.0.1:"),
        "{words}"
    );
}
