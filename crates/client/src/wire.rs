//! What every call needs: the servers, the token in the metadata, the deadline.

use std::sync::Arc;
use std::time::Duration;

use tonic::metadata::{Ascii, MetadataValue};
use tonic::{Request, Response, Status};

use crate::error::Error;
use crate::options::Options;
use crate::retry::{Kind, Retry};
use crate::seen::Seen;
use crate::servers::{Server, Servers};
use crate::transport::Transport;
use crate::verdict::Verdict;

/// Largest answer that is read: a page of 1,000 events with long histories.
pub(crate) const ANSWER_BYTES_MAX: usize = 64 << 20;

/// The way to the cluster. Clones share what they know of it.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    pub(crate) servers: Arc<Servers>,
    pub(crate) deadline: Duration,
    pub(crate) seen: Arc<Seen>,
    bearer: MetadataValue<Ascii>,
    fresh: bool,
}

/// Metadata of a call that wants to see everything that was decided before it.
const FRESH: &str = "ackord-fresh";

impl Wire {
    pub(crate) fn new(options: &Options) -> Result<Self, Error> {
        let mut bearer: MetadataValue<Ascii> = format!("Bearer {}", options.token)
            .parse()
            .map_err(|_| Error::failed("the token has letters that no token has"))?;
        bearer.set_sensitive(true);
        let servers = Servers::new(&options.servers, &Transport::new(options)?)?;
        Ok(Self {
            servers: Arc::new(servers),
            deadline: options.deadline,
            seen: Arc::default(),
            bearer,
            fresh: options.fresh,
        })
    }

    /// The same way, for calls that go on trying for so long.
    pub(crate) fn within(&self, deadline: Duration) -> Self {
        Self {
            deadline,
            ..self.clone()
        }
    }

    /// The message with the token.
    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("authorization", self.bearer.clone());
        request
    }

    /// The same for a call of this kind.
    fn request_of<T>(&self, kind: Kind, message: T) -> Request<T> {
        let mut request = self.request(message);
        if self.fresh && kind == Kind::Read {
            let yes = MetadataValue::from_static("true");
            request.metadata_mut().insert(FRESH, yes);
        }
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
        self.call_judged(kind, question, send, Ok).await
    }

    /// The same where an answer may hold a refusal, which `judge` finds: what is true of refusals
    /// after a try that was lost is true of that one, too.
    pub(crate) async fn call_judged<Q, A, B, F>(
        &self,
        kind: Kind,
        question: &Q,
        send: impl Fn(&Server, Request<Q>) -> F,
        judge: impl Fn(A) -> Result<B, Verdict>,
    ) -> Result<B, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let mut retry = Retry::new(kind, self.deadline);
        loop {
            let server = self.servers.present();
            let sent = || send(server, self.request_of(kind, question.clone()));
            #[cfg(madsim)]
            let sent = || crate::tamper::answer(kind, sent);
            // Boxed: the transport's futures are large, and callers hold them in theirs.
            let sent = Box::pin(sent());
            let attempt = async {
                let answer = sent
                    .await
                    .map_err(|it| Verdict::of_status(&it, &server.address))?;
                judge(answer.into_inner())
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use ackord_proto::v1::RefusalReason;
    use futures::future::ready;

    use super::*;

    #[tokio::test]
    async fn a_refusal_within_an_answer_is_in_doubt_after_a_lost_one() {
        let wire = Wire::new(&Options::new("http://127.0.0.1:1", "t")).expect("an address");
        let tries = AtomicUsize::new(0);
        let send = |_: &Server, _: Request<()>| {
            let first = tries.fetch_add(1, Ordering::Relaxed) == 0;
            let lost = Status::deadline_exceeded("no answer in time");
            ready(if first {
                Err(lost)
            } else {
                Ok(Response::new(()))
            })
        };
        let judge = |()| -> Result<(), Verdict> {
            Err(Verdict::of_refusal(ackord_proto::v1::Refusal {
                reason: RefusalReason::Superseded.into(),
                ..Default::default()
            }))
        };
        let end = wire.call_judged(Kind::Repeatable, &(), send, judge).await;
        assert!(matches!(end, Err(Error::Unknown(_))), "{end:?}");
        assert_eq!(tries.into_inner(), 2);
    }
}
