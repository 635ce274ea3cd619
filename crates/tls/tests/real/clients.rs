//! Who is served, and what the others are told.

use ackord_tls::mint::Authority;
use ackord_tls::{Figures, Server, ServerFiles};

use crate::support::{Files, HERE, call, plain, secured, serve, today, yesterday};

fn ca() -> Authority {
    Authority::make().expect("made")
}

#[tokio::test]
async fn whoever_trusts_the_ca_is_served() {
    let (files, ca) = (Files::new(), ca());
    let address = serve(Some(files.server(&ca).acceptor())).await;
    assert_eq!(
        call(&mut secured(address, &files.client(&ca, None))).await,
        Ok(())
    );
}

#[tokio::test]
async fn a_server_of_another_ca_is_not_trusted() {
    let files = Files::new();
    let address = serve(Some(files.server(&ca()).acceptor())).await;
    let refused = call(&mut secured(address, &files.client(&ca(), None))).await;
    let refused = refused.expect_err("not trusted");
    assert!(
        refused.contains("not of a CA that is trusted here"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_server_whose_certificate_has_ended_is_not_trusted() {
    let (files, ca) = (Files::new(), ca());
    let pair = files.pair("old", &ca.mint(&[HERE], yesterday()).expect("minted"));
    let server = Server::open(
        ServerFiles {
            pair,
            client_ca: None,
        },
        Figures::default(),
    )
    .expect("it may start");
    let address = serve(Some(server.acceptor())).await;
    let refused = call(&mut secured(address, &files.client(&ca, None))).await;
    let refused = refused.expect_err("too old");
    assert!(refused.contains("too old, renew it"), "{refused}");
}

#[tokio::test]
async fn a_server_of_another_name_is_not_trusted_unless_that_is_expected() {
    let (files, ca) = (Files::new(), ca());
    let pair = files.pair("other", &ca.mint(&["a.example"], today()).expect("minted"));
    let server = Server::open(
        ServerFiles {
            pair,
            client_ca: None,
        },
        Figures::default(),
    )
    .expect("good files");
    let address = serve(Some(server.acceptor())).await;
    let client = files.client(&ca, None);
    let refused = call(&mut secured(address, &client))
        .await
        .expect_err("another name");
    assert!(refused.contains("not for 127.0.0.1, but for"), "{refused}");
    assert!(refused.contains("a.example"), "{refused}");

    let endpoint = crate::support::endpoint(format!("https://{address}"));
    let channel = endpoint.connect_with_connector_lazy(client.connector().expects("a.example"));
    let mut expected = tonic_health::pb::health_client::HealthClient::new(channel);
    assert_eq!(call(&mut expected).await, Ok(()));
}

#[tokio::test]
async fn a_server_may_ask_who_calls() {
    let (files, ca, theirs) = (Files::new(), ca(), ca());
    let pair = files.pair("server", &ca.mint(&[HERE], today()).expect("minted"));
    let client_ca = Some(files.ca("clients.crt", &theirs));
    let server =
        Server::open(ServerFiles { pair, client_ca }, Figures::default()).expect("good files");
    let address = serve(Some(server.acceptor())).await;

    let cases = [
        (None, "asks for a certificate of ours"),
        (
            Some(ca.mint(&["me"], today())),
            "does not trust the CA of our certificate",
        ),
        (
            Some(theirs.mint(&["me"], yesterday())),
            "finds our certificate too old",
        ),
    ];
    for (own, words) in cases {
        let own = own.map(|it| it.expect("minted"));
        let client = files.client(&ca, own.as_ref());
        let refused = call(&mut secured(address, &client)).await.expect_err(words);
        assert!(refused.contains(words), "{refused}");
    }
    let own = theirs.mint(&["me"], today()).expect("minted");
    let client = files.client(&ca, Some(&own));
    assert_eq!(call(&mut secured(address, &client)).await, Ok(()));
}

#[tokio::test]
async fn plain_text_and_tls_do_not_meet() {
    let (files, ca) = (Files::new(), ca());
    let secret = serve(Some(files.server(&ca).acceptor())).await;
    let refused = call(&mut plain(secret))
        .await
        .expect_err("TLS is spoken there");
    assert!(refused.contains("call it as https://"), "{refused}");

    let open = serve(None).await;
    let refused = call(&mut secured(open, &files.client(&ca, None))).await;
    let refused = refused.expect_err("plain text is spoken there");
    assert!(refused.contains("does not speak TLS"), "{refused}");
    assert_eq!(call(&mut plain(open)).await, Ok(()));
}
