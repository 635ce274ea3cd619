//! Connections of the port: few at a time, for anybody may make them, and a file each is what a store needs, too.

use std::collections::VecDeque;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

/// Connections at a time. For one more the oldest is given up: probes and scrapes take milliseconds.
const CONNECTIONS_MAX: usize = 64;
/// How long a connection may take for the head of a request, and rest before it: longer than scrapers let it.
const HEAD_MAX: Duration = Duration::from_secs(90);
/// Before another try where this process can take no connection.
const BREATH: Duration = Duration::from_millis(100);

struct Door {
    http: auto::Builder<TokioExecutor>,
    router: Router,
    connections: JoinSet<()>,
    /// The oldest first.
    order: VecDeque<AbortHandle>,
}

/// Serves whoever comes. Ends never; dropped, it cuts all connections off.
pub(crate) async fn serve(listener: TcpListener, router: Router) {
    let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX);
    let mut door = Door {
        http,
        router,
        connections: JoinSet::new(),
        order: VecDeque::new(),
    };
    loop {
        tokio::select! {
            biased;
            Some(_ended) = door.connections.join_next() => {
                door.order.retain(|it| !it.is_finished());
            }
            taken = listener.accept() => match taken {
                Ok((tcp, _)) => door.take(tcp),
                Err(error) => {
                    tracing::warn!(%error, "a connection of the operations port cannot be taken");
                    sleep(BREATH).await;
                }
            },
        }
    }
}

impl Door {
    fn take(&mut self, tcp: TcpStream) {
        if self.order.len() >= CONNECTIONS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            oldest.abort();
        }
        let (http, router) = (self.http.clone(), self.router.clone());
        let served = async move {
            let service = TowerToHyperService::new(router);
            let served = http.serve_connection(TokioIo::new(tcp), service).await;
            if let Err(error) = served {
                tracing::debug!(%error, "a connection of the operations port is broken off");
            }
        };
        self.order.push_back(self.connections.spawn(served));
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn who_only_holds_connections_keeps_nobody_out() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let router = Router::new().route("/livez", get("well"));
        let served = tokio::spawn(serve(listener, router));
        let mut silent = Vec::new();
        for _ in 0..CONNECTIONS_MAX {
            silent.push(TcpStream::connect(address).await.expect("taken"));
        }
        let mut probe = TcpStream::connect(address).await.expect("taken");
        let request = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        probe.write_all(request).await.expect("sent");
        let mut answer = String::new();
        probe.read_to_string(&mut answer).await.expect("answered");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.ends_with("well"), "{answer}");
        let mut byte = [0];
        let ended = silent[0].read(&mut byte).await;
        assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
        served.abort();
    }
}
