//! The same through the server, on real sockets.

use std::net::SocketAddr;

use ackord_ingress::{ConnectionMetrics, Limits, Port, router, serve};
use axum::http::{Request, StatusCode};
use futures::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::support::*;

async fn serve_at(site: &Site) -> SocketAddr {
    let port = Port::take("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let address = port.address();
    let limits = Limits::default();
    let router = router(site.hooks.clone(), &limits);
    let never = std::future::pending().boxed().shared();
    let listener = port.open(None).expect("ours");
    tokio::spawn(serve(
        listener,
        router,
        limits,
        ConnectionMetrics::default(),
        never,
    ));
    address
}

async fn ask(address: SocketAddr, request: &str) -> String {
    let mut caller = TcpStream::connect(address).await.expect("it listens");
    caller.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    // It may be cut off once it has answered.
    let _ = caller.read_to_string(&mut answer).await;
    answer
}

fn request(method: &str, path: &str, more: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\
         Content-Length: {}\r\n{more}\r\n{body}",
        body.len()
    )
}

const PATH: &str = "/webhooks/dev/github";

fn signed(body: &str) -> String {
    format!(
        "X-GitHub-Event: push\r\nX-GitHub-Delivery: d-1\r\nContent-Type: application/json\r\n\
         X-Hub-Signature-256: {}\r\n",
        signature(SECRET, body.as_bytes())
    )
}

#[tokio::test]
async fn a_signed_request_is_accepted() {
    let (site, _) = Site::with_github().await;
    let address = serve_at(&site).await;
    let answer = ask(address, &request("POST", PATH, &signed("{}"), "{}")).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("{\"outcome\":\"accepted\""), "{answer}");
    let again = ask(address, &request("POST", PATH, &signed("{}"), "{}")).await;
    assert!(again.contains("{\"outcome\":\"duplicate\""), "{again}");
}

/// The status of a request of so many fields, by HTTP/2.
async fn status_of(address: SocketAddr, fields: usize) -> StatusCode {
    let tcp = TcpStream::connect(address).await.expect("it listens");
    let (caller, connection) = h2::client::handshake(tcp).await.expect("it speaks HTTP/2");
    tokio::spawn(connection);
    let mut request = Request::post(format!("http://here{PATH}"));
    for _ in 0..fields {
        request = request.header("a", "");
    }
    let request = request.body(()).expect("a request");
    let mut caller = caller.ready().await.expect("it takes requests");
    let (answer, _) = caller.send_request(request, true).expect("sent");
    answer.await.expect("an answer").status()
}

#[tokio::test]
async fn a_header_of_many_fields_is_refused_however_they_are_packed() {
    let (site, _) = Site::with_github().await;
    let address = serve_at(&site).await;
    let most = Limits::default().head_fields;
    assert_eq!(status_of(address, most).await, StatusCode::UNAUTHORIZED);
    let too_large = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    assert_eq!(status_of(address, most + 1).await, too_large);
}

#[tokio::test]
async fn what_is_no_webhook_is_told_so() {
    let (site, _) = Site::with_github().await;
    let address = serve_at(&site).await;
    let status = async |request: String| {
        let answer = ask(address, &request).await;
        let status = answer.get(9..12).expect("a status").to_owned();
        (status, answer)
    };
    let (code, answer) = status(request("GET", PATH, "", "")).await;
    assert_eq!(code, "405");
    assert!(answer.contains("allow: POST"), "{answer}");
    let (code, _) = status(request("POST", "/", "", "")).await;
    assert_eq!(code, "404");
    let (code, _) = status(request("POST", "/webhooks/dev/github/more", "", "")).await;
    assert_eq!(code, "404");
    let packed = format!("{}Content-Encoding: gzip\r\n", signed("{}"));
    let (code, _) = status(request("POST", PATH, &packed, "{}")).await;
    assert_eq!(code, "415");
    let huge =
        "POST /webhooks/dev/github HTTP/1.1\r\nHost: here\r\nContent-Length: 1048577\r\n\r\n";
    let (code, _) = status(huge.to_owned()).await;
    assert_eq!(code, "413");
    let (code, unknown) = status(request("POST", "/webhooks/dev/other", "", "{}")).await;
    assert_eq!(code, "401");
    let (_, forged) = status(request("POST", PATH, "", "{}")).await;
    let undated = |it: &str| {
        let lines = it.lines().filter(|it| !it.starts_with("date:"));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(undated(&unknown), undated(&forged));
}
