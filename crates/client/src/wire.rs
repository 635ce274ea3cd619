//! What every call needs: the servers, the token in the metadata, the deadline.

use std::time::Duration;

use tonic::metadata::{Ascii, MetadataValue};
use tonic::{Request, Response, Status};

use crate::error::Error;
use crate::options::Options;
use crate::retry::{Kind, Retry};
use crate::servers::{Server, Servers};
use crate::verdict::Verdict;

/// Largest answer that is read: a page of 1,000 events with long histories.
pub(crate) const ANSWER_BYTES_MAX: usize = 64 << 20;

/// The way to the cluster.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) servers: Servers,
    pub(crate) deadline: Duration,
    bearer: MetadataValue<Ascii>,
}

impl Wire {
    pub(crate) fn new(options: &Options) -> Result<Self, Error> {
        let mut bearer: MetadataValue<Ascii> = format!("Bearer {}", options.token)
            .parse()
            .map_err(|_| Error::failed("the token has letters that no token has"))?;
        bearer.set_sensitive(true);
        let servers = Servers::new(&options.servers)?;
        Ok(Self {
            servers,
            deadline: options.deadline,
            bearer,
        })
    }

    /// The message with the token.
    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("authorization", self.bearer.clone());
        request
    }

    /// Makes one call of a single question and answer, as often as its kind allows.
    pub(crate) async fn call<Q, A, F>(
        &self,
        kind: Kind,
        question: &Q,
        send: impl Fn(&Server, Request<Q>) -> F,
    ) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let mut retry = Retry::new(kind, self.deadline);
        loop {
            let server = self.servers.present();
            // Boxed: the transport's futures are large, and callers hold them in theirs.
            let sent = Box::pin(send(server, self.request(question.clone())));
            let attempt = async {
                let answer = sent
                    .await
                    .map_err(|it| Verdict::of_status(&it, &server.address))?;
                Ok(answer.into_inner())
            };
            match retry.run(attempt).await {
                Ok(answer) => return Ok(answer),
                Err(verdict) => {
                    self.servers.leave_for(&verdict, server);
                    retry.after(verdict).await?;
                }
            }
        }
    }
}

impl Servers {
    /// Moves on to the next node if the verdict is about this one.
    pub(crate) fn leave_for(&self, verdict: &Verdict, server: &Server) {
        match verdict {
            Verdict::Undone(_) | Verdict::Lost(_) => self.leave(server),
            Verdict::Final(_) => {}
        }
    }
}
