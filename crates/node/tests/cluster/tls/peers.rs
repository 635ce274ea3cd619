//! Who calls a member must be a member, and the one that it says it is.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use ackord_machine::{LinkError, Network};
use ackord_peer::{Links, Me, hello, prepare};
use ackord_proto::peer::{HelloRequest, PrepareRequest, VoteRequest};
use ackord_proto::stored::{Member, Vote};
use ackord_store::Group;
use ackord_tls::mint::Authority;
use ackord_tls::{Figures, Mutual, MutualFiles};

use super::{Secured, ip};
use crate::{LONG, cluster_of};

impl Secured {
    /// Who has a certificate for `host`, and trusts the cluster.
    pub(super) fn caller(&self, host: &str, ca: &Authority) -> Mutual {
        let both = format!("{}{}", self.ca.minted().cert, ca.minted().cert);
        let files = MutualFiles {
            pair: self.pair("caller", ca, host),
            ca: self.write("both.crt", &both),
        };
        Mutual::open(files, host, Figures::default()).expect("they fit together")
    }

    fn data(&self, at: usize) -> PathBuf {
        self.fleet.data_dir(at)
    }
}

/// A vote that nobody who heard it could refuse.
fn vote() -> VoteRequest {
    VoteRequest {
        vote: Some(Vote {
            term: 1000,
            node: 3,
            committed: false,
        }),
        last_log: None,
        pre_vote: false,
        leadership_transfer: true,
    }
}

pub(super) fn refused<T: std::fmt::Debug>(outcome: Result<T, LinkError>) -> String {
    match outcome {
        Err(LinkError::Refused(reason)) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

/// What a call of a peer comes to, once the peer is reached.
pub(super) async fn reached<T>(
    call: impl AsyncFn() -> Result<T, LinkError>,
) -> Result<T, LinkError> {
    let begun = Instant::now();
    loop {
        match call().await {
            Err(LinkError::Unreachable(_)) if begun.elapsed() < LONG => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            told => return told,
        }
    }
}

#[tokio::test]
async fn who_has_the_certificate_of_another_node_is_refused() {
    let it = Secured::calm().await;
    let cluster = cluster_of(&it.fleet).await;
    let term = it.fleet.standing(0).await.expect("it serves").term;
    let called = it.fleet.peer_address(0).to_string();
    assert!(it.data(2).exists());
    let as_third = Me {
        cluster: u128::from_str_radix(&cluster, 16).expect("digits"),
        group: Group::FIRST.0.into(),
        node: 3,
        incarnation: 5,
    };
    // The second node's certificate, and the third one's number.
    let second = it.caller(&ip(1).to_string(), &it.ca);
    let link = Links::new(as_third, Some(second.clone())).link(1, &called);
    let reason = refused(reached(async || link.vote(vote()).await).await);
    assert!(
        reason.contains("not for the address of the node"),
        "{reason}"
    );

    // It begins no cluster in the name of the first one either.
    let member = |at: usize| Member {
        node: at as u64 + 1,
        address: it.fleet.peer_address(at).to_string(),
    };
    let request = PrepareRequest {
        cluster: vec![7; 16].into(),
        members: crate::ALL.map(member).into(),
        node: 2,
    };
    let called = it.fleet.peer_address(1).to_string();
    let asked = reached(async || prepare(&called, Some(&second), request.clone()).await).await;
    let reason = refused(asked);
    assert!(
        reason.contains("not for the address of the node"),
        "{reason}"
    );

    assert_eq!(cluster_of(&it.fleet).await, cluster);
    assert_eq!(it.fleet.standing(0).await.expect("it serves").term, term);
}

#[tokio::test]
async fn a_member_whose_certificate_does_not_fit_does_not_start_and_the_others_go_on() {
    let mut it = Secured::born().await;
    let cluster = cluster_of(&it.fleet).await;
    let token = it.fleet.make_team("team").await.expect("made");
    let other = Authority::make().expect("made");
    it.fleet.kill(2);
    for (ca, host, words) in [
        (&other, ip(2), "not of a CA that is trusted here"),
        (&it.ca, ip(1), "not for 127.0.0.3, but for"),
    ] {
        it.pair("node-2", ca, &host.to_string());
        it.fleet.start(2, "").expect("it runs");
        let end = it.fleet.end(2).await.expect("it ends by itself");
        assert_eq!(end.code(), Some(2), "{}", it.fleet.log_tail(2));
        let log = it.fleet.log_tail(2);
        assert!(
            log.contains("peers would refuse") && log.contains(words),
            "{log}"
        );
        let event = ackord_client::Event::new("x", "").tag("t");
        let two = it.fleet.client_of(&[0, 1], &token, LONG);
        two.submit(event).await.expect("a quorum has it");
    }
    it.certify(2, &it.ca);
    it.fleet.start(2, "").expect("it runs");
    it.fleet.serving(&[2]).await.expect("it serves");
    assert_eq!(cluster_of(&it.fleet).await, cluster);
}

#[tokio::test]
async fn who_has_no_certificate_of_the_cluster_is_not_even_greeted() {
    let it = Secured::born().await;
    let called = it.fleet.peer_address(0).to_string();
    let ours = it.caller(&ip(0).to_string(), &it.ca);
    let found = reached(async || hello(&called, Some(&ours), HelloRequest::default()).await).await;
    assert_eq!(found.expect("it is of the cluster").node, 1);

    let theirs = Authority::make().expect("made");
    let stranger = it.caller(&ip(0).to_string(), &theirs);
    let refused = hello(&called, Some(&stranger), HelloRequest::default()).await;
    let refused = refused.expect_err("a foreign CA").to_string();
    assert!(
        refused.contains("does not trust the CA of our certificate"),
        "{refused}"
    );

    let refused = hello(&called, None, HelloRequest::default()).await;
    let refused = refused.expect_err("TLS is spoken there").to_string();
    assert!(refused.contains("call it as https://"), "{refused}");
    cluster_of(&it.fleet).await;
}
