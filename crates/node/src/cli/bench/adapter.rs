//! A host of the channel adapter, as an agent's program is one: the adapter that `ackord channel` runs,
//! in this process, over pipes of its own.

use std::collections::VecDeque;
use std::time::Instant;

use ackord_channel::desk::Rules;
use ackord_channel::{Connect, Desktop, SHOWN_BYTES_DEFAULT, Settings, serve};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf, duplex,
    split,
};
use tokio::task::JoinHandle;

use crate::cli::failure::Failure;

/// Bytes that a pipe holds, as many as a pipe of Linux.
const PIPE_BYTES: usize = 64 << 10;
/// An event comes as this.
const EVENT: &str = "notifications/claude/channel";

/// See the module. The adapter ends with it.
pub(super) struct Adapter {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    input: WriteHalf<DuplexStream>,
    next_id: u64,
    /// Events that came before an answer.
    pushed: VecDeque<Notified>,
    adapter: JoinHandle<()>,
}

/// A notification of an event.
pub(super) struct Notified {
    pub(super) event_id: String,
    pub(super) content: String,
    /// When it was read.
    pub(super) at: Instant,
}

impl Adapter {
    /// Starts an adapter for events of this tag, and does the handshake.
    pub(super) async fn start(connect: Connect, tag: &str, number: usize) -> Result<Self, Failure> {
        let (here, there) = duplex(PIPE_BYTES);
        let (input, output) = split(there);
        let settings = settings(tag, number);
        let adapter = tokio::spawn(async move {
            // What ends it early is seen as the end of its messages.
            let _ended = serve(settings, connect, input, output, std::future::pending()).await;
        });
        let (output, input) = split(here);
        let mut host = Self {
            lines: BufReader::new(output).lines(),
            input,
            next_id: 0,
            pushed: VecDeque::new(),
            adapter,
        };
        let about = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "ackord bench", "version": env!("CARGO_PKG_VERSION")},
        });
        host.ask("initialize", &about).await?;
        host.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await?;
        Ok(host)
    }

    /// The next event.
    pub(super) async fn next(&mut self) -> Result<Notified, Failure> {
        loop {
            if let Some(notified) = self.pushed.pop_front() {
                return Ok(notified);
            }
            let (message, at) = self.message().await?;
            self.pushed.extend(notified(&message, at));
        }
    }

    /// Says that the work of an event is done; when that was answered.
    pub(super) async fn ack(&mut self, event_id: &str) -> Result<Instant, Failure> {
        let call = json!({"name": "event_ack", "arguments": {"event_id": event_id}});
        let (answer, at) = self.ask("tools/call", &call).await?;
        match answer["result"]["isError"] == false {
            true => Ok(at),
            false => Err(Failure::failed(format!("ack of {event_id}: {answer}"))),
        }
    }

    /// Asks, and waits for the answer.
    async fn ask(&mut self, method: &str, params: &Value) -> Result<(Value, Instant), Failure> {
        self.next_id += 1;
        let id = self.next_id;
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .await?;
        loop {
            let (message, at) = self.message().await?;
            if message["id"] == id {
                return Ok((message, at));
            }
            self.pushed.extend(notified(&message, at));
        }
    }

    async fn say(&mut self, message: &Value) -> Result<(), Failure> {
        let line = format!("{message}\n");
        Ok(self.input.write_all(line.as_bytes()).await?)
    }

    async fn message(&mut self) -> Result<(Value, Instant), Failure> {
        let line = self.lines.next_line().await?;
        let line = line.ok_or_else(|| Failure::failed("an adapter has ended"))?;
        let at = Instant::now();
        let message = serde_json::from_str(&line);
        let message = message.map_err(|it| Failure::failed(format!("an adapter: {it}: {line}")))?;
        Ok((message, at))
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        self.adapter.abort();
    }
}

/// The event that a message tells of, if it tells of one.
fn notified(message: &Value, at: Instant) -> Option<Notified> {
    let params = &message["params"];
    let meta = &params["meta"];
    let is_event = message["method"] == EVENT && meta["ackord_kind"] == "event";
    is_event.then(|| Notified {
        event_id: text(&meta["ackord_event_id"]),
        content: text(&params["content"]),
        at,
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn settings(tag: &str, number: usize) -> Settings {
    Settings {
        key: format!("{tag}-{number}"),
        tag: Some(tag.to_owned()),
        accepts_messages: false,
        approvals: None,
        rules: Rules::default(),
        desktop: Desktop::silent(),
        webhook_url: None,
        token_file: None,
        tokens_dir: None,
        mark_dir: None,
        project: None,
        shown_bytes: SHOWN_BYTES_DEFAULT,
    }
}
