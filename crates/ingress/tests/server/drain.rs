//! The end of a server.

use tokio::net::TcpStream;

use super::support::*;

#[tokio::test]
async fn what_is_under_way_is_answered_and_nothing_new_is_begun() {
    let mut server = Server::start(patient());
    let mut resting = server.connect().await;
    say(&mut resting, WHOLE).await;
    hear(&mut resting, "\r\n\r\n3").await;
    let mut asking = server.connect().await;
    say(&mut asking, "GET /wait HTTP/1.1\r\nHost: here\r\n\r\n").await;
    // Known to be there once another connection, taken later, is served.
    let mut later = server.connect().await;
    say(&mut later, WHOLE).await;
    hear(&mut later, "\r\n\r\n3").await;

    server.stop();
    assert_eq!(hear_all(&mut resting).await, "");
    let closed = async { while TcpStream::connect(server.address).await.is_ok() {} };
    in_time("the port is closed", closed).await;
    server.gate.add_permits(1);
    let answer = hear_all(&mut asking).await;
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.ends_with("waited"), "{answer}");
    let served = in_time("the server ends", server.served).await;
    served.expect("it ends");
}

#[tokio::test]
async fn a_header_that_is_not_whole_does_not_hold_up_the_end() {
    let mut server = Server::start(patient());
    let mut silent = server.connect().await;
    let mut caller = server.connect().await;
    say(&mut caller, POST).await;
    let mut later = server.connect().await;
    say(&mut later, WHOLE).await;
    hear(&mut later, "\r\n\r\n3").await;
    server.stop();
    assert_eq!(hear_all(&mut caller).await, "");
    assert_eq!(hear_all(&mut silent).await, "");
    let served = in_time("the server ends", server.served).await;
    served.expect("it ends");
}
