//! What a session asks to be allowed, through the client: asked once, answered once, waited for.

use std::time::Duration;

use ackord_client::v1::{self, Approval, ApprovalState, RefusalReason, Role, SessionState};
use ackord_client::{Ask, Client, Event, Session, SessionOptions};

use crate::node::{LONG, Node, eventually};
use crate::proxy::Proxy;

fn ask(fence: Option<v1::Fence>) -> Ask {
    Ask {
        tool: "Bash".to_owned(),
        description: "deploys v17".to_owned(),
        input_preview: "make deploy".to_owned(),
        fence,
        ..Ask::default()
    }
}

async fn worker(client: &Client) -> Session {
    let options = SessionOptions::new("worker").tag("build");
    client.attach(options).await.expect("attached")
}

async fn approver(node: &Node) -> Client {
    node.client_with(&node.token(&[Role::Approve]).await.secret)
}

async fn answer(client: &Client, approval: &Approval, allow: bool) -> Approval {
    let question = v1::AnswerApprovalRequest {
        approval_id: approval.id.clone(),
        allow,
        reason: "it is Monday".to_owned(),
    };
    let answered = client.answer_approval(question).await.expect("answered");
    answered.approval.expect("an approval")
}

async fn state(node: &Node) -> SessionState {
    let (client, all) = (node.client(), v1::ListSessionsRequest::default());
    let sessions = client.list_sessions(all).await.expect("readable").sessions;
    sessions[0].state()
}

#[tokio::test]
async fn an_approval_whose_request_was_lost_is_asked_once_and_its_first_answer_stays() {
    let node = Node::start().await;
    let proxy = Proxy::to(node.address()).await;
    let mut session = worker(&node.client_at(proxy.address())).await;
    let client = node.client();
    let submitted = client.submit(Event::new("x", "body").tag("build")).await;
    let event = submitted.expect("accepted").event_id;
    let delivery = session.next().await.expect("delivered");
    let fence = v1::Fence {
        event_id: delivery.event_id.clone(),
        delivery: delivery.number,
    };

    proxy.lose_answers();
    let waiting = tokio::spawn(async move { (session.ask(ask(Some(fence))).await, session) });
    eventually("it is asked", async || {
        state(&node).await == SessionState::Blocked
    })
    .await;
    proxy.cut();
    let (asked, session) = waiting.await.expect("no panic");
    let asked = asked.expect("it is asked again");
    let all = v1::ListApprovalsRequest::default();
    let listed = node.client().list_approvals(all).await.expect("readable");
    assert_eq!(listed.approvals, std::slice::from_ref(&asked));

    let own = v1::AnswerApprovalRequest {
        approval_id: asked.id.clone(),
        allow: true,
        reason: String::new(),
    };
    let own = node
        .client()
        .answer_approval(own)
        .await
        .expect_err("its own");
    assert_eq!(own.reason(), Some(RefusalReason::NotAllowed));

    let client = node.client();
    let id = asked.id.clone();
    let waiting = tokio::spawn(async move { client.wait_for_approval(id).await });
    let approver = approver(&node).await;
    let allowed = answer(&approver, &asked, true).await;
    assert_eq!(allowed.state(), ApprovalState::Allowed);
    assert_eq!(answer(&approver, &asked, false).await, allowed);
    let told = waiting.await.expect("no panic").expect("told");
    assert_eq!(told, allowed);
    // Its stream was cut, and comes back in its own time.
    eventually("it works on", async || {
        state(&node).await == SessionState::Working
    })
    .await;
    let steps = node.event(&event).await.history;
    let last = steps.last().expect("a step");
    assert_eq!(last.approval_id, asked.id);
    assert_eq!(last.token_id, allowed.answered_by);
    drop(session);
}

#[tokio::test]
async fn what_nobody_answers_is_denied_and_what_nobody_waits_for_is_withdrawn() {
    let node = Node::start().await;
    let session = worker(&node.client()).await;
    let short = Ask {
        timeout: Duration::from_secs(1),
        ..ask(None)
    };
    let asked = session.ask(short).await.expect("asked");
    let told = node.client().wait_for_approval(asked.id).await;
    assert_eq!(told.expect("told").state(), ApprovalState::TimedOut);

    let asked = session.ask(ask(None)).await.expect("asked");
    let client = node.client();
    let id = asked.id.clone();
    let waiting = tokio::spawn(async move { client.wait_for_approval(id).await });
    let _other = worker(&node.client()).await;
    let told = tokio::time::timeout(LONG, waiting).await.expect("in time");
    let told = told.expect("no panic").expect("told");
    assert_eq!(told.state(), ApprovalState::Withdrawn);
    let late = answer(&approver(&node).await, &asked, true).await;
    assert_eq!(late.state(), ApprovalState::Withdrawn);
}

#[tokio::test]
async fn who_may_not_see_an_approval_is_told_that_there_is_none() {
    let node = Node::start().await;
    let session = worker(&node.client()).await;
    let asked = session.ask(ask(None)).await.expect("asked");
    let question = v1::CreateTeamRequest {
        name: "others".to_owned(),
    };
    let operator = node.operator();
    operator.create_team(question).await.expect("made");
    let question = v1::CreateTokenRequest {
        team: "others".to_owned(),
        roles: vec![Role::Admin.into()],
        ..v1::CreateTokenRequest::default()
    };
    let token = operator.create_token(question).await.expect("made");
    let others = node.client_with(&token.secret);
    for id in [asked.id.as_str(), "apr_999"] {
        let watched = others.wait_for_approval(id).await.expect_err("not theirs");
        assert_eq!(watched.reason(), Some(RefusalReason::NotFound));
        let question = v1::AnswerApprovalRequest {
            approval_id: id.to_owned(),
            allow: true,
            reason: String::new(),
        };
        let answered = others.answer_approval(question).await;
        let answered = answered.expect_err("not theirs");
        assert_eq!(answered.reason(), Some(RefusalReason::NotFound));
    }
    let all = v1::ListApprovalsRequest::default();
    let listed = others.list_approvals(all).await.expect("readable");
    assert!(listed.approvals.is_empty());
}
