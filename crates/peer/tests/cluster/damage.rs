//! A snapshot that is cut off or changed on its way is refused, and sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ackord_machine::{Answers, Link, LinkError, Peers};
use ackord_peer::Links;
use ackord_proto::peer::install_snapshot_request::Part;
use ackord_proto::peer::{
    AppendRequest, InstallSnapshotRequest, InstallSnapshotResponse, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt};

use crate::support::{Cluster, Medium, body, create_team, forgetful, submit, until};
use crate::through::Through;

const BODY_BYTES: usize = 500_000;

/// A way on which the first snapshots do not arrive as they were sent.
struct RoughLink {
    link: Arc<dyn Link>,
    sent: Arc<AtomicU32>,
}

impl Link for RoughLink {
    fn append(
        &self,
        requests: BoxStream<'static, AppendRequest>,
    ) -> BoxFuture<'static, Result<Answers, LinkError>> {
        self.link.append(requests)
    }

    fn vote(&self, request: VoteRequest) -> BoxFuture<'static, Result<VoteResponse, LinkError>> {
        self.link.vote(request)
    }

    fn transfer_leader(
        &self,
        request: TransferLeaderRequest,
    ) -> BoxFuture<'static, Result<TransferLeaderResponse, LinkError>> {
        self.link.transfer_leader(request)
    }

    fn install_snapshot(
        &self,
        parts: BoxStream<'static, InstallSnapshotRequest>,
    ) -> BoxFuture<'static, Result<InstallSnapshotResponse, LinkError>> {
        let parts = match self.sent.fetch_add(1, Ordering::Relaxed) {
            0 => parts.take(2).boxed(),
            1 => parts.map(flip).boxed(),
            2 => parts.map(forget).boxed(),
            3 => parts.skip(1).boxed(),
            _ => parts,
        };
        self.link.install_snapshot(parts)
    }
}

/// Changes one bit of each chunk.
fn flip(mut request: InstallSnapshotRequest) -> InstallSnapshotRequest {
    if let Some(Part::Chunk(chunk)) = &mut request.part {
        let mut data = chunk.data.to_vec();
        data[0] ^= 1;
        chunk.data = Bytes::from(data);
    }
    request
}

/// Leaves a file out of the head.
fn forget(mut request: InstallSnapshotRequest) -> InstallSnapshotRequest {
    if let Some(Part::Head(head)) = &mut request.part {
        head.files.pop();
    }
    request
}

fn rough(_: u64, links: Links) -> Arc<dyn Peers> {
    let sent = Arc::<AtomicU32>::default();
    Through::wrapped(links, move |link| {
        let sent = Arc::clone(&sent);
        Arc::new(RoughLink { link, sent })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_does_not_arrive_whole_is_sent_again() {
    let mut cluster = Cluster::born_with(Medium::rocks, forgetful, rough).await;
    let left = cluster.follower().await;
    let end = cluster.agreed().await;
    cluster.stop(left).await;
    let leader = cluster.leader().await;
    let team = create_team(&cluster.machine(leader), "red").await;
    for number in 0..5 {
        submit(&cluster.machine(leader), team, number, BODY_BYTES).await;
    }
    until("the log was purged", || {
        cluster.status(leader).purged.filter(|it| *it > end)
    })
    .await;
    cluster.start(left).await;
    cluster
        .machine(left)
        .recovered()
        .await
        .expect("it recovers");
    cluster.agreed().await;
    for number in 0..5 {
        let found = body(&cluster.machine(left), team, number);
        assert_eq!(found.expect("there is a body"), vec![number; BODY_BYTES]);
    }
    cluster.stop_all().await;
}
