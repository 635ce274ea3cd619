//! A host of the channel adapter: starts it as an agent would, and speaks JSON-RPC with it on lines.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::{Value, json};

use crate::program::{Dev, LONG, command_in};

/// A notification of an event, or of something about one.
const METHOD: &str = "notifications/claude/channel";

/// A verdict on a permission.
const VERDICT: &str = "notifications/claude/channel/permission";

/// See the module. Killed when dropped.
pub(crate) struct Host {
    process: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// Notifications that came while an answer was waited for.
    pushed: Vec<Value>,
    next_id: u64,
    cancelled: Vec<u64>,
}

impl Host {
    /// Starts an adapter with this session key, and does the handshake.
    pub(crate) fn start(dev: &Dev, key: &str, args: &[&str]) -> Self {
        let mut command = command_in(dev.dir(), &[&["channel"], args].concat());
        command
            .env("ACKORD_DATA_DIR", dev.dir().join("ackord-data"))
            .env("ACKORD_SESSION", key)
            .env("CLAUDE_PROJECT_DIR", dev.dir())
            .env("XDG_RUNTIME_DIR", dev.dir().join("run"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = command.spawn().expect("the program runs");
        let input = process.stdin.take();
        let messages = read(process.stdout.take().expect("asked for"));
        let mut host = Self {
            process,
            input,
            messages,
            pushed: Vec::new(),
            next_id: 0,
            cancelled: Vec::new(),
        };
        let about = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "tests", "version": "1"},
        });
        let begun = host.ask("initialize", &about);
        let channel = &begun["result"]["capabilities"]["experimental"]["claude/channel"];
        assert!(channel.is_object(), "{begun}");
        host.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        host
    }

    /// Calls a tool; what it says, if that went well.
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Result<String, String> {
        let params = json!({"name": tool, "arguments": arguments});
        let answer = self.ask("tools/call", &params);
        let text = answer["result"]["content"][0]["text"].as_str();
        let text = text
            .unwrap_or_else(|| panic!("{tool}: {answer}"))
            .to_owned();
        match answer["result"]["isError"] == true {
            true => Err(text),
            false => Ok(text),
        }
    }

    /// Calls a tool, and cancels the call.
    pub(crate) fn call_and_cancel(&mut self, tool: &str, arguments: &Value) {
        self.next_id += 1;
        let id = self.next_id;
        let params = json!({"name": tool, "arguments": arguments});
        let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
        self.say(&call);
        self.ask("ping", &json!({}));
        self.cancelled.push(id);
        let params = json!({"requestId": id, "reason": "the user has pressed escape"});
        let cancel =
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
        self.say(&cancel);
        self.ask("ping", &json!({}));
    }

    /// The next notification.
    pub(crate) fn pushed(&mut self) -> Value {
        if !self.pushed.is_empty() {
            return self.pushed.remove(0);
        }
        let message = self.next();
        assert_eq!(message["method"], METHOD, "{message}");
        message["params"].clone()
    }

    /// The next notification of this kind and event.
    pub(crate) fn pushed_as(&mut self, kind: &str, event: &str) -> Value {
        let pushed = self.pushed();
        let meta = &pushed["meta"];
        let about = (&meta["ackord_kind"], &meta["ackord_event_id"]);
        assert_eq!(about, (&kind.into(), &event.into()), "{pushed}");
        pushed
    }

    /// Tells of a dialog in which the agent asks for a permission.
    pub(crate) fn request_permission(&mut self, id: &str) {
        let params = json!({
            "request_id": id,
            "tool_name": "Bash",
            "description": "lists files",
            "input_preview": "ls",
        });
        let method = format!("{VERDICT}_request");
        self.say(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// What the next verdict says, which is on this request.
    pub(crate) fn verdict(&mut self, id: &str) -> Value {
        let message = self.next();
        let about = (&message["method"], &message["params"]["request_id"]);
        assert_eq!(about, (&VERDICT.into(), &id.into()), "{message}");
        message["params"]["behavior"].clone()
    }

    /// Kills it as nothing else would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it is our child");
    }

    /// Ends its input, and waits until it has ended.
    pub(crate) fn close(mut self) {
        drop(self.input.take());
        assert!(self.process.wait().expect("it is our child").success());
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.next();
            if message["id"] == id {
                return message;
            }
            assert_eq!(message["method"], METHOD, "{message}");
            self.pushed.push(message["params"].clone());
        }
    }

    fn say(&mut self, message: &Value) {
        let input = self.input.as_mut().expect("it is open");
        input
            .write_all(format!("{message}\n").as_bytes())
            .expect("it reads");
    }

    fn next(&self) -> Value {
        loop {
            let message = self.messages.recv_timeout(LONG).expect("it writes");
            let is_cancelled = |id: &u64| message["id"] == *id;
            if !self.cancelled.iter().any(is_cancelled) {
                return message;
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

fn read(output: ChildStdout) -> Receiver<Value> {
    let (message, messages) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let it = serde_json::from_str(&line).expect("a message a line");
            if message.send(it).is_err() {
                return;
            }
        }
    });
    messages
}
