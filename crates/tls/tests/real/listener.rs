//! A listener among strangers.

use ackord_tls::mint::Authority;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Files, call, plain, secured, serve, serve_few};

#[tokio::test]
async fn silent_callers_do_not_hold_up_the_others() {
    let (files, ca) = (Files::new(), Authority::make().expect("made"));
    let address = serve(Some(files.server(&ca).acceptor())).await;
    let mut silent = Vec::new();
    // More than may be in their handshake at a time.
    for _ in 0..300 {
        silent.push(TcpStream::connect(address).await.expect("taken"));
    }
    assert_eq!(
        call(&mut secured(address, &files.client(&ca, None))).await,
        Ok(())
    );
    // The first ones have been given up, and no other.
    let mut byte = [0];
    let given_up = silent
        .first_mut()
        .expect("there are some")
        .read(&mut byte)
        .await;
    assert!(matches!(given_up, Ok(0) | Err(_)), "{given_up:?}");
}

/// Reads until the other side ends it.
async fn is_ended(caller: &mut TcpStream) {
    let mut said = Vec::new();
    // Reset or closed, both are an end.
    let _ended = caller.read_to_end(&mut said).await;
}

#[tokio::test]
async fn one_more_than_there_are_places_for_is_closed_until_another_one_goes() {
    let address = serve_few(None, 2).await;
    let mut one = TcpStream::connect(address).await.expect("taken");
    let mut other = plain(address);
    assert_eq!(call(&mut other).await, Ok(()));
    let mut third = TcpStream::connect(address).await.expect("taken");
    is_ended(&mut third).await;
    assert_eq!(call(&mut other).await, Ok(()));
    one.shutdown().await.expect("said all");
    is_ended(&mut one).await;
    assert_eq!(call(&mut plain(address)).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn who_never_says_what_it_speaks_is_let_go() {
    let address = serve_few(None, 1).await;
    let mut silent = TcpStream::connect(address).await.expect("taken");
    is_ended(&mut silent).await;
    let mut half = TcpStream::connect(address).await.expect("taken");
    half.write_all(b"PRI * HTTP/2.0\r\n").await.expect("sent");
    is_ended(&mut half).await;
}

#[tokio::test]
async fn a_browser_is_told_in_its_own_words() {
    let (files, ca) = (Files::new(), Authority::make().expect("made"));
    let address = serve(Some(files.server(&ca).acceptor())).await;
    let mut browser = TcpStream::connect(address).await.expect("taken");
    browser
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .expect("sent");
    browser.shutdown().await.expect("said all");
    let mut answer = String::new();
    browser.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.ends_with("call it as https://\n"), "{answer}");
}

#[tokio::test]
async fn noise_ends_its_own_connection_only() {
    let (files, ca) = (Files::new(), Authority::make().expect("made"));
    let address = serve(Some(files.server(&ca).acceptor())).await;
    for noise in [&[22_u8, 3, 1, 255, 255][..], &[0; 64], &[22; 4096], b""] {
        let mut caller = TcpStream::connect(address).await.expect("taken");
        caller.write_all(noise).await.expect("sent");
        caller.shutdown().await.expect("said all");
        let mut answer = Vec::new();
        // Reset or closed, both are an end.
        let _ended = caller.read_to_end(&mut answer).await;
    }
    assert_eq!(
        call(&mut secured(address, &files.client(&ca, None))).await,
        Ok(())
    );
}
