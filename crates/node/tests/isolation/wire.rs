//! Calls of the API by the names of its methods, with JSON: for callers that know all methods alike.

use std::net::SocketAddr;

use ackord_proto::FILE_DESCRIPTOR_SET;
use ackord_proto::refusal::from_details;
use bytes::Bytes;
use futures::channel::mpsc;
use futures::{FutureExt, Stream, StreamExt, stream};
use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor};
use serde_json::{Value, json};
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};

use crate::LONG;
use crate::raw::Raw;

const PACKAGE: &str = "ackord.v1";

/// One node's API, with a token.
#[derive(Clone)]
pub(crate) struct Api {
    pool: DescriptorPool,
    channel: Channel,
    secret: String,
}

/// A stream that is open.
pub(crate) struct Open {
    asks: mpsc::UnboundedSender<Bytes>,
    answers: Streaming<Bytes>,
    method: MethodDescriptor,
}

impl Api {
    pub(crate) async fn to(node: SocketAddr, secret: &str) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{node}")).expect("an address");
        Self {
            pool: DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("our own"),
            channel: endpoint.connect().await.expect("a node that serves"),
            secret: secret.to_owned(),
        }
    }

    /// All methods, such as `EventService/GetEvent`.
    pub(crate) fn methods(&self) -> Vec<String> {
        let services = self.pool.services();
        let ours = services.filter(|it| it.package_name() == PACKAGE);
        let methods = ours.flat_map(|service| {
            let name = service.name().to_owned();
            let methods: Vec<_> = service.methods().collect();
            let named = methods.into_iter();
            named.map(move |it| format!("{name}/{}", it.name()))
        });
        methods.collect()
    }

    /// Sends these messages, and answers all that is said until the call ends, and how it does.
    pub(crate) async fn ask(&self, method: &str, messages: &[Value]) -> Vec<Value> {
        let method = self.method(method);
        let bytes: Vec<_> = messages.iter().map(|it| bytes(&method, it)).collect();
        let call = async {
            let mut said = Vec::new();
            let mut answers = match self.call(&method, stream::iter(bytes)).await {
                Ok(answers) => answers,
                Err(status) => return vec![self.ended(&status)],
            };
            loop {
                match answers.message().await {
                    Ok(Some(answer)) => said.push(json(&method.output(), answer)),
                    Ok(None) => return said,
                    Err(status) => {
                        said.push(self.ended(&status));
                        return said;
                    }
                }
            }
        };
        timeout(LONG, call).await.expect("the call ends")
    }

    /// The one answer to a question that is not refused.
    pub(crate) async fn must(&self, method: &str, question: Value) -> Value {
        let mut said = self.ask(method, &[question]).await;
        let answer = said.pop().expect("an answer");
        assert!(
            said.is_empty() && answer.get("code").is_none(),
            "{method}: {answer}"
        );
        answer
    }

    /// Opens a stream with its first message.
    pub(crate) async fn open(&self, method: &str, first: &Value) -> Open {
        let method = self.method(method);
        let (asks, asked) = mpsc::unbounded();
        asks.unbounded_send(bytes(&method, first))
            .expect("it is open");
        Open {
            asks,
            answers: self.call(&method, asked).await.expect("it is open"),
            method,
        }
    }

    async fn call(
        &self,
        method: &MethodDescriptor,
        messages: impl Stream<Item = Bytes> + Send + 'static,
    ) -> Result<Streaming<Bytes>, Status> {
        let mut client = Grpc::new(self.channel.clone());
        client.ready().await.expect("a node that serves");
        let mut request = Request::new(messages);
        let bearer = format!("Bearer {}", self.secret);
        let metadata = request.metadata_mut();
        metadata.insert("authorization", bearer.parse().expect("a header value"));
        let service = method.parent_service().full_name();
        let path = format!("/{service}/{}", method.name());
        let path = PathAndQuery::from_maybe_shared(path).expect("a path");
        // One question and one answer are a stream of one message each.
        let answers = client.streaming(request, path, Raw).await?;
        Ok(answers.into_inner())
    }

    fn method(&self, name: &str) -> MethodDescriptor {
        let (service, name) = name.split_once('/').expect("a service and a method");
        let service = self
            .pool
            .get_service_by_name(&format!("{PACKAGE}.{service}"));
        let service = service.expect("a service of ours");
        let mut methods = service.methods();
        methods
            .find(|it| it.name() == name)
            .expect("a method of it")
    }

    fn ended(&self, status: &Status) -> Value {
        let refusal = from_details(status.details()).map(|it| {
            let form = self.pool.get_message_by_name("ackord.v1.Refusal");
            let bytes = prost_reflect::prost::Message::encode_to_vec(&it);
            json(&form.expect("our own"), bytes.into())
        });
        json!({
            "code": format!("{:?}", status.code()),
            "message": status.message(),
            "refusal": refusal,
        })
    }
}

impl Open {
    pub(crate) fn say(&self, message: &Value) {
        let bytes = bytes(&self.method, message);
        self.asks.unbounded_send(bytes).expect("it is open");
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Value {
        let message = timeout(LONG, self.answers.next()).await;
        let message = message.expect("a message comes").expect("it is open");
        json(&self.method.output(), message.expect("it is open"))
    }

    /// A message that has come already.
    pub(crate) fn has_come(&mut self) -> Option<Value> {
        let message = self.answers.next().now_or_never()?;
        let message = message.expect("it is open").expect("it is open");
        Some(json(&self.method.output(), message))
    }
}

fn bytes(method: &MethodDescriptor, message: &Value) -> Bytes {
    let read = DynamicMessage::deserialize(method.input(), message.clone());
    let message = read.unwrap_or_else(|it| panic!("{}: {it}: {message}", method.full_name()));
    message.encode_to_vec().into()
}

fn json(form: &MessageDescriptor, bytes: Bytes) -> Value {
    let message = DynamicMessage::decode(form.clone(), bytes).expect("a message of its kind");
    serde_json::to_value(message).expect("plain data")
}
