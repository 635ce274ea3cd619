//! Counts the calls that were refused as a whole. What handlers answer item by item, or on a stream,
//! they count themselves.

use ackord_proto::refusal;
use tonic::Status;
use tonic::codegen::http::Response;
use tower::util::MapResponseLayer;

use crate::metrics::Metrics;

/// Looks at each response: one that is nothing but a refusal says so in its head.
pub(crate) fn layer<B>(
    metrics: Metrics,
) -> MapResponseLayer<impl Fn(Response<B>) -> Response<B> + Clone> {
    MapResponseLayer::new(move |response: Response<B>| {
        let status = Status::from_header_map(response.headers());
        if let Some(refusal) = status.and_then(|it| refusal::from_details(it.details())) {
            metrics.refused(refusal.reason());
        }
        response
    })
}
