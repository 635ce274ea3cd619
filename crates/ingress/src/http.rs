//! The routes of the server.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use tokio::time::Instant;

use ackord_core::limits::BODY_BYTES_MAX;
use ackord_proto::v1::RequestRefusal as Refusal;
use bytes::Bytes;

use crate::body::{Room, Unread, Whole};
use crate::connection::From;
use crate::hook::{Arrived, Hooks, Reply};
use crate::limits::Limits;

/// What handlers have at hand.
#[derive(Clone)]
struct Desk {
    hooks: Hooks,
    room: Room,
    body: Duration,
    head_fields: usize,
}

/// The routes: `POST /webhooks/{team}/{slug}`, and nothing else.
pub fn router(hooks: Hooks, limits: &Limits) -> Router {
    let desk = Desk {
        hooks,
        room: Room::new(limits.bodies_bytes),
        body: limits.body,
        head_fields: limits.head_fields,
    };
    Router::new()
        .route("/webhooks/{team}/{slug}", any(receive))
        .fallback(|| async { (StatusCode::NOT_FOUND, "nothing is here") })
        .with_state(desk)
}

async fn receive(
    State(desk): State<Desk>,
    Path((team, slug)): Path<(String, String)>,
    request: Request,
) -> Response {
    let since = Instant::now();
    let (head, body) = request.into_parts();
    // HTTP/2 bounds bytes alone, and packs a field that comes again into one.
    if head.headers.len() > desk.head_fields {
        let words = "too many header fields";
        return (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, words).into_response();
    }
    let place = desk.room.place(weight(&head));
    let from = head
        .extensions
        .get::<From>()
        .map(|it| it.0.ip().to_canonical());
    let arrived = Arrived {
        team,
        slug,
        query: head.uri.query().map(str::to_owned),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body: Bytes::new(),
        from,
        since,
    };
    let refused = match () {
        () if head.method != Method::POST => Some(Refusal::Method),
        () if is_packed(&head.headers) => Some(Refusal::BadContentType),
        () if place.is_none() => Some(Refusal::Overloaded),
        () => None,
    };
    drop(head);
    if let Some(refusal) = refused {
        return answer(desk.hooks.refuse(&arrived, refusal));
    }
    match read(&desk, body).await {
        Ok(whole) => {
            let arrived = Arrived {
                body: whole.bytes.clone(),
                ..arrived
            };
            // It goes on though its sender should give up: many never send again.
            let hooks = desk.hooks.clone();
            let received = tokio::spawn(async move {
                let reply = hooks.receive(arrived).await;
                drop((whole, place));
                reply
            });
            match received.await {
                Ok(reply) => answer(reply),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        }
        Err(refusal) => answer(desk.hooks.refuse(&arrived, refusal)),
    }
}

async fn read(desk: &Desk, body: Body) -> Result<Whole, Refusal> {
    let read = desk.room.read(body, BODY_BYTES_MAX, desk.body).await;
    read.map_err(|unread| match unread {
        Unread::TooLarge { .. } => Refusal::TooLarge,
        Unread::Slow | Unread::Broken => Refusal::Slow,
        Unread::NoRoom => Refusal::Overloaded,
    })
}

/// What a request takes in the room besides its body: its fields stand twice while it is worked on.
fn weight(head: &Parts) -> usize {
    /// What a field takes besides its bytes.
    const FIELD: usize = 128;
    /// What a request takes besides its fields.
    const REQUEST: usize = 1024;
    let fields = head.headers.iter();
    let fields = fields.map(|(name, value)| FIELD + 2 * (name.as_str().len() + value.len()));
    REQUEST + fields.sum::<usize>()
}

/// Whether the body is packed, as no provider does: what is signed is what would have to be read.
fn is_packed(headers: &axum::http::HeaderMap) -> bool {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).into_iter();
    encodings.any(|it| !it.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn answer(reply: Reply) -> Response {
    let Reply {
        status,
        content_type,
        body,
        retry_after_s,
    } = reply;
    let status = StatusCode::from_u16(status).expect("our own are such");
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    if let Some(after) = retry_after_s {
        headers.insert(header::RETRY_AFTER, after.into());
    }
    response
}
