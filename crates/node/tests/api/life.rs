//! An event's life, from the submit to the history.

use std::collections::BTreeMap;

use ackord_proto::v1::nacked::Next;
use ackord_proto::v1::submit_item::NotBefore;
use ackord_proto::v1::{
    CancelRequest, DeadCause, EventState, GetBodyRequest, GetJobRequest, JobKind, LeasePhase,
    ListDeadRequest, ListEventsRequest, ListHistoryRequest, PauseQueueRequest, PurgeRequest,
    ReplayRequest, ResumeQueueRequest, RevokeCause, StartJobRequest, StepKind, SubmitItem,
    SubmitOutcome, WhyReason, WhyRequest,
};
use bytes::Bytes;

use crate::support::{Node, Session, item, only, submitted};

#[tokio::test]
async fn an_event_is_submitted_delivered_acknowledged_and_remembered() {
    let node = Node::start().await;
    let mut team = node.team("builders").await;
    let body = Bytes::from_static(b"{\"action\":\"opened\"}");
    let meta = BTreeMap::from([("repo".to_owned(), "ackord".to_owned())]);
    let id = team
        .submit_one(SubmitItem {
            event_type: "pull_request".to_owned(),
            content_type: "application/json".to_owned(),
            meta: meta.clone(),
            body: body.clone(),
            ..item("build")
        })
        .await;

    let mut session = Session::attach(&team, "worker", 1, "build").await;
    let deliver = session.deliver().await;
    let delivery = deliver.fence.clone().expect("a fence");
    assert_eq!(
        (delivery.event_id.as_str(), delivery.delivery),
        (id.as_str(), 1)
    );
    assert_eq!((deliver.body, deliver.meta), (body.clone(), meta.clone()));
    assert_eq!(deliver.event_type, "pull_request");
    assert_eq!(deliver.phase, i32::from(LeasePhase::Offered));
    session.ack(deliver.fence).await.expect("the ack counts");

    let history = team
        .events
        .list_history(ListHistoryRequest::default())
        .await;
    let event = only(history.expect("a page").into_inner().events);
    assert_eq!(
        (event.id.as_str(), event.state()),
        (id.as_str(), EventState::Done)
    );
    let ack = event.ack.expect("the ack");
    assert_eq!(
        (ack.session_key.as_str(), ack.summary.as_str()),
        ("worker", "done")
    );
    let steps: Vec<StepKind> = event.history.iter().map(|it| it.kind()).collect();
    assert_eq!(
        steps,
        [StepKind::Accepted, StepKind::Leased, StepKind::Acked]
    );

    let request = GetBodyRequest {
        event_id: id,
        at_least: None,
    };
    let kept = team
        .events
        .get_body(request)
        .await
        .expect("the body is kept")
        .into_inner();
    assert_eq!((kept.body, kept.meta), (body, meta));
    assert_eq!(kept.content_type, "application/json");
    node.server.shutdown().await;
}

#[tokio::test]
async fn what_was_just_written_can_be_read() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let results = team.submit(vec![item("a")]).await.expect("answered");
    let submitted = submitted(&only(results));
    let request = ListEventsRequest {
        at_least: submitted.position,
        ..Default::default()
    };
    let events = team
        .events
        .list_events(request)
        .await
        .expect("a page")
        .into_inner()
        .events;
    assert_eq!(only(events).id, submitted.event_id);
    node.server.shutdown().await;
}

#[tokio::test]
async fn the_same_key_again_is_the_same_event() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let keyed = |body: &'static str| SubmitItem {
        dedup_key: "k".to_owned(),
        body: Bytes::from_static(body.as_bytes()),
        ..item("a")
    };
    let results = team
        .submit(vec![keyed("one"), keyed("one"), keyed("two")])
        .await;
    let results: Vec<_> = results.expect("answered").iter().map(submitted).collect();
    let outcomes: Vec<SubmitOutcome> = results.iter().map(|it| it.outcome()).collect();
    assert_eq!(
        outcomes,
        [
            SubmitOutcome::Accepted,
            SubmitOutcome::Duplicate,
            SubmitOutcome::Conflict
        ]
    );
    assert!(results.iter().all(|it| it.event_id == results[0].event_id));
    node.server.shutdown().await;
}

#[tokio::test]
async fn one_bad_item_does_not_spoil_the_others() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let bad = SubmitItem {
        event_type: String::new(),
        ..item("a")
    };
    let results = team
        .submit(vec![item("a"), bad, item("a")])
        .await
        .expect("answered");
    let in_order: Vec<bool> = results
        .iter()
        .map(|it| {
            let result = it.result.as_ref().expect("a result");
            matches!(
                result,
                ackord_proto::v1::submit_result::Result::Submitted(_)
            )
        })
        .collect();
    assert_eq!(in_order, [true, false, true]);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_delayed_event_is_delivered_once_it_is_due() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    let late = SubmitItem {
        not_before: Some(NotBefore::DelayMs(3_000)),
        ..item("a")
    };
    let id = team.submit_one(late).await;
    assert_eq!(team.state(&id).await, EventState::Delayed);
    assert_eq!(session.deliver().await.fence.expect("a fence").event_id, id);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_rejected_event_is_a_dead_letter_until_somebody_decides() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    let ids = [
        team.submit_one(item("a")).await,
        team.submit_one(item("a")).await,
    ];
    for _ in &ids {
        let delivery = session.deliver().await.fence.expect("a fence");
        let nacked = team.nack(delivery, true).await.expect("the nack counts");
        assert_eq!(nacked.next, Some(Next::Dead(DeadCause::Rejected.into())));
        // It was a call beside its stream.
        assert_eq!(session.revoke().await.cause(), RevokeCause::Finished);
    }
    let dead = team
        .events
        .list_dead(ListDeadRequest::default())
        .await
        .expect("a page");
    let found: Vec<String> = dead
        .into_inner()
        .events
        .into_iter()
        .map(|it| it.id)
        .collect();
    assert_eq!(found, ids);

    let [first, second] = ids;
    let replay = ReplayRequest {
        event_id: first.clone(),
    };
    team.events
        .replay(replay)
        .await
        .expect("it goes round again");
    let again = session.deliver().await.fence.expect("a fence");
    assert_eq!((again.event_id, again.delivery), (first, 2));

    let purge = PurgeRequest {
        event_id: second.clone(),
    };
    team.events.purge(purge).await.expect("it is removed");
    assert_eq!(team.state(&second).await, EventState::Purged);
    node.server.shutdown().await;
}

#[tokio::test]
async fn many_dead_letters_go_round_again_in_one_job() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    for _ in 0..20 {
        team.submit_one(item("a")).await;
        let delivery = session.deliver().await.fence.expect("a fence");
        team.nack(delivery, true).await.expect("the nack counts");
        assert_eq!(session.revoke().await.cause(), RevokeCause::Finished);
    }
    let request = StartJobRequest {
        kind: JobKind::ReplayDead.into(),
        ..Default::default()
    };
    let job = team
        .events
        .start_job(request)
        .await
        .expect("a job begins")
        .into_inner();
    for _ in 0..20 {
        let delivery = session.deliver().await.fence;
        session.ack(delivery).await.expect("the ack counts");
    }
    let request = GetJobRequest {
        job_id: job.job_id,
        at_least: None,
    };
    let job = team
        .events
        .get_job(request)
        .await
        .expect("a job")
        .into_inner()
        .job;
    assert_eq!(job.expect("the job").done, 20);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_cancelled_event_is_taken_back_from_its_session() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    let id = team.submit_one(item("a")).await;
    let delivery = session.deliver().await.fence;
    let cancel = CancelRequest {
        event_id: id.clone(),
        reason: "no need".to_owned(),
    };
    team.ingress.cancel(cancel).await.expect("it is cancelled");
    let revoke = session.revoke().await;
    assert_eq!(
        (revoke.fence.clone(), revoke.cause()),
        (delivery, RevokeCause::Cancelled)
    );
    assert_eq!(team.state(&id).await, EventState::Cancelled);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_waiting_event_says_why() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let id = team.submit_one(item("a")).await;
    let why = async |team: &mut crate::support::Client| {
        let request = WhyRequest {
            event_id: id.clone(),
            at_least: None,
        };
        team.events
            .why(request)
            .await
            .expect("an answer")
            .into_inner()
            .reason()
    };
    assert_eq!(why(&mut team).await, WhyReason::NoSession);
    let pause = PauseQueueRequest {
        tag: "a".to_owned(),
    };
    team.queues.pause_queue(pause).await.expect("paused");
    assert_eq!(why(&mut team).await, WhyReason::Paused);
    let mut session = Session::attach(&team, "s", 1, "a").await;
    let resume = ResumeQueueRequest {
        tag: "a".to_owned(),
    };
    team.queues.resume_queue(resume).await.expect("resumed");
    let delivery = session.deliver().await.fence;
    assert_eq!(why(&mut team).await, WhyReason::Leased);
    session.ack(delivery).await.expect("the ack counts");
    assert_eq!(why(&mut team).await, WhyReason::Done);
    node.server.shutdown().await;
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let results = team
        .submit((0..25).map(|_| item("a")).collect())
        .await
        .expect("answered");
    let mut ids: Vec<String> = results.iter().map(|it| submitted(it).event_id).collect();
    ids.sort_unstable();

    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListEventsRequest {
            page_size: 10,
            page_token,
            ..Default::default()
        };
        let page = team
            .events
            .list_events(request)
            .await
            .expect("a page")
            .into_inner();
        found.extend(page.events.into_iter().map(|it| it.id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(found, ids);
    node.server.shutdown().await;
}
