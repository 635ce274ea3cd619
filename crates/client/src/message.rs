//! Messages: to tags, from a session or from whoever holds the token.

use ackord_proto::v1;
use ackord_proto::v1::message_service_client::MessageServiceClient;

use crate::client::Client;
use crate::error::Error;
use crate::retry::Kind;
use crate::servers::Server;

impl Client {
    /// Sends a message. One without a dedup key is given one, so that a call whose answer is lost can
    /// be sent again and is queued once.
    ///
    /// # Errors
    /// As those of [`Client::submit`].
    pub async fn send(&self, mut question: v1::SendRequest) -> Result<v1::Sent, Error> {
        if question.dedup_key.is_empty() {
            question.dedup_key = format!("{:032x}", rand::random::<u128>());
        }
        let send = |server: &Server, request| {
            let mut client = MessageServiceClient::new(server.channel.clone());
            async move { client.send(request).await }
        };
        let answer = self.wire().call(Kind::Repeatable, &question, send).await?;
        let sent = answer.sent.unwrap_or_default();
        self.wire().seen.note(sent.position);
        Ok(sent)
    }
}
