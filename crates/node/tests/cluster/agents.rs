//! What goes on between agents outlives the node that led.

use ackord_client::v1::{self, ApprovalState, Role, SessionState};
use ackord_client::{Ask, Event, SessionOptions};

use crate::{ALL, LONG, born, until};

#[tokio::test]
async fn an_approval_and_its_answer_outlive_the_leader() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let approver = v1::CreateTokenRequest {
        team: "team".to_owned(),
        roles: vec![Role::Approve.into()],
        ..v1::CreateTokenRequest::default()
    };
    let approver = fleet.operator().create_token(approver).await.expect("made");
    let leader = fleet.leader().await.expect("one leads");
    let others: Vec<_> = ALL.into_iter().filter(|it| *it != leader).collect();
    let at_leader = fleet.client_of(&[leader, others[0]], &token, LONG);
    let approver = fleet.client_of(&others[1..], &approver.secret, LONG);
    let options = SessionOptions::new("one").tag("t");
    let mut session = at_leader.attach(options).await.expect("attached");
    let event = Event::new("x", "body").tag("t");
    at_leader.submit(event).await.expect("accepted");
    let delivery = session.next().await.expect("an event");
    let ask = Ask {
        tool: "Bash".to_owned(),
        description: "deploys v17".to_owned(),
        fence: Some(v1::Fence {
            event_id: delivery.event_id.clone(),
            delivery: delivery.number,
        }),
        request_id: "one".to_owned(),
        ..Ask::default()
    };
    let asked = session.ask(ask.clone()).await.expect("asked");
    let (watcher, id) = (at_leader.clone(), asked.id.clone());
    let waiting = tokio::spawn(async move { watcher.wait_for_approval(id).await });

    fleet.kill(leader);
    let again = session.ask(ask).await.expect("asked again");
    assert_eq!(again.id, asked.id, "the same request is the same approval");
    until(async || {
        let sessions = v1::ListSessionsRequest::default();
        let sessions = at_leader.list_sessions(sessions).await.expect("readable");
        let session = sessions.sessions.first();
        session.is_some_and(|it| it.state() == SessionState::Blocked)
    })
    .await;
    let answer = v1::AnswerApprovalRequest {
        approval_id: asked.id.clone(),
        allow: true,
        reason: String::new(),
    };
    let answered = approver.answer_approval(answer).await.expect("answered");
    let told = waiting.await.expect("no panic").expect("told");
    assert_eq!(told.state(), ApprovalState::Allowed);
    delivery
        .ack("done")
        .await
        .expect("it is still this session's");

    fleet.start_all().expect("it runs");
    fleet.serving(&ALL).await.expect("they serve");
    // The node that was away has it all.
    let back = fleet.client_of(&[leader], &token, LONG);
    let question = v1::GetApprovalRequest {
        approval_id: asked.id,
        at_least: answered.position,
    };
    let read = back.get_approval(question).await.expect("readable");
    assert_eq!(read.approval, Some(told));
}
