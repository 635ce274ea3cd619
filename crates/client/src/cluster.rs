//! Changes of the cluster that are asked for in more ways than one.

use ackord_proto::v1;
use ackord_proto::v1::cluster_service_client::ClusterServiceClient;

use crate::client::Client;
use crate::error::Error;
use crate::retry::Kind;
use crate::servers::Server;

impl Client {
    /// Lets another member lead. Where none is named, a call whose answer is lost is not sent again: it
    /// would let yet another one lead.
    ///
    /// # Errors
    /// As all calls: refused, failed, or unknown.
    pub async fn transfer_leader(
        &self,
        question: v1::TransferLeaderRequest,
    ) -> Result<v1::TransferLeaderResponse, Error> {
        let kind = match question.node_id.is_empty() {
            true => Kind::Once,
            false => Kind::Lengthy,
        };
        let send = |server: &Server, request| {
            let mut client = ClusterServiceClient::new(server.channel.clone());
            async move { client.transfer_leader(request).await }
        };
        self.wire().call(kind, &question, send).await
    }
}
