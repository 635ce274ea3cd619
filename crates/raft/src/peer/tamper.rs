//! What a simulated network does to single messages between members: an answer is lost after it was
//! given, comes late, or its question comes twice; a chunk of a snapshot is changed on its way.
//! Streams and connections hide this from whoever breaks links.

use std::sync::Arc;
use std::time::Duration;

use ackord_proto::peer;
use ackord_proto::peer::install_snapshot_request::Part;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{BoxStream, StreamExt};
use tokio::time::sleep;

use super::link::{Answers, Link, LinkError, Network};
use crate::failpoint::{Faults, Tampered};

/// How late an answer comes: later than most elections wait for it.
const LATE: Duration = Duration::from_millis(700);

/// The same network, but for what the faults do to its messages.
pub(crate) fn tampered(network: Arc<dyn Network>, faults: Faults) -> Arc<dyn Network> {
    Arc::new(Tampering { network, faults })
}

#[derive(Debug)]
struct Tampering {
    network: Arc<dyn Network>,
    faults: Faults,
}

impl Network for Tampering {
    fn link(&self, node: u64, address: &str) -> Arc<dyn Link> {
        Arc::new(Way {
            link: self.network.link(node, address),
            faults: self.faults.clone(),
        })
    }
}

struct Way {
    link: Arc<dyn Link>,
    faults: Faults,
}

impl Way {
    fn answer<T: Send + 'static>(
        &self,
        ask: impl Fn(&dyn Link) -> BoxFuture<'static, Result<T, LinkError>>,
    ) -> BoxFuture<'static, Result<T, LinkError>> {
        let answer = ask(&*self.link);
        match self.faults.tamper() {
            None => answer,
            Some(Tampered::Lost) => async move {
                answer.await?;
                Err(LinkError::Broken("the answer was lost".to_owned()))
            }
            .boxed(),
            Some(Tampered::Late) => async move {
                let answer = answer.await;
                sleep(LATE).await;
                answer
            }
            .boxed(),
            Some(Tampered::Twice) => {
                let again = ask(&*self.link);
                async move {
                    // Whatever the first one says: the other side has heard it twice.
                    let _first = answer.await;
                    again.await
                }
                .boxed()
            }
        }
    }
}

impl Link for Way {
    fn append(
        &self,
        requests: BoxStream<'static, peer::AppendRequest>,
    ) -> BoxFuture<'static, Result<Answers, LinkError>> {
        self.link.append(requests)
    }

    fn vote(
        &self,
        request: peer::VoteRequest,
    ) -> BoxFuture<'static, Result<peer::VoteResponse, LinkError>> {
        self.answer(|link| link.vote(request.clone()))
    }

    fn transfer_leader(
        &self,
        request: peer::TransferLeaderRequest,
    ) -> BoxFuture<'static, Result<peer::TransferLeaderResponse, LinkError>> {
        self.answer(|link| link.transfer_leader(request.clone()))
    }

    fn install_snapshot(
        &self,
        parts: BoxStream<'static, peer::InstallSnapshotRequest>,
    ) -> BoxFuture<'static, Result<peer::InstallSnapshotResponse, LinkError>> {
        let faults = self.faults.clone();
        let parts = parts.map(move |mut it| {
            if let Some(Part::Chunk(chunk)) = &mut it.part {
                chunk.data = faults.on_its_way(chunk.data.clone());
            }
            it
        });
        self.link.install_snapshot(parts.boxed())
    }
}
