//! A caller with a token.

use ackord_proto::v1::cluster_service_client::ClusterServiceClient;
use ackord_proto::v1::cron_service_client::CronServiceClient;
use ackord_proto::v1::effect_service_client::EffectServiceClient;
use ackord_proto::v1::event_service_client::EventServiceClient;
use ackord_proto::v1::ingress_service_client::IngressServiceClient;
use ackord_proto::v1::message_service_client::MessageServiceClient;
use ackord_proto::v1::queue_service_client::QueueServiceClient;
use ackord_proto::v1::session_service_client::SessionServiceClient;
use ackord_proto::v1::source_service_client::SourceServiceClient;
use ackord_proto::v1::submit_result::Result as Taken;
use ackord_proto::v1::team_service_client::TeamServiceClient;
use ackord_proto::v1::token_service_client::TokenServiceClient;
use ackord_proto::v1::{
    Ack, AckRequest, Acked, Event, EventState, Fence, GetEventRequest, Nack, NackRequest, Nacked,
    Refusal, SubmitItem, SubmitRequest, SubmitResult, Submitted,
};
use bytes::Bytes;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// Puts the token into each call.
#[derive(Clone)]
pub(crate) struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request
            .metadata_mut()
            .insert("authorization", self.0.clone());
        Ok(request)
    }
}

type Wire = InterceptedService<Channel, Bearer>;

/// All services, with one token, on one connection.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) ingress: IngressServiceClient<Wire>,
    pub(crate) sessions: SessionServiceClient<Wire>,
    pub(crate) effects: EffectServiceClient<Wire>,
    pub(crate) messages: MessageServiceClient<Wire>,
    pub(crate) events: EventServiceClient<Wire>,
    pub(crate) queues: QueueServiceClient<Wire>,
    pub(crate) sources: SourceServiceClient<Wire>,
    pub(crate) crons: CronServiceClient<Wire>,
    pub(crate) teams: TeamServiceClient<Wire>,
    pub(crate) tokens: TokenServiceClient<Wire>,
    pub(crate) cluster: ClusterServiceClient<Wire>,
    /// The token's id, where the test has made it.
    pub(crate) token_id: String,
}

impl Client {
    pub(crate) async fn connect(url: &str, secret: &str) -> Self {
        let endpoint = Endpoint::from_shared(url.to_owned()).expect("an address");
        let channel = endpoint.connect().await.expect("a node that serves");
        let bearer = Bearer(format!("Bearer {secret}").parse().expect("a header value"));
        Self {
            ingress: IngressServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            sessions: SessionServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            effects: EffectServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            messages: MessageServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            events: EventServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            queues: QueueServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            sources: SourceServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            crons: CronServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            teams: TeamServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            tokens: TokenServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            cluster: ClusterServiceClient::with_interceptor(channel, bearer),
            token_id: String::new(),
        }
    }

    /// Submits items: an answer for each.
    pub(crate) async fn submit(
        &mut self,
        items: Vec<SubmitItem>,
    ) -> Result<Vec<SubmitResult>, Status> {
        let response = self.ingress.submit(SubmitRequest { items }).await?;
        Ok(response.into_inner().results)
    }

    /// Submits one item that is taken: the event's id.
    pub(crate) async fn submit_one(&mut self, item: SubmitItem) -> String {
        let results = self.submit(vec![item]).await.expect("the call is answered");
        submitted(&only(results)).event_id
    }

    /// Submits one item that is refused: why.
    pub(crate) async fn submit_refused(&mut self, item: SubmitItem) -> Refusal {
        match only(self.submit(vec![item]).await.expect("the call is answered")).result {
            Some(Taken::Refusal(refusal)) => refusal,
            it => panic!("not refused but {it:?}"),
        }
    }

    pub(crate) async fn ack(&mut self, fence: Fence, summary: &str) -> Result<Acked, Status> {
        let ack = Ack {
            fence: Some(fence),
            summary: summary.to_owned(),
            ..Ack::default()
        };
        let response = self.sessions.ack(AckRequest { ack: Some(ack) }).await?;
        Ok(response.into_inner().acked.expect("an ack that counts"))
    }

    pub(crate) async fn nack(&mut self, fence: Fence, reject: bool) -> Result<Nacked, Status> {
        let nack = Nack {
            fence: Some(fence),
            reject,
            ..Nack::default()
        };
        let response = self.sessions.nack(NackRequest { nack: Some(nack) }).await?;
        Ok(response.into_inner().nacked.expect("a nack that counts"))
    }

    pub(crate) async fn event(&mut self, id: &str) -> Event {
        let request = GetEventRequest {
            event_id: id.to_owned(),
            at_least: None,
        };
        let response = self
            .events
            .get_event(request)
            .await
            .expect("an event of the team");
        response.into_inner().event.expect("the event")
    }

    pub(crate) async fn state(&mut self, id: &str) -> EventState {
        self.event(id).await.state()
    }
}

/// An event with a small body.
pub(crate) fn item(tag: &str) -> SubmitItem {
    SubmitItem {
        tag: tag.to_owned(),
        event_type: "test".to_owned(),
        body: Bytes::from_static(b"body"),
        ..SubmitItem::default()
    }
}

/// The answer to the only item.
pub(crate) fn only<T>(items: Vec<T>) -> T {
    let [item] = <[T; 1]>::try_from(items).unwrap_or_else(|it| panic!("{} items", it.len()));
    item
}

/// An item that was taken.
pub(crate) fn submitted(result: &SubmitResult) -> Submitted {
    match &result.result {
        Some(Taken::Submitted(submitted)) => submitted.clone(),
        it => panic!("not taken but {it:?}"),
    }
}

/// Names a delivery.
pub(crate) fn fence(event: &str, delivery: u32) -> Fence {
    Fence {
        event_id: event.to_owned(),
        delivery,
    }
}
