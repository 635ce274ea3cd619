//! What a restart finds.

use std::collections::BTreeSet;

use ackord_proto::v1::{CloseCause, EventState, ListHistoryRequest};

use crate::support::{Node, Session, item, submitted};

#[tokio::test]
async fn a_restart_keeps_everything() {
    let node = Node::start().await;
    let team = node.make_team("t").await;
    let mut member = node
        .member(&team, &[ackord_proto::v1::Role::Admin], &[])
        .await;
    let results = member
        .submit((0..50).map(|_| item("a")).collect())
        .await
        .expect("answered");
    let ids: BTreeSet<String> = results.iter().map(|it| submitted(it).event_id).collect();
    let mut session = Session::attach(&member, "s", 1, "a").await;
    let done = session.deliver().await.fence;
    session.ack(done.clone()).await.expect("the ack counts");
    let held = session.deliver().await.fence.expect("a fence");
    let done = done.expect("a fence").event_id;

    let node = node.restart().await;
    assert_eq!(session.closed().await, CloseCause::ShuttingDown);
    let mut member = node
        .member(&team, &[ackord_proto::v1::Role::Admin], &[])
        .await;
    assert_eq!(member.state(&done).await, EventState::Done);
    let mut session = Session::attach(&member, "s", 1, "a").await;
    let mut delivery = session.deliver().await.fence.expect("a fence");
    assert_eq!(
        delivery, held,
        "the same process of a session has the same delivery back"
    );

    let mut seen = BTreeSet::from([done]);
    loop {
        seen.insert(delivery.event_id.clone());
        session.ack(Some(delivery)).await.expect("the ack counts");
        if seen.len() == ids.len() {
            break;
        }
        delivery = session.deliver().await.fence.expect("a fence");
    }
    assert_eq!(seen, ids);
    let request = ListHistoryRequest {
        page_size: 1000,
        ..Default::default()
    };
    let history = member
        .events
        .list_history(request)
        .await
        .expect("a page")
        .into_inner();
    assert_eq!(history.events.len(), ids.len());
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_token_that_was_revoked_stays_revoked() {
    let node = Node::start().await;
    let team = node.make_team("t").await;
    let member = node
        .member(&team, &[ackord_proto::v1::Role::Submit], &[])
        .await;
    let request = ackord_proto::v1::RevokeTokenRequest {
        token_id: member.token_id,
    };
    node.operator()
        .await
        .tokens
        .revoke_token(request)
        .await
        .expect("revoked");
    let node = node.restart().await;

    let request = ackord_proto::v1::ListTokensRequest {
        team,
        ..Default::default()
    };
    let tokens = node
        .operator()
        .await
        .tokens
        .list_tokens(request)
        .await
        .expect("a page");
    let tokens = tokens.into_inner().tokens;
    assert_eq!(tokens.len(), 1);
    assert_ne!(tokens[0].revoked_at_ms, 0);
    node.server.shutdown().await;
}
