//! What sessions do outside, note, hand to each other, and publish with an ack.

use ackord_proto::v1::answer::Result as Answered;
use ackord_proto::v1::attach_request::Message as Asked;
use ackord_proto::v1::{
    Ack, BeginEffectRequest, Checkpoint, CompleteEffectRequest, EffectCompletion, EffectOutcome,
    EffectState, Emit, EventState, Fence, ForceEffectRequest, GetBodyRequest, HandoffRequest,
    ListEffectsRequest, ListSessionsRequest, RefusalReason, Role, SessionState, StepKind, emit,
};

use crate::messages::{from, refused, send, to};
use crate::support::{Client, Node, Session, item};

fn begin(fence: &Option<Fence>, key: &str, nonce: u64) -> BeginEffectRequest {
    BeginEffectRequest {
        fence: fence.clone(),
        key: key.to_owned(),
        nonce,
    }
}

fn completion(key: &str, result: &str) -> EffectCompletion {
    EffectCompletion {
        key: key.to_owned(),
        result: result.to_owned(),
    }
}

async fn begun(client: &mut Client, asked: BeginEffectRequest) -> EffectOutcome {
    let answer = client.effects.begin_effect(asked).await.expect("begun");
    answer.into_inner().outcome()
}

#[tokio::test]
async fn an_effect_is_new_once_and_whoever_is_given_the_event_next_is_told_of_it() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut first = Session::attach(&team, "first", 1, "a").await;
    let event = team.submit_one(item("a")).await;
    let fence = first.deliver().await.fence;
    assert_eq!(
        begun(&mut team, begin(&fence, "charge", 7)).await,
        EffectOutcome::New
    );
    // Sent again because its answer was lost, it is told the same.
    assert_eq!(
        begun(&mut team, begin(&fence, "charge", 7)).await,
        EffectOutcome::New
    );
    assert_eq!(
        begun(&mut team, begin(&fence, "charge", 8)).await,
        EffectOutcome::Unfinished
    );

    let mut second = Session::attach(&team, "first", 2, "a").await;
    let delivery = second.deliver().await;
    let [told] = &delivery.effects[..] else {
        panic!("not one effect: {:?}", delivery.effects)
    };
    assert_eq!(
        (told.key.as_str(), told.state()),
        ("charge", EffectState::Unfinished)
    );
    assert_eq!(
        begun(&mut team, begin(&delivery.fence, "charge", 9)).await,
        EffectOutcome::Unfinished
    );
    let force = ForceEffectRequest {
        fence: delivery.fence.clone(),
        key: "charge".to_owned(),
        reason: "no such payment".to_owned(),
        nonce: 11,
    };
    for _ in 0..2 {
        let forced = team.effects.force_effect(force.clone()).await;
        let forced = forced.expect("forced").into_inner();
        assert_eq!(forced.outcome(), EffectOutcome::Forced);
        assert_eq!(forced.effect.expect("it is on record").forced, 1);
    }
    let complete = |result: &str| CompleteEffectRequest {
        fence: delivery.fence.clone(),
        completion: Some(completion("charge", result)),
    };
    let done = team
        .effects
        .complete_effect(complete("pi_1"))
        .await
        .expect("done");
    assert!(!done.into_inner().again);
    let again = team
        .effects
        .complete_effect(complete("pi_2"))
        .await
        .expect("done");
    let again = again.into_inner();
    assert_eq!(
        (again.again, again.effect.expect("it").result),
        (true, "pi_1".to_owned())
    );

    let shown = team.event(&event).await;
    assert_eq!(shown.effects[0].result, "pi_1");
    let step = shown
        .history
        .iter()
        .find(|it| it.kind() == StepKind::EffectForced);
    let step = step.expect("a force is audited");
    assert_eq!(
        (step.effect_key.as_str(), step.reason.as_str()),
        ("charge", "no such payment")
    );
    let list = ListEffectsRequest {
        event_id: event,
        at_least: None,
    };
    let listed = team
        .effects
        .list_effects(list)
        .await
        .expect("listed")
        .into_inner();
    assert_eq!(listed.effects, shown.effects);
    node.server.shutdown().await;
}

#[tokio::test]
async fn an_effect_that_nobody_has_begun_is_refused_and_another_team_sees_none() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut stranger = node.team("u").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    let event = team.submit_one(item("a")).await;
    let fence = session.deliver().await.fence;
    let complete = CompleteEffectRequest {
        fence: fence.clone(),
        completion: Some(completion("charge", "")),
    };
    let status = team
        .effects
        .complete_effect(complete)
        .await
        .expect_err("never begun");
    assert_eq!(refused(&status).0, RefusalReason::NotBegun);
    let status = stranger
        .effects
        .begin_effect(begin(&fence, "charge", 1))
        .await;
    assert_eq!(
        refused(&status.expect_err("not theirs")).0,
        RefusalReason::NotFound
    );
    let list = ListEffectsRequest {
        event_id: event,
        at_least: None,
    };
    let status = stranger
        .effects
        .list_effects(list)
        .await
        .expect_err("not theirs");
    assert_eq!(refused(&status).0, RefusalReason::NotFound);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_checkpoint_is_told_to_whoever_goes_on() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "s", 1, "a").await;
    team.submit_one(item("a")).await;
    let fence = session.deliver().await.fence;
    let noted = session
        .call(Asked::Checkpoint(Checkpoint {
            fence: fence.clone(),
            note: "at step 3".to_owned(),
        }))
        .await;
    assert!(matches!(noted, Ok(Answered::Checkpointed(_))), "{noted:?}");
    let mut next = Session::attach(&team, "s", 2, "a").await;
    assert_eq!(next.deliver().await.note, "at step 3");
    node.server.shutdown().await;
}

#[tokio::test]
async fn an_event_is_handed_to_another_tag_with_its_note() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut build = Session::attach(&team, "builder", 1, "build").await;
    let event = team.submit_one(item("build")).await;
    let fence = build.deliver().await.fence;
    let handoff = HandoffRequest {
        fence: fence.clone(),
        tag: "deploy".to_owned(),
        note: "v17 is built".to_owned(),
    };
    let handed = team
        .messages
        .handoff(handoff.clone())
        .await
        .expect("handed off");
    let again = team.messages.handoff(handoff).await.expect("recorded");
    let (handed, again) = (handed.into_inner(), again.into_inner());
    assert_eq!((handed.again, again.again), (false, true));
    assert_eq!(handed.position, again.position);
    let status = team
        .ack(fence.expect("a fence"), "")
        .await
        .expect_err("it is over");
    assert_eq!(refused(&status).0, RefusalReason::Gone);

    let mut deploy = Session::attach(&team, "deployer", 1, "deploy").await;
    let delivery = deploy.deliver().await;
    assert_eq!(delivery.note, "v17 is built");
    let fence = delivery.fence.expect("a fence");
    assert_eq!(
        (fence.event_id.as_str(), fence.delivery),
        (event.as_str(), 2)
    );
    let shown = team.event(&event).await;
    let step = shown
        .history
        .iter()
        .find(|it| it.kind() == StepKind::HandedOff);
    assert_eq!(step.expect("it is in the history").tag, "deploy");
    node.server.shutdown().await;
}

fn ack_with(fence: &Option<Fence>, emits: Vec<emit::Emit>) -> Asked {
    let emit = |it| Emit { emit: Some(it) };
    Asked::Ack(Ack {
        fence: fence.clone(),
        summary: "built".to_owned(),
        emits: emits.into_iter().map(emit).collect(),
        ..Ack::default()
    })
}

#[tokio::test]
async fn what_goes_out_with_an_ack_goes_out_with_it_or_not_at_all() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut build = Session::attach(&team, "builder", 1, "build").await;
    let mut deploy = Session::attach(&team, "deployer", 1, "deploy").await;
    let event = team.submit_one(item("build")).await;
    let fence = build.deliver().await.fence;

    let wrong = ack_with(
        &fence,
        vec![
            emit::Emit::Submit(item("deploy")),
            emit::Emit::Message(to(&["build"], "to oneself")),
        ],
    );
    let refusal = build.call(wrong).await.expect_err("one part is wrong");
    assert_eq!(
        (refusal.reason(), refusal.field.as_str()),
        (RefusalReason::Invalid, "emits[1].tags")
    );
    assert_eq!(team.state(&event).await, EventState::Leased);

    let right = ack_with(
        &fence,
        vec![
            emit::Emit::Submit(item("deploy")),
            emit::Emit::Message(to(&["review"], "it is green")),
        ],
    );
    let Ok(Answered::Acked(acked)) = build.call(right.clone()).await else {
        panic!("the ack counts")
    };
    let emitted: Vec<_> = acked
        .emitted
        .iter()
        .map(|it| it.event_ids.clone())
        .collect();
    let next = deploy.deliver().await.fence.expect("a fence").event_id;
    assert_eq!(emitted[0], [next], "and nothing of the refused ack");
    let Ok(Answered::Acked(again)) = build.call(right).await else {
        panic!("the ack counts")
    };
    assert!(again.again);
    assert_eq!(again.emitted, acked.emitted);
    let recorded = team.event(&event).await.ack.expect("it is acked");
    assert_eq!(recorded.emitted, acked.emitted);

    let body = GetBodyRequest {
        event_id: emitted[1][0].clone(),
        at_least: None,
    };
    let body = team
        .events
        .get_body(body)
        .await
        .expect("a message")
        .into_inner();
    assert_eq!(body.meta["ackord.from"], "builder");
    node.server.shutdown().await;
}

#[tokio::test]
async fn whoever_may_not_submit_may_not_do_so_with_an_ack() {
    let node = Node::start().await;
    let id = node.make_team("t").await;
    let mut team = node.member(&id, &[Role::Admin], &[]).await;
    let agent = node.member(&id, &[Role::Session], &["build"]).await;
    let mut build = Session::attach(&agent, "builder", 1, "build").await;
    team.submit_one(item("build")).await;
    let fence = build.deliver().await.fence;
    let ack = ack_with(&fence, vec![emit::Emit::Submit(item("build"))]);
    let refusal = build.call(ack).await.expect_err("no such role");
    assert_eq!(
        (refusal.reason(), refusal.field.as_str()),
        (RefusalReason::NotAllowed, "emits[0]")
    );
    let ack = ack_with(&fence, vec![emit::Emit::Message(to(&["deploy"], "hi"))]);
    build
        .call(ack)
        .await
        .expect("a session may speak to any tag of its team");
    node.server.shutdown().await;
}

#[tokio::test]
async fn sessions_say_what_they_do() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut busy = Session::attach(&team, "busy", 1, "a").await;
    let event = team.submit_one(item("a")).await;
    busy.deliver().await;
    let _idle = Session::attach(&team, "idle", 1, "b").await;
    let list = ListSessionsRequest::default();
    let sessions = team
        .sessions
        .list_sessions(list)
        .await
        .expect("listed")
        .into_inner()
        .sessions;
    let of = |key: &str| {
        sessions
            .iter()
            .find(|it| it.key == key)
            .expect("it is there")
    };
    assert_eq!(of("idle").state(), SessionState::Idle);
    assert_eq!(of("busy").state(), SessionState::Working);
    let lease = of("busy").lease.clone().expect("it has an event");
    assert_eq!(lease.fence.expect("a fence").event_id, event);
    assert_eq!(of("busy").state_since_ms, lease.since_ms);
    assert!(lease.since_ms > 0 && of("busy").accepts_messages);
    node.server.shutdown().await;
}

#[tokio::test]
async fn all_of_it_is_there_after_a_restart() {
    let node = Node::start().await;
    let (mut team, secret) = {
        let id = node.make_team("t").await;
        node.member_with_secret(&id).await
    };
    let mut session = Session::attach(&team, "builder", 1, "build").await;
    let event = team.submit_one(item("build")).await;
    let fence = session.deliver().await.fence;
    assert_eq!(
        begun(&mut team, begin(&fence, "charge", 1)).await,
        EffectOutcome::New
    );
    let sent = send(&mut team, from("builder", to(&["deploy"], "hi")))
        .await
        .expect("in");
    let node = node.restart().await;
    let mut team = node.client(&secret).await;
    assert_eq!(team.event(&event).await.effects.len(), 1);
    let message = team.event(&sent.events[0].event_id).await;
    assert_eq!(message.origin_session_key, "builder");
    assert_eq!(
        begun(&mut team, begin(&fence, "charge", 2)).await,
        EffectOutcome::Unfinished
    );
    node.server.shutdown().await;
}
