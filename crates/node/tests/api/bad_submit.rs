//! Bad input: events to be queued.

use ackord_core::limits::{BODY_BYTES_MAX, HORIZON};
use ackord_proto::v1::submit_item::{Expires, NotBefore};
use ackord_proto::v1::{Class, DrainQueueRequest, ListEventsRequest, RefusalReason, SubmitItem};
use tonic::Code;

use crate::support::{Client, Node, assert_invalid, assert_refused, item};

/// Expects each item to be refused because of this field, and nothing to be queued.
async fn all_invalid(items: Vec<(&str, SubmitItem)>) {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    for (field, item) in items {
        let refusal = team.submit_refused(item).await;
        assert_eq!(refusal.reason(), RefusalReason::Invalid, "{refusal:?}");
        assert_eq!(refusal.field, format!("items[0].{field}"), "{refusal:?}");
        assert!(!refusal.message.is_empty() && !refusal.what_to_do.is_empty());
    }
    assert_nothing_queued(&mut team).await;
    node.server.shutdown().await;
}

async fn assert_nothing_queued(team: &mut Client) {
    let page = team
        .events
        .list_events(ListEventsRequest::default())
        .await
        .expect("a page");
    assert_eq!(page.into_inner().events, []);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_and_one_at_it_is_not() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let sized = |bytes| SubmitItem {
        body: vec![0; bytes].into(),
        ..item("a")
    };
    let refusal = team.submit_refused(sized(BODY_BYTES_MAX + 1)).await;
    assert_eq!(refusal.reason(), RefusalReason::TooLarge);
    assert_eq!(refusal.field, "items[0].body");
    assert!(
        refusal.message.contains("1048576"),
        "the limit is stated: {}",
        refusal.message
    );
    team.submit_one(sized(BODY_BYTES_MAX)).await;
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_request_beyond_the_limit_is_refused_as_a_whole() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let large = SubmitItem {
        body: vec![0; BODY_BYTES_MAX].into(),
        ..item("a")
    };
    let refused = team.submit(vec![large; 5]).await;
    assert_refused(refused, Code::InvalidArgument, RefusalReason::TooLarge);
    assert_invalid(team.submit(vec![item("a"); 1025]).await, "items");
    assert_invalid(team.submit(vec![]).await, "items");
    assert_nothing_queued(&mut team).await;
    node.server.shutdown().await;
}

#[tokio::test]
async fn an_invalid_tag_is_refused() {
    let long = "x".repeat(129);
    let tags = ["with space", "tab\t", "ümlaut", long.as_str()];
    all_invalid(tags.into_iter().map(|it| ("tag", item(it))).collect()).await;
}

#[tokio::test]
async fn an_invalid_key_is_refused() {
    let ordering = |key: String| SubmitItem {
        ordering_key: key,
        ..item("a")
    };
    let dedup = |dedup_key: String| SubmitItem {
        dedup_key,
        ..item("a")
    };
    all_invalid(vec![
        ("ordering_key", ordering("line\nbreak".to_owned())),
        ("ordering_key", ordering("x".repeat(257))),
        ("dedup_key", dedup("x".repeat(513))),
        (
            "namespace",
            SubmitItem {
                namespace: "x".repeat(129),
                ..dedup("k".to_owned())
            },
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_invalid_priority_is_refused() {
    all_invalid(vec![(
        "class",
        SubmitItem {
            class: 9,
            ..item("a")
        },
    )])
    .await;
}

#[tokio::test]
async fn an_event_without_a_type_is_refused() {
    let typed = |it: &str| SubmitItem {
        event_type: it.to_owned(),
        ..item("a")
    };
    all_invalid(vec![
        ("event_type", typed("")),
        ("event_type", typed("with space")),
    ])
    .await;
}

#[tokio::test]
async fn an_ordering_key_on_an_interrupt_is_refused() {
    let interrupt = SubmitItem {
        class: Class::Interrupt.into(),
        ordering_key: "k".to_owned(),
        ..item("a")
    };
    all_invalid(vec![("ordering_key", interrupt)]).await;
}

#[tokio::test]
async fn an_event_that_ends_before_it_begins_is_refused() {
    let spans = |delay, ttl| SubmitItem {
        not_before: Some(NotBefore::DelayMs(delay)),
        expires: Some(Expires::TtlMs(ttl)),
        ..item("a")
    };
    all_invalid(vec![
        ("expires", spans(1000, 1000)),
        ("expires", spans(1000, 999)),
    ])
    .await;
}

#[tokio::test]
async fn an_instant_beyond_the_horizon_is_refused() {
    let late = SubmitItem {
        not_before: Some(NotBefore::DelayMs(HORIZON.0 + 1)),
        ..item("a")
    };
    all_invalid(vec![("not_before, items[0].expires", late)]).await;
}

#[tokio::test]
async fn attempts_and_leases_out_of_bounds_are_refused() {
    all_invalid(vec![
        (
            "attempts",
            SubmitItem {
                attempts: 101,
                ..item("a")
            },
        ),
        (
            "lease_ms",
            SubmitItem {
                lease_ms: 1,
                ..item("a")
            },
        ),
    ])
    .await;
}

#[tokio::test]
async fn too_much_meta_is_refused() {
    let fields = |count: usize| {
        (0..count)
            .map(|it| (format!("k{it}"), "v".to_owned()))
            .collect()
    };
    let named = |name: &str| [(name.to_owned(), "v".to_owned())].into();
    all_invalid(vec![
        (
            "meta",
            SubmitItem {
                meta: fields(33),
                ..item("a")
            },
        ),
        (
            "meta.key",
            SubmitItem {
                meta: named("with space"),
                ..item("a")
            },
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_draining_queue_refuses_new_events() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let request = DrainQueueRequest {
        tag: "a".to_owned(),
    };
    team.queues.drain_queue(request).await.expect("it drains");
    let refusal = team.submit_refused(item("a")).await;
    assert_eq!(refusal.reason(), RefusalReason::Draining);
    assert_nothing_queued(&mut team).await;
    node.server.shutdown().await;
}
