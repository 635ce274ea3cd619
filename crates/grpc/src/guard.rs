//! Turns strangers away before anything that they send is read: once it is decoded, a message may take a hundred times
//! what it takes on the wire. A handler judges its caller again, and is the only one that does where this is simulated.

use std::sync::Arc;
use std::task::{Context, Poll};

use tonic::Status;
use tonic::body::Body;
use tonic::codegen::BoxFuture;
use tonic::codegen::http::{Request, Response};
use tonic::metadata::MetadataMap;
use tower::{Layer, Service};

use crate::api::Api;
use crate::counted;
use crate::refused::Refused;

/// What the path of each call begins with that takes a token. Health and reflection take none.
const OURS: &str = "/ackord.v1.";
/// Answered by a node that has lost the others, too.
const GET_STATUS: &str = "/ackord.v1.ClusterService/GetStatus";

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Guard(Arc<Api>);

/// A service behind the guard.
#[derive(Debug, Clone)]
pub(crate) struct Guarded<S> {
    guard: Guard,
    inner: S,
}

impl Guard {
    pub(crate) fn new(api: Api) -> Self {
        Self(Arc::new(api))
    }

    /// The call as its handler gets it, or what its handler would refuse it with.
    async fn admit(&self, call: Request<Body>) -> Result<Request<Body>, Refused> {
        if !call.uri().path().starts_with(OURS) {
            return Ok(call);
        }
        let (mut head, body) = call.into_parts();
        let metadata = MetadataMap::from_headers(std::mem::take(&mut head.headers));
        self.judge(head.uri.path(), &metadata).await?;
        head.headers = metadata.into_headers();
        let body = counted::body(head.uri.path(), body);
        Ok(Request::from_parts(head, body))
    }

    /// Judges as a handler does before it looks at what was sent; see [`Api::open`].
    async fn judge(&self, method: &str, metadata: &MetadataMap) -> Result<(), Refused> {
        if method != GET_STATUS {
            self.0.fresh()?;
        }
        self.0.caller(metadata).await.map(drop)
    }
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded {
            guard: self.clone(),
            inner,
        }
    }
}

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<Response<Body>, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, call: Request<Body>) -> Self::Future {
        // The one that has said that it is ready takes the call; its clone may be ready later.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let guard = self.guard.clone();
        Box::pin(async move {
            match guard.admit(call).await {
                Ok(call) => inner.call(call).await,
                Err(refused) => Ok(Status::from(refused).into_http()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tower::{ServiceExt, service_fn};

    use super::*;
    use crate::nobody::api;
    use crate::secret::Secret;

    /// A handler that takes every call.
    async fn handler(_: Request<Body>) -> Result<Response<Body>, Infallible> {
        Ok(Response::new(Body::empty()))
    }

    /// What a call without a message is answered.
    async fn call(path: &str, authorization: Option<&str>) -> Response<Body> {
        let mut call = Request::builder().uri(path);
        if let Some(value) = authorization {
            call = call.header("authorization", value);
        }
        let call = call.body(Body::empty()).expect("a call");
        let guarded = Guard::new(api().await).layer(service_fn(handler));
        guarded.oneshot(call).await.expect("an answer")
    }

    /// What a handler refuses the same caller with.
    async fn refused_by_handler(authorization: Option<&str>) -> Response<Body> {
        let mut metadata = MetadataMap::new();
        if let Some(value) = authorization {
            metadata.insert("authorization", value.parse().expect("a header value"));
        }
        let refused = api().await.caller(&metadata).await;
        Status::from(refused.expect_err("a stranger")).into_http()
    }

    #[tokio::test]
    async fn a_stranger_is_told_what_a_handler_would_tell_him() {
        let unknown = format!("Bearer {}", Secret::draw().expose());
        for value in [None, Some("Bearer ackord_cut"), Some(unknown.as_str())] {
            let told = refused_by_handler(value).await;
            for path in ["/ackord.v1.IngressService/Submit", GET_STATUS] {
                let refused = call(path, value).await;
                assert_eq!(refused.headers(), told.headers(), "{path}: {value:?}");
            }
        }
    }

    #[tokio::test]
    async fn tools_need_no_token() {
        let answer = call("/grpc.health.v1.Health/Check", None).await;
        assert!(Status::from_header_map(answer.headers()).is_none());
    }
}
