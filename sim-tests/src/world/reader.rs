//! A client that asks one server, whoever else there is: what does it know, and does it still answer
//! when it should not?

use std::time::Duration;

use ackord_client::v1::{self, RefusalReason};
use ackord_client::{Client, Error};

use super::host::Host;
use super::recorder::outcome_of;
use super::scene::Scene;
use super::server::Server;
use crate::history::{Answer, Op, Outcome, Who};

/// How long a question is asked.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Longest pause between two questions, in milliseconds.
const PAUSE_MAX: u64 = 1_500;

/// Asks until the storm is over.
pub(super) async fn run(scene: Scene, server: Server, host: Host) {
    let number = server.number();
    let work = async move {
        let client = scene.client_of(vec![server.url()], &scene.tokens.observe, PATIENCE);
        let fresh = scene.fresh_client_of(vec![server.url()], &scene.tokens.observe, PATIENCE);
        let mut draw = scene.draw.fork(&format!("reader {number}"));
        while !scene.is_calm() {
            scene.pause(draw.millis(20..=PAUSE_MAX)).await;
            let Some((event, index)) = scene.work.some_place(&mut draw) else {
                continue;
            };
            let at_least = draw.chance(50).then_some(index);
            let is_fresh = draw.chance(30);
            let (client, at_least) = match is_fresh {
                true => (&fresh, None),
                false => (&client, at_least),
            };
            let server = number;
            let op = match is_fresh {
                true => Op::FreshRead { server, event },
                false => Op::Read {
                    server,
                    event,
                    at_least,
                },
            };
            let who = Who::Reader(u32::try_from(number).expect("few"));
            let id = scene.recorder.invoke(who, op);
            let outcome = ask(client, event.to_string(), at_least).await;
            scene.recorder.end(who, id, outcome);
        }
    };
    // A stalled host goes on in the end; nothing kills it.
    let _ended = host.spawn(work).await;
}

async fn ask(client: &Client, event_id: String, at_least: Option<u64>) -> Outcome {
    let position = |index| v1::Position {
        index,
        ..Default::default()
    };
    let request = v1::GetEventRequest {
        event_id,
        at_least: at_least.map(position),
    };
    let read = match client.get_event(request).await {
        Ok(found) => {
            let event = found.event.unwrap_or_default();
            (true, event.ack.is_some())
        }
        Err(Error::Refused(it)) if it.reason == RefusalReason::NotFound => (false, false),
        Err(error) => return outcome_of(&error),
    };
    let (is_there, is_acked) = read;
    Outcome::Ok(Answer::Read { is_there, is_acked })
}
