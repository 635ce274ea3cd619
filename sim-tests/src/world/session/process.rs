//! One process of a session: attaches, and does with each delivery what its habits say.

use std::sync::Arc;
use std::time::Duration;

use ackord_client::{Client, Delivery, Loss, Session, SessionOptions, v1};
use ackord_core::command::Fence;
use ackord_core::model::Class;
use ackord_core::text::OrderingKey;
use tokio::sync::Notify;

use super::habit::Hand;
use super::parcel::Parcel;
use super::{Birth, Wish};
use crate::history::{Answer, Op, Outcome, Process, Sight, Who};
use crate::judge::content_of;

/// How long an attach or an answer is tried.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lives until it is killed, or has ended and said so.
pub(super) async fn live(birth: Birth) {
    let client = birth.scene.client(&birth.badge().secret, PATIENCE);
    if let Some(session) = attach(&birth, &client).await {
        serve(&birth, client, session).await;
    }
    // Whoever was replaced is not heard any more.
    let _unheard = birth.wishes.send(Wish::Ended);
}

async fn attach(birth: &Birth, client: &Client) -> Option<Session> {
    let Birth {
        process,
        nonce,
        tag,
        ..
    } = birth;
    let mut options = SessionOptions::new(format!("s{}", process.session));
    options.nonce = *nonce;
    if let Some(tag) = tag {
        options = options.tag(tag.as_str());
    }
    let op = Op::Attach {
        tag: tag.clone(),
        nonce: *nonce,
    };
    let answer = |it: &Session| Answer::Attached {
        session: it
            .id()
            .parse()
            .expect("a server names sessions by their ids"),
    };
    let call = Box::pin(client.attach(options));
    birth
        .scene
        .recorder
        .call(Who::Session(*process), op, call, answer)
        .await
        .ok()
}

async fn serve(birth: &Birth, client: Client, mut session: Session) {
    let leave = Arc::new(Notify::new());
    let recorder = &birth.scene.recorder;
    for nth in 1.. {
        let next = tokio::select! {
            biased;
            () = leave.notified() => {
                let who = Who::Session(birth.process);
                let id = recorder.invoke(who, Op::Bye);
                session.bye().await;
                recorder.end(who, id, Outcome::Info("a good-bye is not answered".to_owned()));
                return;
            }
            next = session.next() => next,
        };
        match next {
            Ok(delivery) => {
                let fence = see(birth, &delivery);
                tokio::spawn(tell_of_loss(
                    birth.scene.clone(),
                    birth.process,
                    delivery.clone(),
                ));
                let hand = Hand {
                    scene: birth.scene.clone(),
                    draw: birth.draw.fork(&format!("delivery {nth}")),
                    process: birth.process,
                    nonce: birth.nonce,
                    badge: birth.badge().clone(),
                    queue: birth.queue.clone(),
                    client: client.clone(),
                    delivery,
                    fence,
                    wishes: birth.wishes.clone(),
                    leave: leave.clone(),
                    parcel: Parcel::default(),
                };
                tokio::spawn(hand.act());
            }
            Err(ended) => {
                recorder.see(
                    birth.process,
                    Sight::Ended {
                        why: ended.to_string(),
                    },
                );
                return;
            }
        }
    }
}

/// Records what the process is given.
fn see(birth: &Birth, delivery: &Delivery) -> Fence {
    let fence = fence_of(delivery);
    let key = delivery.ordering_key.as_ref();
    birth.scene.work.was_given(fence);
    birth.scene.work.heard_of(fence.event);
    let sight = Sight::Delivered {
        fence,
        content: content_of(&delivery.body, |it| birth.scene.work.padding(it)),
        class: match delivery.class {
            v1::Class::Interrupt => Class::Interrupt,
            v1::Class::Priority => Class::Priority,
            v1::Class::Normal | v1::Class::Unspecified => Class::Normal,
        },
        ordering_key: key.map(|it| OrderingKey::new(it.as_str()).expect("it was submitted")),
        attempts: delivery.attempts,
        cron: delivery.meta.get("ackord.cron").cloned(),
        is_alarm: delivery.meta.contains_key("ackord.silent_for_ms"),
        note: delivery.note.clone(),
        effects: delivery.effects.iter().map(|it| it.key.clone()).collect(),
    };
    birth.scene.recorder.see(birth.process, sight);
    fence
}

/// Holds the delivery until it is lost, and records that. What a process answered it did not lose.
async fn tell_of_loss(scene: super::Scene, process: Process, delivery: Delivery) {
    let loss = delivery.lost().await;
    if loss != Loss::Finished {
        let fence = fence_of(&delivery);
        let why = loss.to_string();
        scene.recorder.see(process, Sight::Lost { fence, why });
    }
}

fn fence_of(delivery: &Delivery) -> Fence {
    let event = delivery.event_id.parse();
    Fence {
        event: event.expect("a server names events by their ids"),
        delivery: delivery.number,
    }
}
