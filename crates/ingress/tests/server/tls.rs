//! Callers who do not come to the end of a handshake, and one who does.

use std::time::{Duration, SystemTime};

use ackord_ingress::Limits;
use ackord_tls::mint::Authority;
use ackord_tls::{Acceptor, Client, ClientFiles, Figures, Pair};
use axum::http::{Request, StatusCode};
use tempfile::TempDir;
use tower_service::Service;

use super::support::*;

struct Files(TempDir);

impl Files {
    fn make() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let ca = Authority::make().expect("a CA");
        let now = SystemTime::now();
        let valid = now - Duration::from_secs(60)..now + Duration::from_secs(3600);
        let own = ca.mint(&["127.0.0.1"], valid).expect("a certificate");
        for (name, text) in [
            ("ca.crt", &ca.minted().cert),
            ("own.crt", &own.cert),
            ("own.key", &own.key),
        ] {
            std::fs::write(dir.path().join(name), text).expect("written");
        }
        Self(dir)
    }

    fn acceptor(&self) -> Acceptor {
        let [cert, key] = ["own.crt", "own.key"].map(|it| self.0.path().join(it));
        let server = ackord_tls::Server::open_web(Pair { cert, key }, Figures::default());
        server.expect("good files").acceptor()
    }
}

fn quick() -> Limits {
    Limits {
        handshake: SHORT,
        ..patient()
    }
}

#[tokio::test]
async fn a_caller_who_says_nothing_is_left() {
    let files = Files::make();
    let server = Server::start_with(quick(), Some(files.acceptor()));
    assert_eq!(hear_all(&mut server.connect().await).await, "");
    assert_eq!(server.ended("handshake"), 1);
}

#[tokio::test]
async fn a_handshake_that_comes_in_drops_is_given_up() {
    let files = Files::make();
    let server = Server::start_with(quick(), Some(files.acceptor()));
    // The beginning of a record of a handshake, and then very little.
    let mut caller = server.connect().await;
    say(&mut caller, "\u{16}\u{3}\u{1}\u{2}\0\u{1}").await;
    drip(caller, "\0", SHORT / 20).await;
    assert_eq!(server.ended("handshake"), 1);
}

#[tokio::test]
async fn plain_text_is_told_where_to_go() {
    let files = Files::make();
    let limits = Limits {
        handshake: LONG,
        ..patient()
    };
    let server = Server::start_with(limits, Some(files.acceptor()));
    let mut caller = server.connect().await;
    say(&mut caller, WHOLE).await;
    let answer = hear_all(&mut caller).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("https://"), "{answer}");
}

#[tokio::test]
async fn http2_is_spoken_under_tls() {
    let files = Files::make();
    let server = Server::start_with(patient(), Some(files.acceptor()));
    let client = Client::open(ClientFiles {
        ca: Some(files.0.path().join("ca.crt")),
        pair: None,
    });
    let mut connector = client.expect("good files").connector();
    let uri = format!("https://{}", server.address)
        .parse()
        .expect("a URI");
    let stream = connector.call(uri).await.expect("a connection");
    let (mut sender, connection) = h2::client::handshake(stream.into_inner())
        .await
        .expect("HTTP/2");
    tokio::spawn(connection);
    let request = Request::post("https://here/length").body(()).expect("good");
    let (answer, _) = sender.send_request(request, true).expect("sent");
    assert_eq!(answer.await.expect("answered").status(), StatusCode::OK);
}
