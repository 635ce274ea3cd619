//! A person at work: cancels, sends round again, purges, pauses, and has queues drain for a while.

use std::time::Duration;

use ackord_client::Client;
use ackord_client::v1;
use ackord_core::id::EventId;
use ackord_core::model::Mode;
use ackord_core::text::Tag;
use tokio::time::sleep;

use super::host::Host;
use super::recorder::done;
use super::scene::Scene;
use crate::draw::Draw;
use crate::history::{Op, Who};
use crate::plan::Feature;

/// How long a call is tried.
const PATIENCE: Duration = Duration::from_secs(4);
/// Wait before a queue that was not opened is opened again.
const AGAIN: Duration = Duration::from_millis(500);

/// Works until the storm is over, and leaves no queue paused or draining.
pub(super) async fn run(scene: Scene, host: Host) {
    let all = [
        Feature::Cancels,
        Feature::Replays,
        Feature::Purges,
        Feature::Pauses,
        Feature::Drains,
    ];
    let wanted: Vec<Feature> = all.into_iter().filter(|it| scene.plan.has(*it)).collect();
    if wanted.is_empty() {
        return;
    }
    let work = async move {
        let draw = scene.draw.fork("operator");
        let client = scene.client(&scene.tokens.manage, PATIENCE);
        let mut operator = Operator {
            scene,
            client,
            draw,
        };
        while !operator.scene.is_calm() {
            let pause = operator.draw.millis(200..=3_000);
            operator.scene.pause(pause).await;
            let what = *operator.draw.pick(&wanted);
            operator.act(what).await;
        }
    };
    // A stalled host goes on in the end; nothing kills it.
    let _ended = host.spawn(work).await;
}

/// Whether a queue is paused or drains.
pub(super) fn is_held(queue: &v1::Queue) -> bool {
    [v1::QueueMode::Paused, v1::QueueMode::Draining].contains(&queue.mode())
}

/// Lets queues go on that a pause or a drain has reached late, after the resume that was to end it.
pub(super) async fn resume(scene: &Scene, client: &Client, queues: &[v1::Queue]) {
    for queue in queues.iter().filter(|it| is_held(it)) {
        let tag = (!queue.tag.is_empty()).then(|| Tag::new(queue.tag.as_str()));
        let tag = tag.transpose().expect("a server tells tags as they are");
        set_mode(scene, client, tag, Mode::Active).await;
    }
}

/// Whoever was refused in the calm has the queue opened that drains for nobody any more.
pub(super) async fn open(scene: &Scene, tag: Option<Tag>) {
    if scene.plan.has(Feature::Drains) {
        let client = scene.client(&scene.tokens.manage, PATIENCE);
        set_mode(scene, &client, tag, Mode::Active).await;
    }
}

struct Operator {
    scene: Scene,
    client: Client,
    draw: Draw,
}

impl Operator {
    async fn act(&mut self, what: Feature) {
        match what {
            Feature::Cancels => self.cancel().await,
            Feature::Replays => self.replay().await,
            Feature::Purges => self.purge().await,
            Feature::Drains => self.hold_a_queue(Mode::Draining).await,
            _ => self.hold_a_queue(Mode::Paused).await,
        }
    }

    async fn cancel(&mut self) {
        let Some(event) = self.scene.work.some_event(&mut self.draw) else {
            return;
        };
        let request = v1::CancelRequest {
            event_id: event.to_string(),
            reason: String::new(),
        };
        let call = self.client.cancel(request);
        let recorder = &self.scene.recorder;
        let answer = |it: &v1::CancelResponse| done(it.position.as_ref());
        let _recorded = recorder
            .call(Who::Operator, Op::Cancel(event), call, answer)
            .await;
    }

    /// Something that is dead, or anything, which is done then if it is refused not.
    async fn replay(&mut self) {
        let dead = self.some_dead().await.filter(|_| self.draw.chance(70));
        let any = || self.scene.work.some_event(&mut self.draw.clone());
        let Some(event) = dead.or_else(any) else {
            return;
        };
        let call = self.client.replay(v1::ReplayRequest {
            event_id: event.to_string(),
        });
        let recorder = &self.scene.recorder;
        let answer = |it: &v1::ReplayResponse| done(it.position.as_ref());
        let _recorded = recorder
            .call(Who::Operator, Op::Replay(event), call, answer)
            .await;
    }

    async fn purge(&mut self) {
        let Some(event) = self.some_dead().await else {
            return;
        };
        let call = self.client.purge(v1::PurgeRequest {
            event_id: event.to_string(),
        });
        let recorder = &self.scene.recorder;
        let answer = |it: &v1::PurgeResponse| done(it.position.as_ref());
        let _recorded = recorder
            .call(Who::Operator, Op::Purge(event), call, answer)
            .await;
    }

    async fn some_dead(&mut self) -> Option<EventId> {
        let page = self
            .client
            .list_dead(v1::ListDeadRequest::default())
            .await
            .ok()?;
        let dead = page.events.iter().filter_map(|it| it.id.parse().ok());
        let dead: Vec<EventId> = dead.collect();
        (!dead.is_empty()).then(|| *self.draw.pick(&dead))
    }

    async fn hold_a_queue(&mut self, mode: Mode) {
        let tag = self.draw.pick(&self.scene.plan.queues).tag.clone();
        set_mode(&self.scene, &self.client, tag.clone(), mode).await;
        let length = self.draw.millis(200..=4_000);
        self.scene.pause(length).await;
        // Whether or not that got through, nobody knows better than to resume.
        while !set_mode(&self.scene, &self.client, tag.clone(), Mode::Active).await {
            sleep(AGAIN).await;
        }
    }
}

async fn set_mode(scene: &Scene, client: &Client, tag: Option<Tag>, mode: Mode) -> bool {
    let name = tag
        .as_ref()
        .map(|it| it.as_str().to_owned())
        .unwrap_or_default();
    let call = async {
        match mode {
            Mode::Active => {
                let asked = client.resume_queue(v1::ResumeQueueRequest { tag: name });
                asked.await.map(|it| it.position)
            }
            Mode::Paused => {
                let asked = client.pause_queue(v1::PauseQueueRequest { tag: name });
                asked.await.map(|it| it.position)
            }
            Mode::Draining => {
                let asked = client.drain_queue(v1::DrainQueueRequest { tag: name });
                asked.await.map(|it| it.position)
            }
        }
    };
    let op = Op::SetMode(tag, mode);
    let answer = |it: &Option<v1::Position>| done(it.as_ref());
    let recorder = &scene.recorder;
    recorder.call(Who::Operator, op, call, answer).await.is_ok()
}
