//! A connection that another protocol has taken over still counts as one.

use std::convert::Infallible;

use tokio::sync::mpsc;

/// Among a request's extensions: while a clone of it is there, the connection counts as open, is among those
/// of its address, and is waited for where the server ends. Whoever takes a connection over keeps one with
/// it; HTTP lets its own go with the request.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    _open: mpsc::Sender<Infallible>,
}

/// The other end.
#[derive(Debug)]
pub(crate) struct LetGo(mpsc::Receiver<Infallible>);

impl Kept {
    /// Of a connection that begins.
    pub(crate) fn new() -> (Self, LetGo) {
        let (open, let_go) = mpsc::channel(1);
        (Self { _open: open }, LetGo(let_go))
    }
}

impl LetGo {
    /// Returns once nobody keeps the connection.
    pub(crate) async fn all(mut self) {
        match self.0.recv().await {
            None => {}
            Some(never) => match never {},
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_connection_is_open_while_somebody_keeps_it() {
        let (kept, let_go) = Kept::new();
        let other = kept.clone();
        drop(kept);
        let mut ended = Box::pin(let_go.all());
        assert_eq!((&mut ended).now_or_never(), None);
        drop(other);
        ended.await;
    }
}
