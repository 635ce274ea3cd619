//! Crons that are fired by hand.

use ackord_proto::v1;
use ackord_proto::v1::cron_service_client::CronServiceClient;

use crate::client::Client;
use crate::error::Error;
use crate::retry::Kind;
use crate::servers::Server;

impl Client {
    /// Queues an event of a cron now. An order without a dedup key is given one, so that a call whose
    /// answer is lost can be sent again and fires once.
    ///
    /// # Errors
    /// As all calls: refused, failed, or unknown.
    pub async fn fire_cron(
        &self,
        mut question: v1::FireCronRequest,
    ) -> Result<v1::FireCronResponse, Error> {
        if question.dedup_key.is_empty() {
            question.dedup_key = format!("{:032x}", rand::random::<u128>());
        }
        let send = |server: &Server, request| {
            let mut client = CronServiceClient::new(server.channel.clone());
            async move { client.fire_cron(request).await }
        };
        let answer = self.wire().call(Kind::Repeatable, &question, send).await?;
        self.wire().seen.note(answer.position);
        Ok(answer)
    }
}
