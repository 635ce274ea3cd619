//! Events by the million, of which some are delayed and some have an ordering key.

use std::time::Duration;

use ackord_client::{Client, Event};

use super::load::{self, Bound};
use super::place::{Bodies, Tags};
use crate::cli::failure::Failure;

/// Of so many events one is delayed, and one has an ordering key: a tenth in all.
const ONE_OF: u64 = 20;
/// Keys of a tag that events are ordered by.
const KEYS: u32 = 100;
/// Submits under way: enough that batches are full.
const CALLERS: usize = 2048;

/// Fills the queues of a run.
pub(super) struct Fill<'a> {
    pub(super) client: &'a Client,
    pub(super) tags: &'a Tags,
    pub(super) bodies: &'a Bodies,
    /// Delays are drawn up to this.
    pub(super) delay_max: Duration,
}

impl Fill<'_> {
    /// Submits the events with these numbers. Returns how long it took.
    pub(super) async fn run(&self, from: u64, to: u64) -> Result<Duration, Failure> {
        let label = format!("fill {}", to - from);
        let outcome = load::run(&label, Bound::count(to - from), CALLERS, |_, tickets| {
            let (client, tags, bodies) =
                (self.client.clone(), self.tags.clone(), self.bodies.clone());
            let delay_max = self.delay_max;
            async move {
                while let Some(number) = tickets.take() {
                    client
                        .submit(event(from + number, &tags, &bodies, delay_max))
                        .await?;
                    tickets.done();
                }
                Ok(())
            }
        });
        Ok(outcome.await?.took)
    }
}

/// The event of a number. Its dedup key is drawn by the client.
fn event(number: u64, tags: &Tags, bodies: &Bodies, delay_max: Duration) -> Event {
    let tag = tags.of(usize::try_from(number).expect("fewer than the address space"));
    let event = Event::new("bench", bodies.cut()).tag(tag);
    // By what is left of the number over the tags: each tag gets its part of every kind.
    match number / tags.count() as u64 % ONE_OF {
        0 => event.delay(delay_max.mul_f64(rand::random_range(0.0..1.0))),
        1 => event.ordering_key(format!("key-{}", rand::random_range(0..KEYS))),
        _ => event,
    }
}
