//! Bad input: answers to deliveries.

use ackord_proto::v1::answer::Result as Answered;
use ackord_proto::v1::attach_request::Message as Asked;
use ackord_proto::v1::{
    AckRequest, CancelRequest, EventState, ExtendRequest, Extension, Fence, GetEventRequest, Nack,
    NackRequest, RefusalReason,
};
use futures::future::join;
use tonic::Code;

use crate::support::{
    Client, Node, Session, assert_invalid, assert_refused, fence, item, only, refusal,
};

/// A team with an event in the hands of a session.
async fn leased(node: &Node) -> (Client, Session, Fence) {
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    team.submit_one(item("a")).await;
    let delivery = session.deliver().await.fence.expect("a fence");
    (team, session, delivery)
}

#[tokio::test]
async fn an_ack_of_an_unknown_delivery_is_refused() {
    let node = Node::start().await;
    let (mut team, _session, delivery) = leased(&node).await;
    for number in [0, 2, u32::MAX] {
        let refused = team.ack(fence(&delivery.event_id, number), "").await;
        assert_refused(refused, Code::NotFound, RefusalReason::UnknownDelivery);
    }
    assert_eq!(team.state(&delivery.event_id).await, EventState::Leased);
    node.server.shutdown().await;
}

#[tokio::test]
async fn an_ack_of_another_teams_delivery_is_refused() {
    let node = Node::start().await;
    let (mut theirs, _session, delivery) = leased(&node).await;
    let mut mine = node.team("mine").await;
    let refused = mine.ack(delivery.clone(), "").await;
    assert_refused(refused, Code::NotFound, RefusalReason::NotFound);
    assert_eq!(theirs.state(&delivery.event_id).await, EventState::Leased);
    node.server.shutdown().await;
}

#[tokio::test]
async fn an_ack_of_a_superseded_delivery_is_refused() {
    let node = Node::start().await;
    let (mut team, _first, delivery) = leased(&node).await;
    let mut second = Session::attach(&team, "s", 2, "a").await;
    let latest = second.deliver().await.fence;
    let (code, refusal) = refusal(team.ack(delivery, "").await);
    let reason = RefusalReason::Superseded;
    assert_eq!((code, refusal.reason()), (Code::FailedPrecondition, reason));
    assert_eq!(refusal.latest, latest);
    node.server.shutdown().await;
}

#[tokio::test]
async fn an_ack_of_a_cancelled_event_is_refused() {
    let node = Node::start().await;
    let (mut team, _session, delivery) = leased(&node).await;
    let event_id = delivery.event_id.clone();
    let cancel = CancelRequest {
        event_id,
        reason: String::new(),
    };
    team.ingress.cancel(cancel).await.expect("cancelled");
    let refused = team.ack(delivery, "").await;
    assert_refused(refused, Code::FailedPrecondition, RefusalReason::Gone);
    node.server.shutdown().await;
}

#[tokio::test]
async fn the_same_ack_again_answers_what_the_first_one_did() {
    let node = Node::start().await;
    let (mut team, _session, delivery) = leased(&node).await;
    let first = team
        .ack(delivery.clone(), "first")
        .await
        .expect("it counts");
    let again = team
        .ack(delivery.clone(), "again")
        .await
        .expect("it is answered");
    assert_eq!((first.again, again.again), (false, true));
    assert_eq!((first.at_ms, first.position), (again.at_ms, again.position));
    let ack = team.event(&delivery.event_id).await.ack.expect("the ack");
    assert_eq!(ack.summary, "first");
    node.server.shutdown().await;
}

#[tokio::test]
async fn an_event_that_is_done_takes_no_other_answer() {
    let node = Node::start().await;
    let (mut team, _session, delivery) = leased(&node).await;
    team.ack(delivery.clone(), "").await.expect("it counts");
    let refused = team.nack(delivery.clone(), false).await;
    assert_refused(
        refused,
        Code::FailedPrecondition,
        RefusalReason::AlreadyAcked,
    );
    let cancel = CancelRequest {
        event_id: delivery.event_id.clone(),
        reason: String::new(),
    };
    let refused = team.ingress.cancel(cancel).await;
    assert_refused(
        refused,
        Code::FailedPrecondition,
        RefusalReason::AlreadyAcked,
    );
    node.server.shutdown().await;
}

#[tokio::test]
async fn an_answer_without_a_delivery_is_refused() {
    let node = Node::start().await;
    let (mut team, mut session, _) = leased(&node).await;
    assert_invalid(team.sessions.ack(AckRequest { ack: None }).await, "ack");
    assert_invalid(team.sessions.nack(NackRequest { nack: None }).await, "nack");
    assert_invalid(team.ack(fence("", 1), "").await, "fence.event_id");
    assert_invalid(team.ack(fence("ses_1", 1), "").await, "fence.event_id");
    let refusal = session.ack(None).await.expect_err("refused");
    assert_eq!(
        (refusal.reason(), refusal.field.as_str()),
        (RefusalReason::Invalid, "fence")
    );
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_nack_that_contradicts_itself_is_refused() {
    let node = Node::start().await;
    let (mut team, _session, delivery) = leased(&node).await;
    let nack = Nack {
        fence: Some(delivery.clone()),
        reject: true,
        delay_ms: Some(1),
        ..Nack::default()
    };
    let refused = team.sessions.nack(NackRequest { nack: Some(nack) }).await;
    assert_invalid(refused, "delay_ms");
    let nack = Nack {
        fence: Some(delivery.clone()),
        delay_ms: Some(25 * 60 * 60 * 1000),
        ..Nack::default()
    };
    let refused = team.sessions.nack(NackRequest { nack: Some(nack) }).await;
    assert_invalid(refused, "delay_ms");
    assert_eq!(team.state(&delivery.event_id).await, EventState::Leased);
    node.server.shutdown().await;
}

#[tokio::test]
async fn extensions_are_judged_one_by_one() {
    let node = Node::start().await;
    let (mut team, _session, delivery) = leased(&node).await;
    let items = [
        Some(delivery.clone()),
        None,
        Some(fence(&delivery.event_id, 9)),
    ];
    let items = items
        .map(|fence| Extension {
            fence,
            note: String::new(),
        })
        .to_vec();
    let response = team
        .sessions
        .extend(ExtendRequest { items })
        .await
        .expect("answered");
    use ackord_proto::v1::extend_result::Result as Extended;
    let results: Vec<Option<RefusalReason>> = response
        .into_inner()
        .results
        .into_iter()
        .map(|it| match it.result.expect("a result") {
            Extended::Extended(_) => None,
            Extended::Refusal(refusal) => Some(refusal.reason()),
        })
        .collect();
    let (invalid, unknown) = (RefusalReason::Invalid, RefusalReason::UnknownDelivery);
    assert_eq!(results, [None, Some(invalid), Some(unknown)]);

    let refused = team.sessions.extend(ExtendRequest { items: vec![] }).await;
    assert_invalid(refused, "items");
    node.server.shutdown().await;
}

#[tokio::test]
async fn extensions_of_several_teams_are_answered_each_to_whoever_asked() {
    let node = Node::start().await;
    let (_mine, mut first, own) = leased(&node).await;
    let other = node.team("other").await;
    let mut second = Session::attach(&other, "s", 1, "a").await;
    let extend = |fence: &Fence| {
        Asked::Extend(Extension {
            fence: Some(fence.clone()),
            note: String::new(),
        })
    };
    let both = join(first.call(extend(&own)), second.call(extend(&own)));
    let (mine, theirs) = both.await;
    let extended = mine.expect("it goes on");
    assert!(matches!(extended, Answered::Extended(_)), "{extended:?}");
    let refusal = theirs.expect_err("another team's");
    assert_eq!(refusal.reason(), RefusalReason::NotFound);
    node.server.shutdown().await;
}

#[tokio::test]
async fn ids_of_another_kind_are_refused() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    for id in ["", "evt_", "ses_1", "evt_01", "not an id"] {
        let request = GetEventRequest {
            event_id: id.to_owned(),
            at_least: None,
        };
        assert_invalid(team.events.get_event(request).await, "event_id");
    }
    let results = team.submit(vec![item("a")]).await.expect("answered");
    only(results);
    node.server.shutdown().await;
}
