//! A plugin with the published one's queue, and the agent behind it.
//!
//! The plugin hands its agent one event after the other. It forgets the one in hand after a while, acked or not,
//! and hands over the next; the agent's `event_ack` names no event, so the ack is of whatever is in hand by then.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use crate::plugin::{Event, LONG, Plugin};

/// See the module.
pub(crate) struct Agent {
    plugin: Plugin,
    queue: VecDeque<Event>,
    hand: Option<(String, Instant)>,
    forgets_after: Duration,
}

impl Agent {
    /// Of a plugin that forgets after so long what it has in hand.
    pub(crate) fn new(plugin: Plugin, forgets_after: Duration) -> Self {
        Self {
            plugin,
            queue: VecDeque::new(),
            hand: None,
            forgets_after,
        }
    }

    /// The plugin itself: what is in its queue stays there.
    pub(crate) fn plugin(&mut self) -> &mut Plugin {
        &mut self.plugin
    }

    /// What the agent is shown next.
    pub(crate) async fn shown(&mut self) -> Event {
        timeout(LONG, self.next_shown())
            .await
            .expect("it is shown something")
    }

    /// The agent says that it is done with what it was shown.
    pub(crate) async fn event_ack(&mut self, summary: &str) {
        self.forget();
        if let Some((id, _)) = self.hand.take() {
            self.plugin.ack(&id, summary).await;
        }
    }

    async fn next_shown(&mut self) -> Event {
        loop {
            self.forget();
            if self.hand.is_none()
                && let Some(event) = self.queue.pop_front()
            {
                self.hand = Some((event.id.clone(), Instant::now() + self.forgets_after));
                return event;
            }
            let until = self.hand.as_ref().map_or_else(Instant::now, |it| it.1);
            tokio::select! {
                biased;
                event = self.plugin.event() => self.queue.push_back(event),
                () = sleep_until(until), if self.hand.is_some() => {}
            }
        }
    }

    fn forget(&mut self) {
        self.hand.take_if(|it| it.1 <= Instant::now());
    }
}
