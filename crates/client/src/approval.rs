//! Approvals: asking for one, and waiting for what becomes of it.

use std::time::Duration;

use ackord_proto::v1::approval_service_client::ApprovalServiceClient;
use ackord_proto::v1::{
    self, Approval, ApprovalState, RequestApprovalRequest, WatchApprovalRequest,
};

use crate::client::Client;
use crate::error::Error;
use crate::retry::{Kind, Retry};
use crate::servers::Server;
use crate::session::Session;
use crate::verdict::Verdict;
use crate::wire::ANSWER_BYTES_MAX;

/// What a session wants to be allowed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ask {
    /// What the agent wants to use: 1 to 128 visible ASCII characters.
    pub tool: String,
    /// What it wants to do: 1 to 1,024 bytes in one line.
    pub description: String,
    /// What it would call the tool with, up to 4,096 bytes; may be empty.
    pub input_preview: String,
    /// The delivery that asks; none: the session asks without one.
    pub fence: Option<v1::Fence>,
    /// Who is asked; none: whoever has role approve over the session's tag.
    pub to: Option<v1::request_approval_request::To>,
    /// Denied if nobody answers for so long, in whole milliseconds; zero: 5 minutes.
    pub timeout: Duration,
    /// Names the request: asked again by this session under the same name, it is the same approval.
    /// Empty: one is drawn.
    pub request_id: String,
}

impl Session {
    /// Asks for an approval in the name of the session, through disconnects; asked once however often it
    /// has to be sent. [`Client::wait_for_approval`] waits for the answer.
    ///
    /// # Errors
    /// Refused once another process has the session, or where too many are open; failed; unknown: ask
    /// again under the same `request_id`.
    pub async fn ask(&self, ask: Ask) -> Result<Approval, Error> {
        let request_id = match ask.request_id.is_empty() {
            true => format!("{:032x}", rand::random::<u128>()),
            false => ask.request_id,
        };
        let question = RequestApprovalRequest {
            fence: ask.fence,
            request_id,
            tool: ask.tool,
            description: ask.description,
            input_preview: ask.input_preview,
            to: ask.to,
            timeout_ms: u64::try_from(ask.timeout.as_millis()).unwrap_or(u64::MAX),
            session_key: self.key().to_owned(),
            nonce: self.nonce(),
        };
        let answer = self.client().request_approval(question).await?;
        Ok(answer.approval.unwrap_or_default())
    }
}

impl Client {
    /// Waits until an approval is decided, however long that takes, and answers how. Goes on at another
    /// node when one fails.
    ///
    /// # Errors
    /// Refused, where there is no such approval or the token may not see it; failed, if no node has
    /// answered for as long as any call may take.
    pub async fn wait_for_approval(
        &self,
        approval_id: impl Into<String>,
    ) -> Result<Approval, Error> {
        let approval_id = approval_id.into();
        let mut retry = Retry::new(Kind::Read, self.wire().deadline);
        loop {
            let server = self.wire().servers.present();
            let mut answered = false;
            let seen = self.watch_at(server, &approval_id, &mut answered).await;
            let verdict = match seen {
                Ok(approval) => return Ok(approval),
                Err(verdict) => verdict,
            };
            self.wire().servers.leave_for(&verdict, server);
            if answered {
                retry = Retry::new(Kind::Read, self.wire().deadline);
            }
            retry.after(verdict).await?;
        }
    }

    /// Watches at one node until the approval is decided, or the stream ends.
    async fn watch_at(
        &self,
        server: &Server,
        approval_id: &str,
        answered: &mut bool,
    ) -> Result<Approval, Verdict> {
        let question = WatchApprovalRequest {
            approval_id: approval_id.to_owned(),
            at_least: self.wire().seen.at_least(),
        };
        let failed = |it| Verdict::of_status(&it, &server.address);
        let mut client = ApprovalServiceClient::new(server.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES_MAX);
        let stream = client.watch_approval(self.wire().request(question)).await;
        let mut stream = stream.map_err(failed)?.into_inner();
        while let Some(seen) = stream.message().await.map_err(failed)? {
            *answered = true;
            let approval = seen.approval.unwrap_or_default();
            if approval.state() != ApprovalState::Open {
                return Ok(approval);
            }
        }
        Err(Verdict::Lost(format!(
            "{} closed the stream",
            server.address
        )))
    }
}
