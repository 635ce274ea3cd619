//! A plugin's connection: frames out, and what is said on it in.

use axum::extract::ws::{Message, WebSocket};
use tokio::time::{Instant, sleep};

use crate::door::Stop;
use crate::ending::Ending;
use crate::frame::{Frame, Told, parse};
use crate::limits::{CLOSE_MAX, WRITE_MAX};
use crate::rate::Rate;

/// See the module.
pub(crate) struct Line {
    socket: WebSocket,
    rate: Rate,
    stop: Stop,
}

impl Line {
    /// Of a node that may stop.
    pub(crate) fn new(socket: WebSocket, stop: Stop) -> Self {
        Self {
            socket,
            rate: Rate::new(Instant::now()),
            stop,
        }
    }

    /// The next message as it came; none: there is none any more. May be dropped, and asked again.
    pub(crate) async fn recv(&mut self) -> Option<Result<Message, axum::Error>> {
        self.socket.recv().await
    }

    /// The next frame; none: a message that is no concern of ours. May be dropped, and asked again.
    pub(crate) async fn next(&mut self) -> Result<Option<Frame>, Ending> {
        match self.recv().await {
            Some(Ok(message)) => self.understand(message),
            Some(Err(error)) => Err(broken(&error)),
            None => Err(Ending::Lost),
        }
    }

    /// The frame that a message is, within what a connection may send.
    pub(crate) fn understand(&mut self, message: Message) -> Result<Option<Frame>, Ending> {
        if !self.rate.take(Instant::now()) {
            return Err(Ending::Flood);
        }
        match message {
            Message::Text(text) => parse(text.as_str()).map(Some).map_err(Ending::Malformed),
            Message::Binary(_) => Err(Ending::Binary),
            Message::Ping(_) | Message::Pong(_) => Ok(None),
            Message::Close(close) => Err(match close {
                // As the published plugin says when its agent ends.
                Some(it) if it.code == 1000 => Ending::Bye,
                _ => Ending::Lost,
            }),
        }
    }

    /// Returns once the frame is on its way, or cannot be.
    pub(crate) async fn write(&mut self, told: &Told) -> Result<(), Ending> {
        let too_long = too_long(self.stop.clone());
        let written = self.socket.send(Message::Text(told.text().into()));
        tokio::select! {
            biased;
            written = written => written.map_err(|_| Ending::Lost),
            () = too_long => Err(Ending::Slow),
        }
    }

    /// Says why it ends. What the plugin has sent before it reads that is still to be read.
    pub(crate) async fn say_why(&mut self, ending: &Ending) {
        // Who is gone is told nothing.
        let _ = self.socket.send(Message::Close(Some(ending.frame()))).await;
    }
}

/// How long a frame may take to be written: a stop of the node waits for no slow reader.
async fn too_long(stop: Stop) {
    let stopped = async {
        stop.await;
        sleep(CLOSE_MAX).await;
    };
    tokio::select! {
        biased;
        () = sleep(WRITE_MAX) => {}
        () = stopped => {}
    }
}

/// What a connection that cannot be read ends with. `megabytes_are_not_taken` fails if the library says it in
/// other words one day.
fn broken(error: &axum::Error) -> Ending {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(it) = cause {
        // The library's own errors are not in the interface of the one that wraps it.
        if it.to_string().starts_with("Space limit exceeded") {
            return Ending::TooLarge;
        }
        cause = it.source();
    }
    Ending::Lost
}
