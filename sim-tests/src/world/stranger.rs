//! Somebody who must not have what he asks for: of another team, or with a token that allows too
//! little.

use std::time::Duration;

use ackord_client::{Client, Error, Event, v1};
use ackord_core::command::Fence;
use ackord_core::id::EventId;

use super::host::Host;
use super::recorder::outcome_of;
use super::scene::Scene;
use super::submitter::{self, NAMESPACE};
use crate::draw::Draw;
use crate::history::{Answer, Deed, Op, Outcome, Overstep, Stray, Who};
use crate::judge::FOREIGN_BODY;
use crate::plan::Feature;

/// How long a call is tried.
const PATIENCE: Duration = Duration::from_secs(3);
/// Longest pause between two tries, in milliseconds.
const PAUSE_MAX: u64 = 3_000;
/// What he submits dies by itself, for nobody takes it.
const TTL: Duration = Duration::from_secs(3);

/// Tries until the storm is over.
pub(super) async fn run(scene: Scene, host: Host) {
    if !scene.plan.has(Feature::Strangers) {
        return;
    }
    let work = async move {
        let mut stranger = Stranger {
            foreign: scene.client(&scene.tokens.foreign, PATIENCE),
            draw: scene.draw.fork("stranger"),
            scene,
        };
        while !stranger.scene.is_calm() {
            let pause = stranger.draw.millis(100..=PAUSE_MAX);
            stranger.scene.pause(pause).await;
            if let Some(stray) = stranger.next() {
                stranger.stray(stray).await;
            }
        }
    };
    // A stalled host goes on in the end; nothing kills it.
    let _ended = host.spawn(work).await;
}

struct Stranger {
    scene: Scene,
    /// Of another team.
    foreign: Client,
    draw: Draw,
}

impl Stranger {
    fn next(&mut self) -> Option<Stray> {
        let draw = &mut self.draw;
        Some(match draw.within(1..=10) {
            1..=5 => Stray::Foreign {
                deed: *draw.pick(&Deed::ALL),
                fence: self.scene.work.some_fence(draw)?,
                exists: true,
            },
            6 => Stray::Foreign {
                deed: *draw.pick(&Deed::ALL),
                fence: Fence {
                    event: EventId(draw.number().into()),
                    delivery: 1,
                },
                exists: false,
            },
            7..=8 => Stray::Submit(self.scene.work.some_key(draw)?),
            _ => Stray::Overstep(*draw.pick(&Overstep::ALL)),
        })
    }

    async fn stray(&mut self, stray: Stray) {
        let who = Who::Stranger;
        let recorder = self.scene.recorder.clone();
        let id = recorder.invoke(who, Op::Stray(stray.clone()));
        let outcome = match self.try_it(stray).await {
            Ok(answer) => Outcome::Ok(answer),
            Err(error) => outcome_of(&error),
        };
        recorder.end(who, id, outcome);
    }

    async fn try_it(&mut self, stray: Stray) -> Result<Answer, Error> {
        match stray {
            Stray::Foreign { deed, fence, .. } => do_with(&self.foreign, deed, fence).await,
            Stray::Submit(key) => {
                let event = Event::new("sim.foreign", FOREIGN_BODY.to_vec())
                    .namespace(NAMESPACE)
                    .dedup_key(key)
                    .ttl(TTL);
                let receipt = self.foreign.submit(event).await?;
                Ok(submitter::answer(&receipt))
            }
            Stray::Overstep(what) => self.overstep(what).await,
        }
    }

    async fn overstep(&mut self, what: Overstep) -> Result<Answer, Error> {
        let tokens = &self.scene.tokens;
        let client = |token: &str| self.scene.client(token, PATIENCE);
        let fence = self.scene.work.some_fence(&mut self.draw);
        let nobodys = Fence {
            event: EventId(1),
            delivery: 1,
        };
        let fence = fence.unwrap_or(nobodys);
        match what {
            Overstep::SessionSubmits => {
                let event = Event::new("sim.overstep", Vec::new());
                let receipt = client(&tokens.session).submit(event).await?;
                Ok(submitter::answer(&receipt))
            }
            Overstep::ObserverCancels => {
                do_with(&client(&tokens.observe), Deed::Cancel, fence).await
            }
            Overstep::SubmitterAcks => do_with(&client(&tokens.submit), Deed::Ack, fence).await,
            Overstep::ManagerMakesTeam => {
                let name = "mine".to_owned();
                let manager = client(&tokens.manage);
                let made = manager.create_team(v1::CreateTeamRequest { name });
                made.await.map(|_| Answer::Somewhere)
            }
        }
    }
}

async fn do_with(client: &Client, deed: Deed, fence: Fence) -> Result<Answer, Error> {
    let event_id = fence.event.to_string();
    match deed {
        Deed::Look => {
            let at_least = None;
            let asked = client.get_event(v1::GetEventRequest { event_id, at_least });
            asked.await.map(|_| Answer::Somewhere)
        }
        Deed::Read => {
            let at_least = None;
            let asked = client.get_body(v1::GetBodyRequest { event_id, at_least });
            asked.await.map(|_| Answer::Somewhere)
        }
        Deed::Ack => {
            let named = v1::Fence {
                event_id,
                delivery: fence.delivery,
            };
            let ack = v1::Ack {
                fence: Some(named),
                ..v1::Ack::default()
            };
            let asked = client.ack(v1::AckRequest { ack: Some(ack) });
            asked.await.map(|_| Answer::Somewhere)
        }
        Deed::Cancel => {
            let reason = String::new();
            let asked = client.cancel(v1::CancelRequest { event_id, reason });
            asked.await.map(|_| Answer::Somewhere)
        }
        Deed::Replay => {
            let asked = client.replay(v1::ReplayRequest { event_id });
            asked.await.map(|_| Answer::Somewhere)
        }
    }
}
