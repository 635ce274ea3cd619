//! A provider of webhooks, with a source of its own.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use ackord_client::{Client, v1};
use bytes::Bytes;
use hmac::{Hmac, Mac};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as Web, ResponseFuture};
use hyper_util::rt::TokioExecutor;
use sha2::Sha256;

use crate::cli::failure::Failure;

/// How long a node may take to hear of the source.
const KNOWN_MAX: Duration = Duration::from_secs(10);

/// Sends as GitHub does, to all nodes in turn.
#[derive(Clone)]
pub(super) struct Provider {
    web: Web<HttpConnector, Full<Bytes>>,
    /// The source, on each of the nodes.
    urls: Vec<String>,
    slug: String,
    secret: String,
    run: String,
    body_bytes: usize,
}

impl Provider {
    /// Makes a source whose events go to the queue of its own name, and waits until the nodes at all
    /// these URLs know it.
    pub(super) async fn make(
        client: &Client,
        nodes: &[String],
        callers: usize,
        body_bytes: usize,
    ) -> Result<Self, Failure> {
        let run = format!("{:08x}", rand::random::<u32>());
        let secret = format!("bench-{:032x}", rand::random::<u128>());
        let slug = format!("bench-{run}");
        let definition = v1::SourceDefinition {
            verification: Some(v1::Verification {
                rule: Some(v1::verification::Rule::Preset("github".to_owned())),
                ..v1::Verification::default()
            }),
            defaults: Some(v1::SourceDefaults {
                tag: slug.clone(),
                ..v1::SourceDefaults::default()
            }),
            ..v1::SourceDefinition::default()
        };
        let create = v1::CreateSourceRequest {
            slug: slug.clone(),
            definition: Some(definition),
            secrets: vec![v1::NewSecret {
                value: secret.clone().into_bytes().into(),
                ..v1::NewSecret::default()
            }],
            ..v1::CreateSourceRequest::default()
        };
        let path = client.create_source(create).await?.source;
        let path = path.unwrap_or_default().path;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let web = Web::builder(TokioExecutor::new())
            .pool_max_idle_per_host(callers)
            .build(connector);
        let provider = Self {
            web,
            urls: nodes.iter().map(|it| format!("{it}{path}")).collect(),
            slug,
            secret,
            run,
            body_bytes,
        };
        provider.known().await?;
        Ok(provider)
    }

    /// The queue of the events.
    pub(super) fn tag(&self) -> &str {
        &self.slug
    }

    /// Sends one, and waits until it is answered 2xx.
    pub(super) async fn send(&self, number: u64) -> Result<(), Failure> {
        self.sending(self.request(number)).await
    }

    /// Sends a request, and waits until it is answered 2xx.
    pub(super) async fn sending(&self, request: Request<Full<Bytes>>) -> Result<(), Failure> {
        taken(self.web.request(request)).await
    }

    /// Removes the source.
    pub(super) async fn remove(&self, client: &Client) -> Result<(), Failure> {
        let source = v1::DeleteSourceRequest {
            slug: self.slug.clone(),
            revision: None,
        };
        client.delete_source(source).await?;
        Ok(())
    }

    /// Waits until all nodes have heard of the source.
    async fn known(&self) -> Result<(), Failure> {
        let begin = Instant::now();
        let nodes = u64::try_from(self.urls.len()).unwrap_or_default();
        for node in 0..nodes {
            // Numbers that no run comes to, and one for each node in turn.
            let number = u64::MAX - u64::MAX % nodes - nodes + node;
            while let Err(failure) = self.send(number).await {
                if begin.elapsed() > KNOWN_MAX {
                    return Err(failure);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(())
    }

    /// A delivery as GitHub would send it, to the nodes in turn.
    pub(super) fn request(&self, number: u64) -> Request<Full<Bytes>> {
        let run = &self.run;
        let filler = "x".repeat(self.body_bytes.saturating_sub(64));
        let body = format!("{{\"number\":{number},\"run\":\"{run}\",\"filler\":\"{filler}\"}}");
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("any key does");
        mac.update(body.as_bytes());
        let mut signature = "sha256=".to_owned();
        for byte in mac.finalize().into_bytes() {
            write!(signature, "{byte:02x}").expect("a text takes any text");
        }
        let nodes = u64::try_from(self.urls.len()).unwrap_or(u64::MAX);
        let node = usize::try_from(number % nodes).unwrap_or_default();
        Request::post(&self.urls[node])
            .header("content-type", "application/json")
            .header("x-github-event", "push")
            .header("x-github-delivery", format!("{run}-{number}"))
            .header("x-hub-signature-256", signature)
            .body(Full::new(Bytes::from(body)))
            .expect("a request")
    }
}

/// Waits for an answer, which must be "we have it".
async fn taken(answer: ResponseFuture) -> Result<(), Failure> {
    let failed = |it: &dyn std::fmt::Display| Failure::failed(format!("a webhook: {it}"));
    let answer = answer.await.map_err(|it| failed(&it))?;
    let status = answer.status();
    let body = answer.into_body().collect().await;
    let body = body.map_err(|it| failed(&it))?.to_bytes();
    match status {
        StatusCode::OK => Ok(()),
        other => {
            let words = String::from_utf8_lossy(&body).into_owned();
            Err(failed(&format!("{other}: {words}")))
        }
    }
}
