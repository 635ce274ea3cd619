//! Callers who never come to the end of a header.

use ackord_ingress::Limits;

use super::support::*;

fn quick_heads() -> Limits {
    Limits {
        head: SHORT,
        ..patient()
    }
}

#[tokio::test]
async fn a_caller_who_says_nothing_is_left() {
    let server = Server::start(quick_heads());
    assert_eq!(hear_all(&mut server.connect().await).await, "");
    assert_eq!(server.ended("slow_head"), 1);
}

#[tokio::test]
async fn a_header_that_does_not_end_is_given_up() {
    let server = Server::start(quick_heads());
    let mut caller = server.connect().await;
    say(&mut caller, POST).await;
    assert_eq!(hear_all(&mut caller).await, "");
    assert_eq!(server.ended("slow_head"), 1);
}

#[tokio::test]
async fn a_header_that_comes_in_drops_is_given_up() {
    let server = Server::start(quick_heads());
    let mut caller = server.connect().await;
    say(&mut caller, POST).await;
    drip(caller, "X-More: 1\r\n", SHORT / 20).await;
    assert_eq!(server.ended("slow_head"), 1);
}

#[tokio::test]
async fn a_later_header_has_no_more_time_than_the_first() {
    let server = Server::start(Limits {
        head: ENOUGH,
        ..patient()
    });
    let mut caller = server.connect().await;
    say(&mut caller, WHOLE).await;
    hear(&mut caller, "\r\n\r\n3").await;
    say(&mut caller, POST).await;
    assert_eq!(hear_all(&mut caller).await, "");
    assert_eq!(server.ended("slow_head"), 1);
}

#[tokio::test]
async fn a_connection_that_rests_is_closed_after_its_own_time() {
    let server = Server::start(Limits {
        idle: SHORT,
        ..patient()
    });
    let mut caller = server.connect().await;
    say(&mut caller, WHOLE).await;
    let answer = hear_all(&mut caller).await;
    assert!(answer.ends_with("\r\n\r\n3"), "{answer}");
    assert_eq!(server.ended("idle"), 1);
}

#[tokio::test]
async fn a_header_of_many_bytes_is_refused() {
    let server = Server::start(Limits {
        head_bytes: 8192,
        ..patient()
    });
    let mut caller = server.connect().await;
    let long = "x".repeat(9000);
    say(&mut caller, &format!("{POST}X-Long: {long}\r\n\r\n")).await;
    let answer = hear_all(&mut caller).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn a_header_of_many_fields_is_refused() {
    let server = Server::start(Limits {
        head_fields: 10,
        ..patient()
    });
    let mut caller = server.connect().await;
    say(
        &mut caller,
        &format!("{POST}{}\r\n", "X-Many: 1\r\n".repeat(11)),
    )
    .await;
    let answer = hear_all(&mut caller).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn what_is_no_http_is_answered_and_closed() {
    let server = Server::start(patient());
    let mut caller = server.connect().await;
    say(&mut caller, "\0\u{1}\u{2} nonsense\r\n\r\n").await;
    let answer = hear_all(&mut caller).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}
