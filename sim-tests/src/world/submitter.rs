//! A client that submits: some callers that share one [`Client`].

use std::sync::Arc;

use ackord_client::v1;
use ackord_client::{Client, Event, Receipt, Taken as Told};
use ackord_core::model::Class;
use futures::future::join_all;

use super::host::Host;
use super::operator;
use super::scene::Scene;
use crate::history::{Answer, Op, Submission, Taken, Who};
use crate::judge::body_of;

/// Scope of the keys that submitters state.
pub(super) const NAMESPACE: &str = "sim";
/// In the calm a leader is there soon.
const LAST_SUBMITS: u32 = 20;

/// Submits until there is nothing left, or the storm is over and somebody was given something.
pub(super) async fn run(scene: Scene, number: u32, host: Host) {
    let callers = scene.plan.callers;
    let work = async move {
        let client = scene.client(&scene.tokens.submit, scene.plan.patience);
        let callers =
            (0..callers).map(|caller| call(scene.clone(), client.clone(), number, caller));
        join_all(callers).await;
        if number == 1 {
            submit_at_last(&scene, &client, number).await;
        }
    };
    // A stalled host goes on in the end; nothing kills it.
    let _ended = host.spawn(work).await;
}

async fn call(scene: Scene, client: Client, number: u32, caller: u32) {
    let mut draw = scene
        .draw
        .fork(&format!("submitter {number} caller {caller}"));
    let longest = u64::try_from(scene.plan.pause.as_millis()).expect("a short time");
    scene.pause(draw.millis(0..=longest)).await;
    while !scene.is_calm()
        && let Some(submission) = scene.work.next(&scene.plan, &mut draw)
    {
        submit(&scene, &client, number, submission).await;
        scene.pause(draw.millis(0..=longest)).await;
    }
}

/// A storm may have let nothing through. Then the calm does, so that no run is about nothing.
async fn submit_at_last(scene: &Scene, client: &Client, number: u32) {
    if !scene.work.is_untouched() {
        return;
    }
    scene.calm().await;
    let mut draw = scene.draw.fork("the last submit");
    for _ in 0..LAST_SUBMITS {
        let submission = scene.work.plain(&scene.plan, &mut draw);
        let tag = submission.tag.clone();
        if submit(scene, client, number, submission).await {
            return;
        }
        operator::open(scene, tag).await;
    }
}

/// Whether it was accepted, or had been.
async fn submit(scene: &Scene, client: &Client, number: u32, submission: Arc<Submission>) -> bool {
    let call = client.submit(event(&submission));
    let op = Op::Submit(submission);
    let submitted = scene
        .recorder
        .call(Who::Submitter(number), op, call, answer)
        .await;
    if let Ok(receipt) = &submitted {
        let event = event_id(receipt);
        scene.work.heard_of(event);
        scene.work.was_decided(event, receipt.position.index);
    }
    submitted.is_ok()
}

fn event(it: &Submission) -> Event {
    let mut event = Event::new("sim.event", body_of(it.content, it.padding))
        .namespace(NAMESPACE)
        .class(class_of(it.class));
    if let Some(tag) = &it.tag {
        event = event.tag(tag.as_str());
    }
    if let Some(key) = &it.ordering_key {
        event = event.ordering_key(key.as_str());
    }
    if let Some(key) = &it.dedup_key {
        event = event.dedup_key(key);
    }
    if let Some(delay) = it.delay {
        event = event.delay(delay);
    }
    if let Some(ttl) = it.ttl {
        event = event.ttl(ttl);
    }
    if let Some(attempts) = it.attempts {
        event = event.attempts(attempts);
    }
    event
}

pub(super) fn class_of(class: Class) -> v1::Class {
    match class {
        Class::Interrupt => v1::Class::Interrupt,
        Class::Priority => v1::Class::Priority,
        Class::Normal => v1::Class::Normal,
    }
}

pub(super) fn answer(receipt: &Receipt) -> Answer {
    let taken = match receipt.taken {
        Told::Accepted => Taken::Accepted,
        Told::Duplicate => Taken::Duplicate,
        Told::Conflict => Taken::Conflict,
    };
    Answer::Submitted {
        event: event_id(receipt),
        taken,
        index: receipt.position.index,
    }
}

fn event_id(receipt: &Receipt) -> ackord_core::id::EventId {
    receipt
        .event_id
        .parse()
        .expect("a server names events by their ids")
}
