//! One stream of a session, from its hello to its end.

use std::time::Duration;

use ackord_proto::v1::session_service_client::SessionServiceClient;
use ackord_proto::v1::{AttachRequest, AttachResponse, Attached, CloseCause, Hello};
use ackord_proto::v1::{attach_request, attach_response};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use tokio::time::{Instant, timeout};
use tonic::Streaming;

use crate::error::Error;
use crate::servers::Server;
use crate::verdict::Verdict;
use crate::wire::{ANSWER_BYTES_MAX, Wire};

/// A server that does not answer a hello for so long is left.
const HELLO_LIMIT: Duration = Duration::from_secs(10);

/// A stream that the server has answered with `attached`.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) attached: Attached,
    pub(super) since: Instant,
    server: Server,
    outgoing: UnboundedSender<AttachRequest>,
    incoming: Streaming<AttachResponse>,
}

impl Link {
    /// Opens a stream at the present server, and moves on from a server that fails.
    pub(super) async fn open(wire: &Wire, hello: &Hello) -> Result<Self, Verdict> {
        let server = wire.servers.present();
        let opened = timeout(HELLO_LIMIT, Self::open_at(server, wire, hello)).await;
        let silent = |_| Err(Verdict::Lost(format!("{} does not answer", server.address)));
        let opened = opened.unwrap_or_else(silent);
        if let Err(verdict) = &opened {
            wire.servers.leave_for(verdict, server);
        }
        opened
    }

    async fn open_at(server: &Server, wire: &Wire, hello: &Hello) -> Result<Self, Verdict> {
        let (outgoing, requests) = unbounded();
        let mut client = SessionServiceClient::new(server.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES_MAX);
        let hello = attach_request::Message::Hello(hello.clone());
        // The hello goes first: a server may read it before it answers anything.
        let _open = outgoing.unbounded_send(AttachRequest {
            seq: 0,
            message: Some(hello),
        });
        let opened = client.attach(wire.request(requests)).await;
        let incoming = opened
            .map_err(|it| Verdict::of_status(&it, &server.address))?
            .into_inner();
        let mut link = Self {
            attached: Attached::default(),
            since: Instant::now(),
            server: server.clone(),
            outgoing,
            incoming,
        };
        match link.next().await? {
            attach_response::Message::Attached(attached) => link.attached = attached,
            attach_response::Message::Closed(closed) => return Err(link.closed(closed.cause())),
            _ => return Err(link.rubbish("something before the answer to the hello")),
        }
        Ok(link)
    }

    /// The next message.
    pub(super) async fn next(&mut self) -> Result<attach_response::Message, Verdict> {
        match self.incoming.message().await {
            Ok(Some(response)) => response
                .message
                .ok_or_else(|| self.rubbish("an empty message")),
            Ok(None) => Err(Verdict::Lost(format!(
                "{} closed the stream",
                self.server.address
            ))),
            Err(status) => Err(Verdict::of_status(&status, &self.server.address)),
        }
    }

    /// Sends a message. A stream that is gone says so on its other half.
    pub(super) fn send(&self, seq: u64, message: attach_request::Message) {
        let _gone = self.outgoing.unbounded_send(AttachRequest {
            seq,
            message: Some(message),
        });
    }

    /// The stream ended so: the next one is opened elsewhere.
    pub(super) fn leave(&self, wire: &Wire, verdict: &Verdict) {
        wire.servers.leave_for(verdict, &self.server);
    }

    /// A server that does not keep the rules is left.
    pub(super) fn rubbish(&self, what: &str) -> Verdict {
        Verdict::Lost(format!("{} sent {what}", self.server.address))
    }

    /// The server has said that it closes the stream.
    pub(super) fn closed(&self, cause: CloseCause) -> Verdict {
        let server = &self.server.address;
        let why = format!("{server} closed the stream: {}", cause.as_str_name());
        match cause {
            CloseCause::Superseded | CloseCause::Revoked | CloseCause::Bye => {
                Verdict::Final(Error::Failed(why))
            }
            CloseCause::Isolated
            | CloseCause::ShuttingDown
            | CloseCause::Stalled
            | CloseCause::Forgotten
            | CloseCause::Unspecified => Verdict::Lost(why),
        }
    }
}
