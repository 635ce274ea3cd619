//! HTTP/2: what its callers may do that those of HTTP/1 cannot. Frames are written by hand, for a
//! library would not misbehave so.

use ackord_ingress::Limits;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::support::*;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOODBYE: u8 = 7;

const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// `POST /length` over `http`, as HPACK has it.
const HEAD: &[u8] = b"\x83\x86\x04\x07/length\x01\x04here";

struct Caller(TcpStream);

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Caller {
    /// A caller who has begun as is fit.
    async fn greet(server: &Server) -> Self {
        let mut caller = Self(server.connect().await);
        caller.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        caller.frame(SETTINGS, 0, 0, &[]).await;
        caller.frame(SETTINGS, ACK, 0, &[]).await;
        caller
    }

    async fn say(&mut self, bytes: &[u8]) {
        // It may have been left.
        let _ = self.0.write_all(bytes).await;
    }

    async fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.say(&frame).await;
    }

    /// None at the end of the connection.
    async fn hear(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).expect("small")];
        self.0.read_exact(&mut payload).await.ok()?;
        Some(Frame {
            kind: head[3],
            flags: head[4],
            stream: u32::from_be_bytes([head[5], head[6], head[7], head[8]]),
            payload,
        })
    }

    async fn hear_kind(&mut self, kind: u8) -> Option<Frame> {
        in_time("a frame of this kind, or the end", self.find(kind)).await
    }

    /// Says that it is there whenever it is asked.
    async fn find(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.hear().await?;
            if frame.kind == kind {
                return Some(frame);
            }
            if frame.kind == PING && frame.flags & ACK == 0 {
                self.frame(PING, ACK, 0, &frame.payload).await;
            }
        }
    }

    async fn is_left(&mut self) {
        let left = async { while self.hear().await.is_some() {} };
        in_time("the server closes", left).await;
    }
}

fn code(payload: &[u8]) -> u32 {
    u32::from_be_bytes(payload.try_into().expect("four bytes"))
}

#[tokio::test]
async fn who_greets_and_asks_nothing_is_left() {
    let server = Server::start(Limits {
        head: SHORT,
        ..patient()
    });
    Caller::greet(&server).await.is_left().await;
    assert_eq!(server.ended("slow_head"), 1);
}

#[tokio::test]
async fn a_header_that_does_not_end_is_given_up() {
    let server = Server::start(Limits {
        head: SHORT,
        ..patient()
    });
    let mut caller = Caller::greet(&server).await;
    caller.frame(HEADERS, 0, 1, HEAD).await;
    caller.is_left().await;
    assert_eq!(server.ended("slow_head"), 1);
}

#[tokio::test]
async fn a_later_header_that_does_not_end_is_given_up() {
    let server = Server::start(Limits {
        ping: ENOUGH,
        ping_answer: ENOUGH,
        ..patient()
    });
    let mut caller = Caller::greet(&server).await;
    caller.frame(HEADERS, END_HEADERS, 1, HEAD).await;
    caller.frame(DATA, 1, 1, b"abc").await;
    caller.hear_kind(HEADERS).await.expect("an answer");
    // Nothing else may be said before its end, not even that one is there.
    caller.frame(HEADERS, 0, 3, HEAD).await;
    caller.is_left().await;
}

#[tokio::test]
async fn a_connection_that_rests_is_told_goodbye() {
    let server = Server::start(Limits {
        idle: SHORT,
        ..patient()
    });
    let mut caller = Caller::greet(&server).await;
    caller.frame(HEADERS, END_HEADERS, 1, HEAD).await;
    caller.frame(DATA, 1, 1, b"abc").await;
    caller.hear_kind(GOODBYE).await.expect("goodbye");
    assert_eq!(server.ended("idle"), 1);
}

#[tokio::test]
async fn a_connection_has_only_so_many_requests_at_a_time() {
    let server = Server::start(Limits {
        streams: 2,
        ..patient()
    });
    let mut caller = Caller::greet(&server).await;
    for stream in [1, 3, 5] {
        caller.frame(HEADERS, END_HEADERS, stream, HEAD).await;
    }
    let refused = caller.hear_kind(RESET).await.expect("a refusal");
    assert_eq!(
        (refused.stream, code(&refused.payload)),
        (5, REFUSED_STREAM)
    );
}

#[tokio::test]
async fn who_asks_and_takes_it_back_over_and_over_is_left() {
    let server = Server::start(Limits {
        resets: 10,
        ..patient()
    });
    let mut caller = Caller::greet(&server).await;
    let mut flood = Vec::new();
    for request in 0..200_u32 {
        let stream = (2 * request + 1).to_be_bytes();
        let length = u8::try_from(HEAD.len()).expect("short");
        flood.extend([0, 0, length, HEADERS, END_HEADERS]);
        flood.extend(stream);
        flood.extend(HEAD);
        flood.extend([0, 0, 4, RESET, 0]);
        flood.extend(stream);
        flood.extend([0, 0, 0, 8]);
    }
    caller.say(&flood).await;
    let goodbye = caller.hear_kind(GOODBYE).await.expect("goodbye");
    assert_eq!(code(&goodbye.payload[4..8]), ENHANCE_YOUR_CALM);
}

#[tokio::test]
async fn a_header_of_many_bytes_is_refused() {
    let server = Server::start(Limits {
        head_bytes: 8192,
        ..patient()
    });
    let (mut sender, connection) = h2::client::handshake(server.connect().await)
        .await
        .expect("a connection");
    tokio::spawn(connection);
    let request = Request::post("http://here/length")
        .header("x-long", "x".repeat(9000))
        .body(())
        .expect("a request");
    let (answer, _) = sender.send_request(request, true).expect("sent");
    let answer = answer.await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn a_slow_body_and_a_large_one_hold_up_nobody_else() {
    let server = Server::start(Limits {
        body: ENOUGH,
        ..patient()
    });
    let (mut sender, connection) = h2::client::handshake(server.connect().await)
        .await
        .expect("a connection");
    tokio::spawn(connection);
    let mut begin = || {
        let request = Request::post("http://here/length").body(()).expect("good");
        sender.send_request(request, false).expect("sent")
    };
    let (slow, _held) = begin();
    let (large, mut body) = begin();
    body.send_data(Bytes::from(vec![0; BODY_MAX + 1]), false)
        .expect("sent");
    let (whole, mut short) = begin();
    short
        .send_data(Bytes::from_static(b"abc"), true)
        .expect("sent");
    assert_eq!(whole.await.expect("answered").status(), StatusCode::OK);
    let large = large.await.expect("answered").status();
    assert_eq!(large, StatusCode::PAYLOAD_TOO_LARGE);
    let slow = slow.await.expect("answered").status();
    assert_eq!(slow, StatusCode::REQUEST_TIMEOUT);
}
