//! Who does not belong here is refused, and nobody else notices.

use ackord_machine::{LinkError, Network};
use ackord_peer::{Links, Me, hello, prepare};
use ackord_proto::peer::{HelloRequest, PrepareRequest, VoteRequest};
use ackord_proto::stored::{LogId, Vote};

use crate::support::{CLUSTER, Cluster, Medium, create_team, me, options};

/// A vote that nobody who heard it could refuse.
fn request() -> VoteRequest {
    VoteRequest {
        vote: Some(Vote {
            term: 1000,
            node: 9,
            committed: false,
        }),
        last_log: Some(LogId {
            term: 1000,
            node: 9,
            index: 1_000_000,
        }),
        pre_vote: false,
        leadership_transfer: true,
    }
}

async fn vote(caller: Me, to: u64, address: &str) -> Result<(), LinkError> {
    let link = Links::new(caller, None).link(to, address);
    link.vote(request()).await.map(|_| ())
}

fn reason(result: Result<(), LinkError>) -> String {
    match result {
        Err(LinkError::Refused(reason)) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_refused_with_its_reason_and_disturbs_nobody() {
    let cluster = Cluster::born(Medium::twin, options).await;
    let leader = cluster.leader().await;
    let follower = cluster.follower().await;
    cluster.agreed().await;
    let term = cluster.status(leader).term;
    let address = cluster.address(follower);
    let other_cluster = Me {
        cluster: CLUSTER + 1,
        ..me(9)
    };
    let other_group = Me { group: 2, ..me(9) };
    let wiped = Me {
        incarnation: 5,
        ..me(leader)
    };
    for (caller, to, expected) in [
        (
            other_cluster,
            follower,
            "the caller belongs to another cluster",
        ),
        (other_group, follower, "the call is for another group"),
        (me(9), leader, "the call is for another node"),
        (
            me(follower),
            follower,
            "the caller has the number of the node that it calls",
        ),
        (
            wiped,
            follower,
            "the caller's disk is not the one that had its number before",
        ),
    ] {
        assert_eq!(reason(vote(caller, to, &address).await), expected);
    }
    assert_eq!(cluster.status(follower).term, term);
    create_team(&cluster.machine(leader), "red").await;
    assert_eq!(cluster.leader().await, leader);
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_learns_who_listens_but_binds_nobody_who_is_bound() {
    let cluster = Cluster::born(Medium::twin, options).await;
    let address = cluster.address(2);
    let who = hello(&address, None, HelloRequest::default()).await;
    assert_eq!(who.expect("it answers").node, 2);
    let bound = prepare(&address, None, PrepareRequest::default()).await;
    let refused =
        LinkError::Refused("this node's disk is bound already: it is a member".to_owned());
    assert_eq!(bound, Err(refused));
    cluster.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_unreachable() {
    let nobody = hello("127.0.0.1:1", None, HelloRequest::default()).await;
    assert!(
        matches!(nobody, Err(LinkError::Unreachable(_))),
        "{nobody:?}"
    );
    let nonsense = hello("no address", None, HelloRequest::default()).await;
    assert!(
        matches!(nonsense, Err(LinkError::Unreachable(_))),
        "{nonsense:?}"
    );
}
