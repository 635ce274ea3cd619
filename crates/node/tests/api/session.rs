//! Sessions: who gets what, and what becomes of a stream.

use std::collections::BTreeSet;

use ackord_proto::v1::{
    Class, CloseCause, EventState, ListSessionsRequest, QueueSettings, RevokeCause,
    RevokeTokenRequest, Role, SessionLink, SetQueueRequest, SubmitItem,
};

use crate::support::{Node, Session, item, only};

#[tokio::test]
async fn a_session_gets_one_event_at_a_time() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    let ids = [
        team.submit_one(item("a")).await,
        team.submit_one(item("a")).await,
    ];
    for id in ids {
        let delivery = session.deliver().await.fence;
        assert_eq!(delivery.as_ref().map(|it| it.event_id.clone()), Some(id));
        session.ack(delivery).await.expect("the ack counts");
    }
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_session_that_comes_back_has_its_delivery_back() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut first = Session::attach(&team, "s", 1, "a").await;
    team.submit_one(item("a")).await;
    let held = first.deliver().await.fence;
    let mut second = Session::attach(&team, "s", 1, "a").await;
    // It may be the late try of an attach that was tried again: the process is to come back.
    assert_eq!(first.closed().await, CloseCause::Forgotten);
    assert_eq!(second.deliver().await.fence, held);
    second.ack(held).await.expect("the ack counts");
    node.server.shutdown().await;
}

#[tokio::test]
async fn another_process_of_a_session_takes_it_over() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut first = Session::attach(&team, "s", 1, "a").await;
    let id = team.submit_one(item("a")).await;
    let old = first.deliver().await.fence;
    let mut second = Session::attach(&team, "s", 2, "a").await;
    assert_eq!(first.closed().await, CloseCause::Superseded);
    let new = second.deliver().await.fence.expect("a fence");
    assert_eq!((new.event_id.as_str(), new.delivery), (id.as_str(), 2));
    team.ack(old.expect("a fence"), "")
        .await
        .expect_err("an older delivery does not count");
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_session_that_says_bye_gives_back_what_it_holds() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut leaving = Session::attach(&team, "leaving", 1, "a").await;
    let id = team.submit_one(item("a")).await;
    leaving.deliver().await;
    let mut staying = Session::attach(&team, "staying", 1, "a").await;
    leaving.bye();
    assert_eq!(leaving.closed().await, CloseCause::Bye);
    let delivery = staying.deliver().await.fence.expect("a fence");
    assert_eq!(
        (delivery.event_id.as_str(), delivery.delivery),
        (id.as_str(), 2)
    );
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_session_whose_connection_breaks_is_detached() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    drop(Session::attach(&team, "s", 1, "a").await);
    let gone = ListSessionsRequest {
        link: SessionLink::Detached.into(),
        ..Default::default()
    };
    loop {
        let page = team
            .sessions
            .list_sessions(gone.clone())
            .await
            .expect("a page");
        if let [session] = &page.into_inner().sessions[..] {
            assert_eq!(session.key, "s");
            break;
        }
    }
    node.server.shutdown().await;
}

#[tokio::test]
async fn an_interrupt_pushes_an_event_aside_and_it_resumes() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    let id = team.submit_one(item("a")).await;
    let held = session.deliver().await.fence;
    let urgent = SubmitItem {
        class: Class::Interrupt.into(),
        ..item("a")
    };
    let urgent = team.submit_one(urgent).await;
    let revoke = session.revoke().await;
    assert_eq!(
        (revoke.fence.clone(), revoke.cause()),
        (held, RevokeCause::Preempted)
    );
    assert_eq!(team.state(&id).await, EventState::Parked);

    let delivery = session.deliver().await.fence;
    assert_eq!(delivery.as_ref().map(|it| &it.event_id), Some(&urgent));
    session.ack(delivery).await.expect("the ack counts");
    let resumed = session.deliver().await.fence.expect("a fence");
    assert_eq!((resumed.event_id, resumed.delivery), (id, 2));
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_session_is_told_at_once_that_somebody_else_has_answered() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    team.submit_one(item("a")).await;
    let held = session.deliver().await.fence.expect("a fence");
    team.ack(held.clone(), "done by hand")
        .await
        .expect("the ack counts");
    let revoke = session.revoke().await;
    assert_eq!(
        (revoke.fence.clone(), revoke.cause()),
        (Some(held), RevokeCause::Finished)
    );
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_session_is_not_told_what_it_has_answered_itself() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    for _ in 0..20 {
        team.submit_one(item("a")).await;
    }
    for _ in 0..20 {
        // Anything but the next delivery fails this.
        let held = session.deliver().await.fence;
        session.ack(held).await.expect("the ack counts");
    }
    node.server.shutdown().await;
}

#[tokio::test]
async fn the_end_of_a_token_closes_its_sessions() {
    let node = Node::start().await;
    let team = node.make_team("t").await;
    let member = node.member(&team, &[Role::Session], &[]).await;
    let mut session = Session::attach(&member, "s", 1, "a").await;
    let request = RevokeTokenRequest {
        token_id: member.token_id.clone(),
    };
    node.operator()
        .await
        .tokens
        .revoke_token(request)
        .await
        .expect("revoked");
    assert_eq!(session.closed().await, CloseCause::Revoked);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_session_that_reads_nothing_does_not_hold_up_others() {
    let node = Node::start().await;
    let team = node.make_team("t").await;
    let mut manager = node.member(&team, &[Role::Manage, Role::Submit], &[]).await;
    let settings = QueueSettings {
        claim_limit_ms: 10_000,
        ..QueueSettings::default()
    };
    let (tag, revision) = ("a".to_owned(), None);
    let request = SetQueueRequest {
        tag,
        settings: Some(settings),
        revision,
    };
    manager.queues.set_queue(request).await.expect("set");

    // Connections of their own: who fills one holds up whatever else is on it.
    let stalling = node.member(&team, &[Role::Session], &[]).await;
    let reading = node.member(&team, &[Role::Session], &[]).await;
    let _stalling = Session::attach(&stalling, "stalling", 1, "a").await;
    let large = SubmitItem {
        body: vec![7; 1 << 20].into(),
        ..item("a")
    };
    let mut ids = BTreeSet::new();
    for _ in 0..4 {
        ids.insert(manager.submit_one(large.clone()).await);
    }
    let mut reading = Session::attach(&reading, "reading", 1, "a").await;
    let mut done = BTreeSet::new();
    while done.len() < ids.len() {
        let delivery = reading.deliver().await.fence.expect("a fence");
        done.insert(delivery.event_id.clone());
        reading.ack(Some(delivery)).await.expect("the ack counts");
    }
    assert_eq!(done, ids);
    node.server.shutdown().await;
}

#[tokio::test]
async fn shutting_down_tells_sessions() {
    let node = Node::start().await;
    let team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    node.server.shutdown().await;
    assert_eq!(session.closed().await, CloseCause::ShuttingDown);
}

#[tokio::test]
async fn sessions_are_listed_with_what_they_hold() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    let id = team.submit_one(item("a")).await;
    session.deliver().await;
    let page = team
        .sessions
        .list_sessions(ListSessionsRequest::default())
        .await;
    let listed = only(page.expect("a page").into_inner().sessions);
    assert_eq!((listed.key.as_str(), listed.tag.as_str()), ("s", "a"));
    assert_eq!(listed.link(), SessionLink::Attached);
    let lease = listed.lease.expect("it holds an event");
    assert_eq!(lease.fence.expect("a fence").event_id, id);
    node.server.shutdown().await;
}
