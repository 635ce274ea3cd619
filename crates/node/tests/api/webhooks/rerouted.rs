//! Events that no route had matched, routed again.

use ackord_proto::v1::route::Action;
use ackord_proto::v1::{
    EventState, RefusalReason, RequestOutcome as Outcome, RerouteEventsRequest, Rerouted,
    RouteDrop, SourceMode, UpdateSourceRequest,
};
use futures::future::join_all;

use super::{SECRET, create, reachable, redefine, route, routed, send, to};
use crate::support::{Client, assert_invalid, only};

async fn reroute(member: &mut Client, events: &[&str]) -> Vec<Rerouted> {
    let request = RerouteEventsRequest {
        slug: "github".to_owned(),
        event_ids: events.iter().map(|it| (*it).to_owned()).collect(),
        ..RerouteEventsRequest::default()
    };
    let answer = member.sources.reroute_events(request).await;
    let answer = answer.expect("answered").into_inner();
    assert!(!answer.more && answer.next_page_token.is_empty());
    answer.events
}

#[tokio::test]
async fn what_no_route_had_matched_is_routed_again_under_its_own_id() {
    let node = reachable().await;
    let mut member = node.team("acme").await;
    create(&mut member, "github", routed(vec![route("push", to(&[]))])).await;
    let (status, event) = send(&node, "/webhooks/acme/github", "1", SECRET).await;
    assert_eq!(
        (status, member.state(&event).await),
        (200, EventState::Dead)
    );
    // Nothing matches it yet.
    let still = only(reroute(&mut member, &[]).await);
    assert_eq!(
        (still.outcome(), &still.event_id),
        (Outcome::Unmatched, &event)
    );

    let tags = ["review", "audit"];
    redefine(&mut member, routed(vec![route("*", to(&tags))])).await;
    let done = only(reroute(&mut member, &[]).await);
    assert_eq!(
        (done.outcome(), &done.event_ids[0]),
        (Outcome::Accepted, &event)
    );
    for (id, tag) in done.event_ids.iter().zip(tags) {
        let event = member.event(id).await;
        assert_eq!(
            (event.state(), event.tag.as_str()),
            (EventState::Ready, tag)
        );
    }
    let again = send(&node, "/webhooks/acme/github", "1", SECRET).await;
    assert_eq!(again, (200, event.clone()), "its delivery is known");
    assert_eq!(reroute(&mut member, &[]).await, []);

    let nowhere = "evt_00000000000000000000000000";
    let refused = reroute(&mut member, &[&event, nowhere]).await;
    let reasons = refused.iter().map(|it| {
        let refusal = it.refusal.as_ref().expect("it is refused");
        refusal.reason()
    });
    let expected = [RefusalReason::WrongState, RefusalReason::NotFound];
    assert_eq!(reasons.collect::<Vec<_>>(), expected);
    node.server.shutdown().await;
}

#[tokio::test]
async fn what_still_matches_no_route_is_not_in_the_way_of_what_comes_behind_it() {
    let node = reachable().await;
    let mut member = node.team("acme").await;
    create(&mut member, "github", routed(vec![route("push", to(&[]))])).await;
    let numbers: Vec<String> = (0..260).map(|it| it.to_string()).collect();
    let mut kept = Vec::new();
    for some in numbers.chunks(16) {
        let sent = some
            .iter()
            .map(|it| send(&node, "/webhooks/acme/github", it, SECRET));
        for (status, event) in join_all(sent).await {
            assert_eq!(status, 200);
            kept.push(event);
        }
    }
    let (mut found, mut pages, mut page_token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let request = RerouteEventsRequest {
            slug: "github".to_owned(),
            page_token,
            ..RerouteEventsRequest::default()
        };
        let answer = member.sources.reroute_events(request).await;
        let answer = answer.expect("answered").into_inner();
        let is_kept = |it: &Rerouted| it.outcome() == Outcome::Unmatched;
        assert!(answer.events.iter().all(is_kept));
        assert_eq!(answer.more, !answer.next_page_token.is_empty());
        pages.push(answer.events.len());
        found.extend(answer.events.into_iter().map(|it| it.event_id));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, [256, 4]);
    kept.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, kept);

    let of_both = RerouteEventsRequest {
        slug: "github".to_owned(),
        event_ids: vec![kept.remove(0)],
        page_token: "1.0".to_owned(),
    };
    let refused = member.sources.reroute_events(of_both).await;
    assert_invalid(refused, "page_token");
    let of_another_kind = RerouteEventsRequest {
        slug: "github".to_owned(),
        page_token: "evt_1".to_owned(),
        ..RerouteEventsRequest::default()
    };
    let refused = member.sources.reroute_events(of_another_kind).await;
    assert_invalid(refused, "page_token");
    node.server.shutdown().await;
}

#[tokio::test]
async fn what_is_routed_again_may_be_dropped_or_held() {
    let node = reachable().await;
    let mut member = node.team("acme").await;
    create(&mut member, "github", routed(vec![route("push", to(&[]))])).await;
    let (_, dropped) = send(&node, "/webhooks/acme/github", "1", SECRET).await;
    let (_, held) = send(&node, "/webhooks/acme/github", "2", SECRET).await;
    redefine(
        &mut member,
        routed(vec![route("*", Action::Drop(RouteDrop {}))]),
    )
    .await;
    let fate = only(reroute(&mut member, &[&dropped]).await);
    assert_eq!(
        (fate.outcome(), fate.event_ids.len()),
        (Outcome::Dropped, 0)
    );
    assert_eq!(member.state(&dropped).await, EventState::Purged);

    let pause = UpdateSourceRequest {
        slug: "github".to_owned(),
        mode: SourceMode::Paused.into(),
        definition: Some(routed(vec![route("*", to(&["review"]))])),
        ..UpdateSourceRequest::default()
    };
    let paused = member.sources.update_source(pause).await;
    paused.expect("the source is paused");
    let fate = only(reroute(&mut member, &[&held]).await);
    assert_eq!(
        (fate.outcome(), &fate.event_ids),
        (Outcome::Held, &vec![held.clone()])
    );
    assert_eq!(member.state(&held).await, EventState::Held);
    let resume = UpdateSourceRequest {
        slug: "github".to_owned(),
        mode: SourceMode::Enabled.into(),
        ..UpdateSourceRequest::default()
    };
    let resumed = member.sources.update_source(resume).await;
    resumed.expect("the source is enabled");
    while member.state(&held).await == EventState::Held {
        tokio::task::yield_now().await;
    }
    assert_eq!(member.state(&held).await, EventState::Ready);
    node.server.shutdown().await;
}
