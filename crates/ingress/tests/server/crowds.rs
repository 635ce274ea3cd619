//! More connections than there may be.

use ackord_ingress::Limits;
use tokio::net::TcpStream;

use super::support::*;

async fn is_served(caller: &mut TcpStream) -> bool {
    say(caller, WHOLE).await;
    let mut first = [0; 1];
    tokio::io::AsyncReadExt::read(caller, &mut first)
        .await
        .is_ok_and(|it| it == 1)
}

/// One more than two is closed at once, and let in once one of the two has gone.
async fn two_and_no_third(limits: Limits, reason: &str) {
    let server = Server::start(limits);
    let (mut one, mut two) = (server.connect().await, server.connect().await);
    assert!(is_served(&mut one).await);
    assert!(is_served(&mut two).await);
    let mut third = server.connect().await;
    assert_eq!(hear_all(&mut third).await, "");
    assert_eq!(server.ended(reason), 1);
    drop(one);
    let let_in = async { while !is_served(&mut server.connect().await).await {} };
    in_time("another one is let in", let_in).await;
    assert!(is_served(&mut two).await);
}

#[tokio::test]
async fn one_address_has_only_so_many_connections() {
    let limits = Limits {
        connections_per_address: 2,
        ..patient()
    };
    two_and_no_third(limits, "address_crowded").await;
}

#[tokio::test]
async fn there_are_only_so_many_connections() {
    let limits = Limits {
        connections: 2,
        ..patient()
    };
    two_and_no_third(limits, "crowded").await;
}
