//! What a session does besides answering, through the client: however its answers are lost, once.

use ackord_client::v1::{self, EffectOutcome, EventState, RefusalReason};
use ackord_client::{Ack, Event, SessionOptions};

use crate::node::{Node, eventually};
use crate::proxy::Proxy;

fn to(tag: &str) -> v1::Message {
    v1::Message {
        tags: vec![tag.to_owned()],
        text: "it is green".to_owned(),
        ..v1::Message::default()
    }
}

async fn submit(node: &Node) -> String {
    let receipt = node
        .client()
        .submit(Event::new("x", "body").tag("build"))
        .await;
    receipt.expect("accepted").event_id
}

#[tokio::test]
async fn an_effect_whose_answer_was_lost_is_new_to_the_call_that_began_it() {
    let node = Node::start().await;
    let proxy = Proxy::to(node.address()).await;
    let client = node.client_at(proxy.address());
    let options = SessionOptions::new("worker").tag("build");
    let mut session = client.attach(options).await.expect("attached");
    let event = submit(&node).await;
    let delivery = session.next().await.expect("delivered");

    proxy.lose_answers();
    let begun = delivery.clone();
    let waiting = tokio::spawn(async move { begun.begin_effect("charge").await });
    eventually("the effect is begun", async || {
        !node.event(&event).await.effects.is_empty()
    })
    .await;
    proxy.cut();
    let begun = waiting.await.expect("no panic").expect("it is asked again");
    assert_eq!(begun.outcome(), EffectOutcome::New);
    let other = delivery.begin_effect("charge").await.expect("answered");
    assert_eq!(other.outcome(), EffectOutcome::Unfinished);
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_queued_once() {
    let node = Node::start().await;
    let proxy = Proxy::to(node.address()).await;
    let client = node.client_at(proxy.address());
    let session = client.attach(SessionOptions::new("worker").tag("build"));
    let session = session.await.expect("attached");

    proxy.lose_answers();
    let waiting = tokio::spawn(async move { session.send(to("deploy")).await });
    eventually("the message is in", async || {
        !node.events().await.is_empty()
    })
    .await;
    proxy.cut();
    let sent = waiting.await.expect("no panic").expect("it is sent again");
    assert_eq!(sent.events.len(), 1);
    let events = node.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].id, sent.events[0].event_id);
}

#[tokio::test]
async fn an_ack_with_a_wrong_part_leaves_the_delivery_as_it_is() {
    let node = Node::start().await;
    let options = SessionOptions::new("worker").tag("build");
    let mut session = node.client().attach(options).await.expect("attached");
    let event = submit(&node).await;
    let delivery = session.next().await.expect("delivered");

    let unknown = v1::Message {
        in_reply_to: "evt_00000000000000000000000000".to_owned(),
        ..to("deploy")
    };
    let refused = delivery.ack_with(Ack::new("done").message(unknown)).await;
    let refused = refused.expect_err("it answers nothing");
    assert_eq!(refused.reason(), Some(RefusalReason::NotFound));
    assert_eq!(delivery.loss(), None, "the delivery goes on");
    assert_eq!(node.event(&event).await.state(), EventState::Leased);

    delivery.begin_effect("upload").await.expect("begun");
    let ack = Ack::new("done")
        .effect("upload", "v17")
        .message(to("deploy"));
    let acked = delivery.ack_with(ack).await.expect("the ack counts");
    assert_eq!(acked.emitted.len(), 1);
    let shown = node.event(&event).await;
    assert_eq!(
        (shown.state(), shown.effects[0].result.as_str()),
        (EventState::Done, "v17")
    );
}

/// The answer is lost, and the ack is sent again: by then the cron is gone, which is the ack's own doing.
#[tokio::test]
async fn an_ack_that_removed_a_cron_is_known_when_it_comes_again() {
    let node = Node::start().await;
    let proxy = Proxy::to(node.address()).await;
    let client = node.client_at(proxy.address());
    let options = SessionOptions::new("worker").tag("build");
    let mut session = client.attach(options).await.expect("attached");
    let terms = v1::CronTerms {
        label: "wait".to_owned(),
        schedule: "@daily".to_owned(),
        ..v1::CronTerms::default()
    };
    let told = v1::instruction::Instruction::Prompt("Wait.".to_owned());
    let creation = v1::CreateCronRequest {
        terms: Some(terms),
        instruction: Some(v1::Instruction {
            instruction: Some(told),
        }),
        paused: false,
    };
    client.create_cron(creation).await.expect("made");
    let event = submit(&node).await;
    let delivery = session.next().await.expect("delivered");

    proxy.lose_answers();
    let deletion = v1::DeleteCronRequest {
        cron: "wait".to_owned(),
        revision: None,
    };
    let ack = Ack::new("done").emit(v1::emit::Emit::DeleteCron(deletion));
    let waiting = tokio::spawn(async move { delivery.ack_with(ack).await });
    eventually("the ack counts", async || {
        node.event(&event).await.state() == EventState::Done
    })
    .await;
    proxy.cut();
    let acked = waiting.await.expect("no panic").expect("it is known");
    assert!(acked.again);
    assert!(acked.emitted[0].cron_id.starts_with("cron_"));
}

#[tokio::test]
async fn an_event_that_is_handed_off_is_nobodys_to_give_back() {
    let node = Node::start().await;
    let options = SessionOptions::new("worker").tag("build");
    let mut session = node.client().attach(options).await.expect("attached");
    let event = submit(&node).await;
    let delivery = session.next().await.expect("delivered");
    delivery.checkpoint("half done").await.expect("noted");
    delivery.hand_off("deploy", "").await.expect("handed off");
    drop(delivery);
    let shown = node.event(&event).await;
    assert_eq!(
        (shown.tag.as_str(), shown.note.as_str()),
        ("deploy", "half done")
    );
    assert_eq!((shown.state(), shown.attempts), (EventState::Ready, 0));
}
