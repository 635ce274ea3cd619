//! What a host may write, and what it is answered. Tools that need no cluster are called for real.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};

use crate::desk::Rules;
use crate::{Approvals, Connect, Desktop, Settings, serve};

/// An adapter without a cluster, and its host.
struct Wire {
    to: WriteHalf<DuplexStream>,
    from: Lines<BufReader<ReadHalf<DuplexStream>>>,
    end: tokio::task::JoinHandle<Result<(), crate::ServeError>>,
}

impl Wire {
    fn new() -> Self {
        Self::with(None)
    }

    fn with(approvals: Option<Approvals>) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (input, output) = tokio::io::split(theirs);
        let connect: Connect =
            Arc::new(|| Err("no cluster is named. What to do: ackord login".to_owned()));
        let settings = Settings {
            key: "tests".to_owned(),
            tag: None,
            accepts_messages: true,
            approvals,
            rules: Rules::default(),
            desktop: Desktop::silent(),
            webhook_url: None,
            token_file: None,
            tokens_dir: None,
            mark_dir: None,
            project: None,
            shown_bytes: 1000,
        };
        let end = tokio::spawn(serve(
            settings,
            connect,
            input,
            output,
            std::future::pending(),
        ));
        let (from, to) = tokio::io::split(ours);
        Self {
            to,
            from: BufReader::new(from).lines(),
            end,
        }
    }

    /// After the handshake.
    async fn begun() -> Self {
        Self::new().begin().await
    }

    async fn begin(self) -> Self {
        let mut wire = self;
        let answer = wire.ask(initialize("2025-06-18")).await;
        assert_eq!(answer["result"]["protocolVersion"], "2025-06-18");
        wire.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        wire
    }

    async fn write(&mut self, line: &str) {
        self.to.write_all(line.as_bytes()).await.expect("it reads");
        self.to.write_all(b"\n").await.expect("it reads");
    }

    async fn say(&mut self, message: &Value) {
        self.write(&message.to_string()).await;
    }

    async fn hear(&mut self) -> Value {
        let line = self.from.next_line().await.expect("it writes text");
        serde_json::from_str(&line.expect("it goes on")).expect("it writes JSON")
    }

    async fn ask(&mut self, message: Value) -> Value {
        self.say(&message).await;
        self.hear().await
    }

    /// What the tool says, and whether it went wrong.
    async fn call(&mut self, tool: &str, arguments: Value) -> (String, bool) {
        let params = json!({"name": tool, "arguments": arguments});
        let call = json!({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": params});
        let answer = self.ask(call).await;
        let result = &answer["result"];
        let text = result["content"][0]["text"].as_str().unwrap_or_default();
        (text.to_owned(), result["isError"] == true)
    }
}

fn initialize(version: &str) -> Value {
    let client = json!({"name": "tests", "version": "1"});
    let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client});
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
}

fn code(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap_or_default()
}

#[tokio::test]
async fn the_handshake_declares_the_channel_and_never_the_revision_without_one() {
    for (asked, agreed) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
    ] {
        let answer = Wire::new().ask(initialize(asked)).await;
        let result = &answer["result"];
        assert_eq!(result["protocolVersion"], agreed, "{asked}");
        let capabilities = &result["capabilities"];
        assert_eq!(capabilities["experimental"], json!({"claude/channel": {}}));
        assert_eq!(capabilities["tools"], json!({}));
        assert!(
            result["instructions"]
                .as_str()
                .expect("text")
                .contains("event_ack")
        );
    }
}

fn relayed() -> Wire {
    Wire::with(Some(Approvals {
        to: None,
        timeout: Duration::from_millis(20),
    }))
}

fn request(id: &str) -> Value {
    let params =
        json!({"request_id": id, "tool_name": "Bash", "description": "d", "input_preview": "ls"});
    json!({"jsonrpc": "2.0", "method": "notifications/claude/channel/permission_request", "params": params})
}

#[tokio::test]
async fn permissions_are_relayed_only_where_that_was_said() {
    let answer = relayed().ask(initialize("2025-06-18")).await;
    let declared = &answer["result"]["capabilities"]["experimental"];
    let both = json!({"claude/channel": {}, "claude/channel/permission": {}});
    assert_eq!(declared, &both);

    let mut wire = Wire::begun().await;
    wire.say(&request("abcde")).await;
    let ping = json!({"jsonrpc": "2.0", "id": 4, "method": "ping"});
    assert_eq!(wire.ask(ping).await["id"], 4, "and nothing before it");
}

#[tokio::test]
async fn what_nobody_answers_is_denied_and_what_is_no_request_is_passed_over() {
    let mut wire = relayed().begin().await;
    let method = "notifications/claude/channel/permission_request";
    for params in [
        json!(null),
        json!([]),
        json!({"request_id": 7}),
        json!({"tool_name": "x"}),
    ] {
        wire.say(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
            .await;
    }
    for id in ["abcde", "fghij"] {
        wire.say(&request(id)).await;
        let verdict = wire.hear().await;
        assert_eq!(verdict["method"], "notifications/claude/channel/permission");
        let denied = json!({"request_id": id, "behavior": "deny"});
        assert_eq!(verdict["params"], denied, "without a cluster");
    }
}

#[tokio::test]
async fn the_probe_for_that_revision_finds_nothing_and_the_handshake_goes_on() {
    let mut wire = Wire::new();
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28"});
    let probe =
        json!({"jsonrpc": "2.0", "id": 0, "method": "server/discover", "params": {"_meta": meta}});
    let answer = wire.ask(probe).await;
    assert_eq!((code(&answer), &answer["id"]), (-32601, &json!(0)));
    let answer = wire.ask(initialize("2025-11-25")).await;
    assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
}

#[tokio::test]
async fn what_comes_before_the_handshake_is_answered_or_passed_over() {
    let mut wire = Wire::new();
    let call = json!({"jsonrpc": "2.0", "id": 5, "method": "tools/list"});
    let answer = wire.ask(call).await;
    assert_eq!(code(&answer), -32600);
    assert!(
        answer["error"]["message"]
            .as_str()
            .expect("text")
            .contains("initialize")
    );
    wire.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .await;
    wire.say(&json!({"jsonrpc": "2.0", "id": 77, "result": {}}))
        .await;
    let wrong = json!({"jsonrpc": "2.0", "id": 6, "method": "initialize", "params": {}});
    assert_eq!(code(&wire.ask(wrong).await), -32602);
    let ping = json!({"jsonrpc": "2.0", "id": "p", "method": "ping"});
    assert_eq!(wire.ask(ping).await["id"], "p");
    assert!(wire.ask(initialize("2025-06-18")).await["result"].is_object());
}

#[tokio::test]
async fn what_is_no_message_is_answered_and_nothing_ends() {
    let mut wire = Wire::begun().await;
    for (line, expected) in [
        ("{", -32700),
        ("\u{fffd}", -32700),
        ("null", -32600),
        ("[]", -32600),
        ("{}", -32600),
        (r#"{"jsonrpc":"1.0","id":3,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":3,"method":7}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":3,"method":"no/such"}"#, -32601),
        (r#"{"jsonrpc":"2.0","id":3,"method":"tools/call"}"#, -32602),
        (
            r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":7}}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"nope"}}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"event_ack","arguments":[]}}"#,
            -32602,
        ),
    ] {
        wire.write(line).await;
        let answer = wire.hear().await;
        assert_eq!(code(&answer), expected, "{line}: {answer}");
    }
    wire.write("").await;
    wire.write(r#"{"jsonrpc":"2.0","method":"notifications/nobody/knows","params":7}"#)
        .await;
    let ping = json!({"jsonrpc": "2.0", "id": 4, "method": "ping"});
    assert_eq!(wire.ask(ping).await["id"], 4);
}

#[tokio::test]
async fn a_line_beyond_all_bounds_is_passed_over() {
    let mut wire = Wire::begun().await;
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..9 {
        wire.to.write_all(&chunk).await.expect("it reads");
    }
    wire.write("").await;
    assert_eq!(code(&wire.hear().await), -32600);
    let ping = json!({"jsonrpc": "2.0", "id": 4, "method": "ping"});
    assert_eq!(wire.ask(ping).await["id"], 4);
}

#[tokio::test]
async fn tools_say_in_words_what_is_wrong() {
    let mut wire = Wire::begun().await;
    let (text, is_error) = wire.call("event_ack", json!({"summary": "done"})).await;
    assert!(is_error && text.contains("no event at hand"), "{text}");
    let (text, is_error) = wire.call("event_ack", json!({"event_id": "evt_1"})).await;
    assert!(is_error && text.contains("not attached yet"), "{text}");
    let (text, is_error) = wire.call("event_ack", json!({"summary": 7})).await;
    assert!(is_error && text.contains("Nothing was done"), "{text}");
    let (text, is_error) = wire.call("event_ack", json!({"sumary": "x"})).await;
    assert!(is_error && text.contains("sumary"), "{text}");
    let (text, is_error) = wire.call("event_next", json!({})).await;
    assert!(text.contains("ackord login") || !is_error, "{text}");
    let (text, is_error) = wire.call("session_list", json!({})).await;
    assert!(is_error && text.contains("ackord login"), "{text}");
    let routes = json!({"slug": "x", "routes": {"*": "a"}, "skill": "b"});
    let (text, is_error) = wire.call("source_create", routes).await;
    assert!(is_error && text.contains("say one of them"), "{text}");
    let (text, is_error) = wire.call("cron_list", json!({})).await;
    assert!(is_error && text.contains("ackord login"), "{text}");
}

#[tokio::test]
async fn every_tool_answers_whatever_it_is_given() {
    let mut wire = Wire::begun().await;
    let list = wire
        .ask(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}))
        .await;
    let tools = list["result"]["tools"].as_array().expect("a list").clone();
    assert_eq!(tools.len(), 32);
    for tool in &tools {
        let name = tool["name"].as_str().expect("a name");
        assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        for arguments in [json!({}), json!({"nonsense": [1]}), Value::Null] {
            let (text, _) = wire.call(name, arguments).await;
            assert!(!text.is_empty(), "{name}");
        }
    }
}

#[tokio::test]
async fn it_ends_with_its_input() {
    for begun in [false, true] {
        let wire = if begun {
            Wire::begun().await
        } else {
            Wire::new()
        };
        let Wire { mut to, end, .. } = wire;
        to.shutdown().await.expect("it closes");
        end.await.expect("no panic").expect("an orderly end");
    }
}
