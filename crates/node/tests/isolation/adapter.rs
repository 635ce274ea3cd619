//! `ackord channel`, as a host starts it.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::{LONG, PROGRAM};

/// See the module. Killed when dropped.
pub(crate) struct Adapter {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    asked: u64,
}

impl Adapter {
    /// Starts one, and does the handshake.
    pub(crate) async fn start(dir: &Path, server: &str, secret: &str) -> Self {
        let mut command = Command::new(PROGRAM);
        command
            .arg("channel")
            .current_dir(dir)
            .env_clear()
            .env("HOME", dir)
            .env("ACKORD_SERVER", server)
            .env("ACKORD_TOKEN", secret)
            .env("ACKORD_SESSION", "own")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut process = command.spawn().expect("the program runs");
        let input = process.stdin.take().expect("asked for");
        let output = process.stdout.take().expect("asked for");
        let mut adapter = Self {
            _process: process,
            input,
            output: BufReader::new(output).lines(),
            asked: 0,
        };
        let about = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "tests", "version": "1"},
        });
        adapter.ask("initialize", about).await;
        adapter
            .say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        adapter
    }

    /// The names of all its tools.
    pub(crate) async fn tools(&mut self) -> Vec<String> {
        let listed = self.ask("tools/list", json!({})).await;
        let tools = listed["tools"].as_array().expect("tools").iter();
        let named = tools.map(|it| it["name"].as_str().expect("a name").to_owned());
        named.collect()
    }

    /// What a tool says, and whether it says that it failed.
    pub(crate) async fn call(&mut self, tool: &str, arguments: &Value) -> String {
        let params = json!({"name": tool, "arguments": arguments});
        let told = self.ask("tools/call", params).await;
        let text = told["content"][0]["text"].as_str().expect("a text");
        format!("{}: {text}", told["isError"])
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .await;
        loop {
            let line = timeout(LONG, self.output.next_line()).await;
            let line = line.expect("it answers").expect("it writes text");
            let message: Value = serde_json::from_str(&line.expect("it runs")).expect("JSON");
            if message["id"] == id {
                assert!(message["result"].is_object(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }

    async fn say(&mut self, message: &Value) {
        let line = format!("{message}\n");
        self.input
            .write_all(line.as_bytes())
            .await
            .expect("it reads");
    }
}
