//! JSON-RPC, a message a line.
//!
//! Beyond what the SDK's own transport does: nothing that a host may write ends the connection, and what can
//! be answered is answered. Before the handshake, calls are told that it comes first, and all else is
//! passed over. The probe for a protocol without a handshake (`server/discover`) finds no such method, so
//! that a host which knows both falls back to the one that carries events.

use std::sync::Arc;

use rmcp::RoleServer;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, ErrorCode, ErrorData, JsonRpcMessage, RequestId,
    ServerJsonRpcMessage,
};
use rmcp::transport::Transport;
use serde_json::Value;
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, Error, ErrorKind,
};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tracing::{debug, info};

/// Longest line: more than any call of a tool needs.
const LINE_BYTES_MAX: usize = 8 << 20;

/// See the module.
#[derive(Debug)]
pub(crate) struct Lines<R, W> {
    input: BufReader<R>,
    /// What has come of the present line.
    line: Vec<u8>,
    /// The present line is too long, and is passed over to its end.
    is_too_long: bool,
    is_begun: bool,
    output: Arc<Mutex<W>>,
    /// An answer of this layer, on its way. Nothing more is read before it is written.
    answering: Option<JoinHandle<()>>,
}

/// What a line is.
#[derive(Debug)]
enum Heard {
    /// For the SDK.
    Message(Box<ClientJsonRpcMessage>),
    /// Answered here.
    Answer(Box<ServerJsonRpcMessage>),
    /// Passed over.
    Nothing,
}

impl<R: AsyncRead + Unpin, W> Lines<R, W> {
    pub(crate) fn new(input: R, output: W) -> Self {
        Self {
            input: BufReader::new(input),
            line: Vec::new(),
            is_too_long: false,
            is_begun: false,
            output: Arc::new(Mutex::new(output)),
            answering: None,
        }
    }

    /// Reads to the end of a line; false at the end of the input. May be dropped at any time: what has come
    /// is kept for the next call.
    async fn read_line(&mut self) -> Result<bool, Error> {
        loop {
            let come = self.input.fill_buf().await?;
            if come.is_empty() {
                return Ok(false);
            }
            let end = come.iter().position(|it| *it == b'\n');
            let taken = end.map_or(come.len(), |it| it + 1);
            if self.line.len() + taken > LINE_BYTES_MAX {
                self.is_too_long = true;
                self.line.clear();
            }
            if !self.is_too_long {
                self.line.extend_from_slice(&come[..taken]);
            }
            self.input.consume(taken);
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    fn heard(&mut self) -> Heard {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.is_too_long) {
            return refuse(
                None,
                ErrorCode::INVALID_REQUEST,
                "the line is longer than 8 MiB",
            );
        }
        let heard = read(&line);
        match heard {
            Heard::Message(message) if !self.is_begun => {
                self.is_begun = is_initialize(&message);
                before_handshake(message)
            }
            Heard::Message(_) | Heard::Answer(_) | Heard::Nothing => heard,
        }
    }
}

/// Reads a line.
fn read(line: &[u8]) -> Heard {
    if line.trim_ascii().is_empty() {
        return Heard::Nothing;
    }
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(error) => return refuse(None, ErrorCode::PARSE_ERROR, &format!("not JSON: {error}")),
    };
    let id = value
        .get("id")
        .and_then(|it| serde_json::from_value::<RequestId>(it.clone()).ok());
    let is_notification = value.get("id").is_none() && value.get("method").is_some();
    if value.get("method").and_then(Value::as_str) == Some("server/discover") {
        return refuse(
            id,
            ErrorCode::METHOD_NOT_FOUND,
            "server/discover: begin with initialize",
        );
    }
    match serde_json::from_value(value) {
        Ok(message) => Heard::Message(Box::new(message)),
        Err(_) if is_notification => Heard::Nothing,
        Err(_) => refuse(
            id,
            ErrorCode::INVALID_REQUEST,
            "not a message of JSON-RPC 2.0",
        ),
    }
}

fn is_initialize(message: &ClientJsonRpcMessage) -> bool {
    matches!(message, JsonRpcMessage::Request(it)
        if matches!(it.request, ClientRequest::InitializeRequest(_)))
}

fn before_handshake(message: Box<ClientJsonRpcMessage>) -> Heard {
    let JsonRpcMessage::Request(asked) = &*message else {
        return Heard::Nothing;
    };
    match &asked.request {
        ClientRequest::InitializeRequest(_) | ClientRequest::PingRequest(_) => {
            Heard::Message(message)
        }
        request if request.method() == "initialize" => refuse(
            Some(asked.id.clone()),
            ErrorCode::INVALID_PARAMS,
            "initialize needs protocolVersion, capabilities and clientInfo",
        ),
        _ => refuse(
            Some(asked.id.clone()),
            ErrorCode::INVALID_REQUEST,
            "the handshake comes first: call initialize",
        ),
    }
}

fn refuse(id: Option<RequestId>, code: ErrorCode, why: &str) -> Heard {
    let error = ErrorData::new(code, why.to_owned(), None);
    Heard::Answer(Box::new(ServerJsonRpcMessage::error(error, id)))
}

async fn write<W: AsyncWrite + Unpin>(
    output: Arc<Mutex<W>>,
    message: ServerJsonRpcMessage,
) -> Result<(), Error> {
    let mut line = serde_json::to_vec(&message)?;
    line.push(b'\n');
    let mut output = output.lock().await;
    output.write_all(&line).await?;
    output.flush().await
}

impl<R, W> Transport<RoleServer> for Lines<R, W>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'static {
        write(Arc::clone(&self.output), message)
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            if let Some(answering) = &mut self.answering {
                let _written = answering.await;
                self.answering = None;
            }
            match self.read_line().await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    info!(%error, "read the host's messages");
                    return None;
                }
            }
            match self.heard() {
                Heard::Message(message) => return Some(*message),
                Heard::Answer(message) => {
                    debug!(?message, "answered what is no message");
                    let writing = write(Arc::clone(&self.output), *message);
                    self.answering = Some(tokio::spawn(async move {
                        // The host does not read: the end of its input tells of it.
                        let _unread = writing.await;
                    }));
                }
                Heard::Nothing => {}
            }
        }
    }

    async fn close(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
