//! Bad input: tokens.

use ackord_node::Secret;
use ackord_proto::v1::{
    CancelRequest, CreateTeamRequest, CreateTokenRequest, GetEventRequest, GetQueueRequest,
    GetStatusRequest, ListEventsRequest, ListTeamsRequest, RefusalReason, RevokeTokenRequest, Role,
};
use tonic::Code;

use crate::support::{Node, Session, assert_invalid, assert_refused, fence, hello, item};

#[tokio::test]
async fn a_token_that_nobody_knows_is_refused() {
    let node = Node::start().await;
    let mut stranger = node.client(Secret::draw().expose()).await;
    let refused = stranger.submit(vec![item("a")]).await;
    assert_refused(
        refused,
        Code::Unauthenticated,
        RefusalReason::Unauthenticated,
    );
    let refused = stranger.cluster.get_status(GetStatusRequest {}).await;
    assert_refused(
        refused,
        Code::Unauthenticated,
        RefusalReason::Unauthenticated,
    );
    let (_requests, refused) = Session::open(&stranger, Some(hello("s", 1, "a"))).await;
    assert_refused(
        refused,
        Code::Unauthenticated,
        RefusalReason::Unauthenticated,
    );
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_token_that_was_revoked_is_refused() {
    let node = Node::start().await;
    let team = node.make_team("t").await;
    let mut member = node.member(&team, &[Role::Submit], &[]).await;
    let request = RevokeTokenRequest {
        token_id: member.token_id.clone(),
    };
    node.operator()
        .await
        .tokens
        .revoke_token(request)
        .await
        .expect("revoked");
    let refused = member.submit(vec![item("a")]).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_token_without_the_role_is_refused() {
    let node = Node::start().await;
    let team = node.make_team("t").await;
    let mut submitter = node.member(&team, &[Role::Submit], &[]).await;
    let mut worker = node.member(&team, &[Role::Session], &[]).await;
    let id = submitter.submit_one(item("a")).await;

    let refused = worker.submit(vec![item("a")]).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    let refused = submitter.ack(fence(&id, 1), "").await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    let refused = submitter
        .events
        .get_event(GetEventRequest {
            event_id: id,
            at_least: None,
        })
        .await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    let (_requests, refused) = Session::open(&submitter, Some(hello("s", 1, "a"))).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    let refused = worker.teams.list_teams(ListTeamsRequest::default()).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_token_bound_to_another_tag_is_refused() {
    let node = Node::start().await;
    let team = node.make_team("t").await;
    let mut admin = node.member(&team, &[Role::Admin], &[]).await;
    let mut bound = node
        .member(&team, &[Role::Submit, Role::Session, Role::Observe], &["a"])
        .await;
    let foreign = admin.submit_one(item("b")).await;
    bound.submit_one(item("a")).await;

    for tag in ["b", ""] {
        let refusal = bound.submit_refused(item(tag)).await;
        assert_eq!(refusal.reason(), RefusalReason::NotAllowed);
        let (_requests, refused) = Session::open(&bound, Some(hello("s", 1, tag))).await;
        assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
        let request = GetQueueRequest {
            tag: tag.to_owned(),
            at_least: None,
        };
        let refused = bound.queues.get_queue(request).await;
        assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    }
    let refused = bound.ack(fence(&foreign, 1), "").await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    let request = GetEventRequest {
        event_id: foreign,
        at_least: None,
    };
    let refused = bound.events.get_event(request).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    let shown = bound
        .events
        .list_events(ListEventsRequest::default())
        .await
        .expect("a page")
        .into_inner();
    assert!(shown.events.iter().all(|it| it.tag == "a") && shown.events.len() == 1);
    node.server.shutdown().await;
}

#[tokio::test]
async fn what_is_another_teams_is_as_unknown_as_what_never_was() {
    let node = Node::start().await;
    let mut mine = node.team("mine").await;
    let mut theirs = node.team("theirs").await;
    let id = theirs.submit_one(item("a")).await;
    let never = id.replace(&id[id.len() - 4..], "0000");

    let mut refusals = Vec::new();
    for id in [id, never] {
        let request = GetEventRequest {
            event_id: id.clone(),
            at_least: None,
        };
        refusals.push(mine.events.get_event(request).await.map(drop));
        let request = CancelRequest {
            event_id: id.clone(),
            reason: String::new(),
        };
        refusals.push(mine.ingress.cancel(request).await.map(drop));
        refusals.push(mine.ack(fence(&id, 1), "").await.map(drop));
    }
    let details: Vec<Vec<u8>> = refusals
        .iter()
        .map(|it| it.as_ref().expect_err("refused").details().to_vec())
        .collect();
    assert_eq!(details[..3], details[3..]);
    for refused in refusals {
        assert_refused(refused, Code::NotFound, RefusalReason::NotFound);
    }
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_team_cannot_make_teams_or_tokens_elsewhere() {
    let node = Node::start().await;
    let mut admin = node.team("mine").await;
    let theirs = node.make_team("theirs").await;
    let refused = admin
        .teams
        .create_team(CreateTeamRequest {
            name: "new".to_owned(),
        })
        .await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    for team in [theirs.as_str(), "theirs", "team_999", "nobody"] {
        let request = CreateTokenRequest {
            team: team.to_owned(),
            roles: vec![Role::Admin.into()],
            ..CreateTokenRequest::default()
        };
        let refused = admin.tokens.create_token(request).await;
        assert_refused(refused, Code::NotFound, RefusalReason::NotFound);
    }
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_token_needs_a_role() {
    let node = Node::start().await;
    let mut admin = node.team("t").await;
    let refused = admin
        .tokens
        .create_token(CreateTokenRequest::default())
        .await;
    assert_invalid(refused, "roles");
    let request = CreateTokenRequest {
        roles: vec![99],
        ..CreateTokenRequest::default()
    };
    assert_invalid(admin.tokens.create_token(request).await, "roles");
    node.server.shutdown().await;
}

#[tokio::test]
async fn an_operators_token_has_no_events_of_its_own() {
    let node = Node::start().await;
    let mut operator = node.operator().await;
    let refused = operator.submit(vec![item("a")]).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    node.server.shutdown().await;
}
