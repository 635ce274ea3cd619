//! A client of the protocol, which does what the published plugin does with frames: it answers pings, and
//! gives back the ids that it was given.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything takes that goes well: what a lost connection held comes back after 60 s.
pub(crate) const LONG: Duration = Duration::from_secs(240);

/// One connection.
pub(crate) struct Plugin {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Frames that came while another one was waited for.
    frames: VecDeque<Value>,
    asked: u32,
}

/// An event in the plugin's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) content: String,
    pub(crate) meta: serde_json::Map<String, Value>,
}

impl Event {
    /// The event without its delivery.
    pub(crate) fn name(&self) -> &str {
        self.meta("ackord_event_id")
    }

    pub(crate) fn meta(&self, name: &str) -> &str {
        self.meta.get(name).and_then(Value::as_str).unwrap_or("")
    }
}

impl Plugin {
    /// A connection that has said nothing yet.
    pub(crate) async fn dial(address: SocketAddr) -> Self {
        let dialled = connect_async(format!("ws://{address}/ws")).await;
        let (socket, _) = dialled.expect("an upgrade");
        Self {
            socket,
            frames: VecDeque::new(),
            asked: 0,
        }
    }

    /// A connection that has a session.
    pub(crate) async fn connect(address: SocketAddr, token: &str, tag: Option<&str>) -> Self {
        let mut plugin = Self::dial(address).await;
        plugin.auth(token, tag).await;
        assert_eq!(plugin.next().await, Ok(json!({ "type": "auth_ok" })));
        plugin.is_seated().await;
        plugin
    }

    /// Waits until it has a session: nothing is answered before.
    pub(crate) async fn is_seated(&mut self) {
        let answer = self.ask("account_info", json!({})).await;
        answer.expect("told");
    }

    /// A connection that is let in, as often as it takes, as the published plugin does. It has a session
    /// once its pong, which is sent when it is next listened to, has come behind its acks.
    pub(crate) async fn come_back(address: SocketAddr, token: &str, tag: Option<&str>) -> Self {
        let tries = async {
            loop {
                if let Ok((socket, _)) = connect_async(format!("ws://{address}/ws")).await {
                    let mut plugin = Self {
                        socket,
                        frames: VecDeque::new(),
                        asked: 0,
                    };
                    plugin.auth(token, tag).await;
                    if plugin.next().await.is_ok() {
                        return plugin;
                    }
                }
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(LONG, tries).await.expect("it is let in again")
    }

    pub(crate) async fn auth(&mut self, token: &str, tag: Option<&str>) {
        let mut auth = json!({ "type": "auth", "token": token });
        if let Some(tag) = tag {
            auth["sessionTag"] = tag.into();
        }
        self.send(&auth).await;
    }

    pub(crate) async fn send(&mut self, frame: &Value) {
        self.say(&frame.to_string()).await;
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.give(Message::text(text)).await;
    }

    /// The other end may have closed already.
    pub(crate) async fn give(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    pub(crate) async fn ack(&mut self, id: &str, summary: &str) {
        let ack = json!({ "type": "ack", "eventId": id, "summary": summary });
        self.send(&ack).await;
    }

    /// The next frame but pings; or how the connection was closed.
    pub(crate) async fn next(&mut self) -> Result<Value, (u16, String)> {
        if let Some(frame) = self.frames.pop_front() {
            return Ok(frame);
        }
        timeout(LONG, self.read()).await.expect("a frame comes")
    }

    async fn read(&mut self) -> Result<Value, (u16, String)> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).expect("JSON");
                    if frame["type"] != "ping" {
                        return Ok(frame);
                    }
                    self.send(&json!({ "type": "pong" })).await;
                }
                Some(Ok(Message::Close(Some(close)))) => {
                    return Err((close.code.into(), close.reason.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(Error::ConnectionClosed | Error::Io(_) | Error::Protocol(_))) | None => {
                    return Err((1006, String::new()));
                }
                Some(Err(error)) => panic!("{error}"),
            }
        }
    }

    /// Closes, as the published plugin does when its agent ends.
    pub(crate) async fn close(mut self) {
        let close = CloseFrame {
            code: 1000.into(),
            reason: "shutdown".into(),
        };
        self.give(Message::Close(Some(close))).await;
        self.closed().await;
    }

    /// How the connection is closed.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Err(closed) = self.next().await {
                return closed;
            }
        }
    }

    /// The next event; other frames wait.
    pub(crate) async fn event(&mut self) -> Event {
        let event = self.event_if_open().await;
        event.expect("the connection is open")
    }

    /// The same; none if the connection ends before.
    pub(crate) async fn event_if_open(&mut self) -> Option<Event> {
        let frame = self.find(|it| it["type"] == "event").await.ok()?;
        Some(Event {
            id: frame["id"].as_str().expect("an id").to_owned(),
            content: frame["content"].as_str().expect("a text").to_owned(),
            meta: frame["meta"].as_object().expect("facts").clone(),
        })
    }

    /// Whether an event has come that nobody has looked at.
    pub(crate) fn has_event(&self) -> bool {
        self.frames.iter().any(|it| it["type"] == "event")
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn ask(&mut self, kind: &str, fields: Value) -> Result<Value, String> {
        self.asked += 1;
        let id = format!("r-{}", self.asked);
        let mut request = fields;
        request["type"] = kind.into();
        request["requestId"] = id.clone().into();
        self.send(&request).await;
        let answer = self
            .wait_for(|it| it["type"] == "response" && it["requestId"] == *id)
            .await;
        match answer.get("error") {
            Some(error) => Err(error.as_str().expect("words").to_owned()),
            None => Ok(answer["data"].clone()),
        }
    }

    async fn wait_for(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        let frame = self.find(is_it).await;
        frame.expect("the connection is open")
    }

    /// The next frame that is it; or how the connection was closed.
    async fn find(&mut self, is_it: impl Fn(&Value) -> bool) -> Result<Value, (u16, String)> {
        if let Some(at) = self.frames.iter().position(&is_it) {
            return Ok(self.frames.remove(at).expect("it was found there"));
        }
        loop {
            let frame = timeout(LONG, self.read()).await.expect("a frame comes")?;
            if is_it(&frame) {
                return Ok(frame);
            }
            self.frames.push_back(frame);
        }
    }

    /// Waits until the cluster knows that the others are gone.
    pub(crate) async fn is_alone(&mut self) {
        let looks = async {
            loop {
                let info = self.ask("account_info", json!({})).await.expect("told");
                if info["connectedClients"] == 1 {
                    return;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(LONG, looks).await.expect("the others are gone");
    }

    /// Waits until an ack with this summary counts, and tells what the history says of it.
    pub(crate) async fn has_done(&mut self, summary: &str) -> Value {
        let looks = async {
            loop {
                let history = self.ask("event_history", json!({ "limit": 100 })).await;
                let history = history.expect("told");
                let entries = history.as_array().expect("entries");
                if let Some(entry) = entries.iter().find(|it| it["summary"] == summary) {
                    return entry.clone();
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(LONG, looks).await.expect("the ack counts")
    }
}
