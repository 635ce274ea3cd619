//! Leases that go on, many at a time.

use ackord_proto::v1;
use ackord_proto::v1::extend_result;
use ackord_proto::v1::session_service_client::SessionServiceClient;

use crate::client::Client;
use crate::error::Error;
use crate::retry::Kind;
use crate::servers::Server;
use crate::wire::ANSWER_BYTES_MAX;

impl Client {
    /// Lets leases go on, without a session.
    ///
    /// # Errors
    /// As all calls: refused, failed, or unknown.
    pub async fn extend(&self, question: v1::ExtendRequest) -> Result<v1::ExtendResponse, Error> {
        let send = |server: &Server, request| {
            let mut client = SessionServiceClient::new(server.channel.clone())
                .max_decoding_message_size(ANSWER_BYTES_MAX);
            async move { client.extend(request).await }
        };
        let answer = self.wire().call(Kind::Repeatable, &question, send).await?;
        for one in &answer.results {
            if let Some(extend_result::Result::Extended(it)) = &one.result {
                self.wire().seen.note(it.position);
            }
        }
        Ok(answer)
    }
}
