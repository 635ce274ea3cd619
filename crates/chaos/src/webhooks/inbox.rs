//! What a session saw of webhooks, by the number in each body: a record that owes nothing to the
//! server's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ackord_client::{Client, Delivery, Ended, SessionOptions};

use crate::load::Tasks;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Inbox(Mutex<BTreeMap<u64, Seen>>);

/// What was seen of one webhook.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// The events that brought it.
    pub(super) events: BTreeSet<String>,
    /// Those of them whose ack counted.
    pub(super) acked: BTreeSet<String>,
}

impl Inbox {
    /// Whether it was acknowledged.
    pub(super) fn has(&self, key: u64) -> bool {
        self.all().get(&key).is_some_and(|it| !it.acked.is_empty())
    }

    /// Everything.
    pub(super) fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn saw(&self, delivery: &Delivery) -> Option<u64> {
        let body: serde_json::Value = serde_json::from_slice(&delivery.body).ok()?;
        let key = body["number"].as_u64()?;
        let event = delivery.event_id.clone();
        self.all().entry(key).or_default().events.insert(event);
        Some(key)
    }
}

/// A session that acknowledges whatever it gets, until its handle is dropped.
pub(super) fn attach(client: Client, key: String, tag: &str, inbox: Arc<Inbox>) -> Tasks {
    let options = SessionOptions::new(key).tag(tag);
    Tasks::spawn(async move {
        loop {
            let Ok(mut session) = client.attach(options.clone()).await else {
                continue;
            };
            loop {
                match session.next().await {
                    Ok(delivery) => work(&inbox, &delivery).await,
                    Err(Ended::Failed(_)) => break,
                    Err(_) => return,
                }
            }
        }
    })
}

async fn work(inbox: &Inbox, delivery: &Delivery) {
    let Some(key) = inbox.saw(delivery) else {
        return;
    };
    if delivery.ack("done").await.is_ok() {
        let event = delivery.event_id.clone();
        inbox.all().entry(key).or_default().acked.insert(event);
    }
}
