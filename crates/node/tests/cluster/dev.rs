//! `ackord dev --nodes 3`: a cluster with one command.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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

/// Starts the cluster, and returns what it says when it is ready.
fn start(dir: &Path, args: &[&str]) -> (Child, Value) {
    let mut command = ackord(dir, &[&["dev", "--listen", "127.0.0.1:0"], args].concat());
    let mut process = command
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut line = String::new();
    let out = process.stdout.as_mut().expect("asked for");
    BufReader::new(out)
        .read_line(&mut line)
        .expect("it prints text");
    let ready = serde_json::from_str(&line).unwrap_or_else(|it| panic!("{it}: {line}"));
    (process, ready)
}

/// Runs a command that goes well, and reads the objects that it prints.
fn run(dir: &Path, args: &[&str]) -> Vec<Value> {
    let said = ackord(dir, args).output().expect("the program runs");
    assert!(said.status.success(), "{args:?}: {said:?}");
    let text = String::from_utf8(said.stdout).expect("text");
    let objects = text.lines().map(serde_json::from_str);
    objects.collect::<Result<_, _>>().expect("an object a line")
}

/// Waits until a list of members is as it should be.
async fn members(dir: &Path, is_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let members = run(dir, &["cluster", "status"]);
        if is_so(&members) {
            return members;
        }
        assert!(begun.elapsed() < LONG, "never: {members:?}");
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
    let (mut dev, ready) = start(dir, &["--nodes", "3"]);
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
        &[
            "submit",
            "--tag",
            "t",
            "--type",
            "x",
            "--data",
            "more",
            "--timeout",
            "30s",
        ],
    );
    let of_later_term =
        |it: &[Value]| all_well(it) && it[0]["term"].as_u64() > leader["term"].as_u64();
    members(dir, of_later_term).await;

    signal(&dev.id().to_string(), "-TERM");
    assert!(dev.wait().expect("it is our child").success());
    let (mut dev, again) = start(dir, &[]);
    assert_eq!(
        (&again["first_start"], &again["server"]),
        (&Value::from(false), &ready["server"])
    );
    members(dir, all_well).await;
    assert_eq!(run(dir, &["event", "list"]).len(), 2);
    signal(&dev.id().to_string(), "-TERM");
    assert!(dev.wait().expect("it is our child").success());
}

#[tokio::test]
async fn a_cluster_speaks_tls_for_one_flag() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    let (mut dev, ready) = start(dir, &["--nodes", "3", "--tls"]);
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
    signal(&dev.id().to_string(), "-TERM");
    assert!(dev.wait().expect("it is our child").success());

    // The next start has other certificates, of the same CA.
    let (mut dev, again) = start(dir, &[]);
    assert_eq!(again["server"], ready["server"]);
    members(dir, all_well).await;
    assert_eq!(run(dir, &["event", "list"]).len(), 1);
    signal(&dev.id().to_string(), "-TERM");
    assert!(dev.wait().expect("it is our child").success());
}

#[tokio::test]
async fn a_node_that_cannot_start_ends_them_all_and_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let dir = tempfile::tempdir().expect("a directory");
    let listen = format!("127.0.0.1:{}", port - 1);
    let mut dev = ackord(dir.path(), &["dev", "--nodes", "3", "--listen", &listen]);
    let said = dev.output().expect("the program runs");
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    let words = String::from_utf8(said.stderr).expect("text");
    assert!(
        words.contains(" ended (") && words.contains("listen on 127.0.0.1:"),
        "{words}"
    );
}
