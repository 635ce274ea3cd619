//! `ackord cert dev`: files that a node and its clients can use at once.

use std::fs;
use std::io::BufReader;
use std::path::Path;
use std::process::{Child, Stdio};

use crate::program::{Said, command_in, next_object, run_in};

/// A node that serves under the certificates of its directory. Killed when dropped.
struct Node {
    process: Child,
    port: String,
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

const SECRET: &str = "ackord_chaos_operator";
const SECRET_SHA256: &str = "c5b20b9831d8b721b55a3062935d60d2a402b3e57c1965a42c0088c003828566";

fn serve(dir: &Path, tls: &str) -> Node {
    let config = format!(
        "data_dir = \"data\"\nlisten = [\"127.0.0.1:0\"]\n\
         admin_token_sha256 = \"{SECRET_SHA256}\"\n{tls}"
    );
    fs::write(dir.join("node.toml"), config).expect("written");
    let args = ["serve", "--config", "node.toml", "--output", "json"];
    let mut process = command_in(dir, &args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let out = process.stdout.as_mut().expect("asked for");
    let serving = next_object(&mut BufReader::new(out));
    let address = serving["listen"][0].as_str().expect("an address");
    let port = address.rsplit_once(':').expect("with a port").1.to_owned();
    Node { process, port }
}

fn status(dir: &Path, server: &str, more: &[&str]) -> Said {
    let args = [
        "status",
        "--timeout",
        "1s",
        "--token",
        SECRET,
        "--server",
        server,
    ];
    run_in(dir, &[&args, more].concat(), "")
}

#[test]
fn what_it_makes_serves_a_node_and_its_clients() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    let made = run_in(dir, &["cert", "dev", "127.0.0.1", "--output", "json"], "");
    assert_eq!(made.code, 0, "{made:?}");
    let made = &made.objects()[0];
    let file = |it: &serde_json::Value| it.as_str().expect("a path").to_owned();
    let [cert, key] = ["cert", "key"].map(|it| file(&made["nodes"][0][it]));
    let ca = file(&made["ca"]);
    let node = serve(dir, &format!("[tls]\ncert = {cert:?}\nkey = {key:?}\n"));

    let by_number = format!("https://127.0.0.1:{}", node.port);
    let said = status(dir, &by_number, &["--ca", &ca]);
    assert_eq!(said.code, 0, "{said:?}");
    let by_name = format!("https://localhost:{}", node.port);
    let said = status(dir, &by_name, &["--ca", &ca, "--server-name", "127.0.0.1"]);
    assert_eq!(said.code, 0, "{said:?}");

    let refused = |server: &str, more: &[&str], words: &str, next: &str| {
        let said = status(dir, server, more);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(
            said.err.contains(words) && said.err.contains(next),
            "{}",
            said.err
        );
    };
    refused(
        &by_name,
        &["--ca", &ca],
        "is not for localhost",
        "--server-name",
    );
    let other = run_in(dir, &["cert", "dev", "a", "--dir", "other"], "");
    assert_eq!(other.code, 0, "{other:?}");
    refused(&by_number, &["--ca", "other/ca.crt"], "not of a CA", "--ca");
    let plain = format!("http://127.0.0.1:{}", node.port);
    refused(&plain, &[], "TLS is spoken here", "https://");
    refused("http://10.255.255.1:1", &[], "in plain text", "--insecure");
}

#[test]
fn a_node_may_ask_clients_for_certificates() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    for (host, of) in [("127.0.0.1", "nodes"), ("me", "clients")] {
        let made = run_in(dir, &["cert", "dev", host, "--dir", of], "");
        assert_eq!(made.code, 0, "{made:?}");
    }
    let node = serve(
        dir,
        "[tls]\ncert = 'nodes/127.0.0.1.crt'\nkey = 'nodes/127.0.0.1.key'\n\
         client_ca = 'clients/ca.crt'\n",
    );
    let server = format!("https://127.0.0.1:{}", node.port);
    let status = |own: &[&str]| status(dir, &server, &[&["--ca", "nodes/ca.crt"], own].concat());

    let said = status(&[]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("asks for a certificate of ours"),
        "{}",
        said.err
    );
    assert!(said.err.contains("--client-cert"), "{}", said.err);
    let half = status(&["--client-cert", "clients/me.crt"]);
    assert_eq!(half.code, 2, "{half:?}");
    let pair = |of: &str, host: &str| {
        let [cert, key] = ["crt", "key"].map(|it| format!("{of}/{host}.{it}"));
        status(&["--client-cert", &cert, "--client-key", &key])
    };
    let said = pair("nodes", "127.0.0.1");
    assert!(
        said.code == 1 && said.err.contains("does not trust the CA of our"),
        "{said:?}"
    );
    let said = pair("clients", "me");
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn the_command_that_it_names_shows_no_secret_to_the_machine() {
    let dir = tempfile::tempdir().expect("a directory");
    let said = run_in(dir.path(), &["cert", "dev", "node-1"], "");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("--token-file FILE"), "{said:?}");
    assert!(!said.out.contains("--token "), "{said:?}");
}

#[test]
fn the_ca_is_made_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    let make = |host: &str| {
        let said = run_in(dir, &["cert", "dev", host, "--output", "json"], "");
        assert_eq!(said.code, 0, "{said:?}");
        let ca = fs::read_to_string(dir.join("ackord-tls/ca.crt")).expect("there");
        (said.objects()[0]["ca_is_new"].clone(), ca)
    };
    let (first, ca) = make("a");
    let (second, again) = make("b");
    assert_eq!((first, second), (true.into(), false.into()));
    assert_eq!(ca, again);
    fs::remove_file(dir.join("ackord-tls/ca.key")).expect("there");
    let said = run_in(dir, &["cert", "dev", "c"], "");
    assert!(
        said.code == 1 && said.err.contains("bring the key of the CA back"),
        "{said:?}"
    );
}

#[test]
fn what_is_no_host_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    for bad in ["a:7400", "a b", "../a", "", "ca"] {
        let said = run_in(dir.path(), &["cert", "dev", bad], "");
        assert!(
            said.code == 2 && said.err.contains("is no host"),
            "{bad}: {said:?}"
        );
    }
}
