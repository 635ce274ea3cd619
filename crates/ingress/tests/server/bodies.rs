//! Bodies that are too large, too slow, too many, or none.

use ackord_ingress::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::support::*;

fn quick_bodies() -> Limits {
    Limits {
        body: SHORT,
        ..patient()
    }
}

#[tokio::test]
async fn a_body_that_does_not_end_is_given_up_and_its_sender_told() {
    let server = Server::start(quick_bodies());
    let mut caller = server.connect().await;
    say(&mut caller, &format!("{POST}Content-Length: 10\r\n\r\nabc")).await;
    let answer = hear_all(&mut caller).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_body_that_comes_in_drops_is_given_up() {
    let server = Server::start(quick_bodies());
    let mut caller = server.connect().await;
    say(&mut caller, &format!("{POST}Content-Length: 900\r\n\r\n")).await;
    let answer = drip(caller, "a", SHORT / 20).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_not_begun() {
    let server = Server::start(patient());
    let mut caller = server.connect().await;
    let head = format!("{POST}Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    say(&mut caller, &head).await;
    // Not told to go on.
    let answer = hear_all(&mut caller).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_body_within_bounds_is_asked_for() {
    let server = Server::start(patient());
    let mut caller = server.connect().await;
    let head = format!("{POST}Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n");
    say(&mut caller, &head).await;
    hear(&mut caller, "100 Continue\r\n\r\n").await;
    say(&mut caller, &"a".repeat(1000)).await;
    hear(&mut caller, "\r\n\r\n1000").await;
}

#[tokio::test]
async fn a_body_that_turns_out_too_large_is_refused_while_it_comes() {
    let server = Server::start(patient());
    let mut caller = server.connect().await;
    say(
        &mut caller,
        &format!("{POST}Transfer-Encoding: chunked\r\n\r\n"),
    )
    .await;
    // It would go on for ever.
    let answer = drip(caller, "a\r\n0123456789\r\n", SHORT / 1000).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn who_sends_a_large_body_without_looking_up_still_hears_why_not() {
    let server = Server::start(Limits {
        linger: LONG,
        ..patient()
    });
    let mut caller = server.connect().await;
    let bytes = 2 << 20;
    say(
        &mut caller,
        &format!("{POST}Content-Length: {bytes}\r\n\r\n"),
    )
    .await;
    say(&mut caller, &"a".repeat(bytes)).await;
    let mut answer = String::new();
    caller.read_to_string(&mut answer).await.expect("no reset");
    // A connection that is closed with bytes unread takes the answer with it, on some systems.
    let more = caller.write_all(&vec![b'a'; bytes]).await;
    more.expect("it is still heard out");
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_body_that_breaks_off_harms_nobody_else() {
    let server = Server::start(patient());
    let mut caller = server.connect().await;
    say(&mut caller, &format!("{POST}Content-Length: 10\r\n\r\nabc")).await;
    drop(caller);
    let mut other = server.connect().await;
    say(&mut other, WHOLE).await;
    hear(&mut other, "\r\n\r\n3").await;
}

#[tokio::test]
async fn bodies_have_only_so_much_room_together() {
    let server = Server::start(Limits {
        bodies_bytes: 1000,
        ..patient()
    });
    let mut first = server.connect().await;
    let head = format!("{POST}Content-Length: 900\r\n\r\n");
    say(&mut first, &head).await;
    say(&mut first, &"a".repeat(899)).await;
    // Until the first has its place, others find room.
    let mut other = server.connect().await;
    loop {
        say(&mut other, &format!("{POST}Content-Length: 200\r\n\r\n")).await;
        say(&mut other, &"a".repeat(200)).await;
        let answer = hear(&mut other, "\r\n\r\n").await;
        if answer.starts_with("HTTP/1.1 503 ") {
            break;
        }
        hear(&mut other, "200").await;
    }
    say(&mut first, "a").await;
    hear(&mut first, "\r\n\r\n900").await;
}

#[tokio::test]
async fn nothing_is_unpacked() {
    let server = Server::start(patient());
    let mut caller = server.connect().await;
    // An empty text, packed.
    let packed = "\u{1f}\u{b}\u{8}\0\0\0\0\0\0\u{3}\u{3}\0\0\0\0\0\0\0\0\0";
    let head = format!("{POST}Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n");
    say(&mut caller, &head).await;
    say(&mut caller, packed).await;
    hear(&mut caller, "\r\n\r\n20").await;
}
