//! A person with crons: makes them, changes them right when they are due, pauses, fires and removes
//! them. In the calm they go on for a while, then they are paused for good.

use std::collections::BTreeMap;
use std::time::Duration;

use ackord_client::{Client, Error, v1};
use ackord_core::model::{CatchUp, Overlap};
use tokio::time::sleep;

use super::host::Host;
use super::recorder::{done, now};
use super::scene::Scene;
use super::server::Server;
use super::submitter::class_of;
use crate::draw::Draw;
use crate::history::{CronAsk, CronDeed, Op, Who};
use crate::plan::{Craft, CronPlan, SCHEDULES, SilencePlan};

/// How long a call is tried.
const PATIENCE: Duration = Duration::from_secs(4);
/// Wait before something that must get through is tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// Ticks go on for so long in the calm.
const QUIET: Duration = Duration::from_secs(5);
/// Changes come so long before or after a tick is due.
const AT_THE_TICK_MS: u64 = 60;

/// Works until the storm is over.
pub(super) async fn run(scene: Scene, host: Host) {
    if scene.plan.crons.crons.is_empty() {
        return;
    }
    let work = async move {
        let mut hand = Hand::new(scene);
        hand.work().await;
    };
    // A stalled host goes on in the end; nothing kills it.
    let _ended = host.spawn(work).await;
}

/// All servers are away for a while, once nobody breaks them any more.
pub(super) async fn outage(scene: &Scene, servers: &[Server]) {
    let Some(length) = scene.plan.crons.outage else {
        return;
    };
    let inside = servers.iter().filter(|it| !it.is_out());
    let holds: Vec<_> = inside.filter_map(Server::hold).collect();
    let down = |it: &&Server| holds.iter().any(|hold| hold.server() == it.number());
    let down: Vec<&Server> = servers.iter().filter(down).collect();
    down.iter().for_each(|it| it.kill());
    sleep(length).await;
    down.iter().for_each(|it| it.start());
}

/// Lets ticks come for a while in the calm, then pauses all crons.
pub(super) async fn end(scene: &Scene, host: &Host) {
    if scene.plan.crons.crons.is_empty() && !scene.plan.knows(Craft::Crons) {
        return;
    }
    let scene = scene.clone();
    let work = async move {
        sleep(QUIET).await;
        let mut hand = Hand::new(scene);
        while !hand.pause_all().await {
            sleep(AGAIN).await;
        }
    };
    host.spawn(work).await.expect("nothing is broken any more");
}

/// Pauses crons that an ack has made or resumed late. False: there may be some that are not paused.
pub(super) async fn pause_rest(scene: &Scene) -> bool {
    !scene.plan.knows(Craft::Crons) || Hand::new(scene.clone()).pause_all().await
}

struct Hand {
    scene: Scene,
    client: Client,
    draw: Draw,
    /// Labels that were used.
    labels: Vec<String>,
    /// Who was to hear last of whose silence.
    silences: BTreeMap<String, Option<SilencePlan>>,
    watch_draw: Draw,
    /// The log's time, as it was told last.
    clock: Option<LogClock>,
}

/// The log's time at an instant of the world.
#[derive(Clone, Copy)]
struct LogClock {
    log_ms: u64,
    seen: Duration,
}

impl LogClock {
    /// That this log time is now.
    fn new(log_ms: u64) -> Self {
        let seen = now();
        Self { log_ms, seen }
    }

    /// About what log time is now.
    fn now_ms(self) -> u64 {
        let since = now().saturating_sub(self.seen).as_millis();
        self.log_ms + u64::try_from(since).expect("a run is short")
    }
}

/// What somebody is told of a cron that he has changed.
#[derive(Default)]
struct Told {
    position: Option<v1::Position>,
    /// The log's time then.
    at_ms: Option<u64>,
}

impl Told {
    fn new(position: Option<v1::Position>, cron: Option<v1::Cron>) -> Self {
        // A node that does not know it yet tells no time.
        let at_ms = cron.map(|it| it.changed_at_ms).filter(|it| *it > 0);
        Self { position, at_ms }
    }
}

impl Hand {
    fn new(scene: Scene) -> Self {
        let client = scene.client(&scene.tokens.manage, PATIENCE);
        let draw = scene.draw.fork("crons");
        Self {
            watch_draw: scene.draw.fork("silences of crons"),
            scene,
            client,
            draw,
            labels: Vec::new(),
            silences: BTreeMap::new(),
            clock: None,
        }
    }

    async fn work(&mut self) {
        for cron in self.scene.plan.crons.crons.clone() {
            self.create(cron).await;
        }
        while !self.scene.is_calm() {
            let pause = self.draw.millis(100..=4_000);
            self.scene.pause(pause).await;
            let label = self.draw.pick(&self.labels).clone();
            let at_the_tick = self.draw.chance(70);
            let schedule = match at_the_tick {
                true => self.wait_for_tick(&label).await,
                false => None,
            };
            if !self.scene.is_calm() {
                self.act(label, schedule).await;
            }
        }
    }

    async fn create(&mut self, cron: CronPlan) {
        let label = format!("c{}", self.labels.len() + 1);
        self.labels.push(label.clone());
        self.silences.insert(label.clone(), cron.silence.clone());
        let _recorded = self.ask(&label, CronDeed::Create(cron)).await;
    }

    /// A change keeps the schedule that was seen, or has another one.
    async fn act(&mut self, label: String, seen: Option<&'static str>) {
        let deed = match self.draw.within(1..=100) {
            1..=45 => {
                let mut cron = CronPlan::draw(&mut self.draw, &self.scene.plan.queues);
                let same = seen.filter(|_| self.draw.chance(60));
                cron.schedule = same.unwrap_or(cron.schedule);
                cron.silence = self.silence(&label);
                CronDeed::Update(cron)
            }
            46..=60 => CronDeed::Pause,
            61..=75 => CronDeed::Resume,
            76..=90 => return self.fire(&label).await,
            91..=95 => {
                let mut cron = CronPlan::draw(&mut self.draw, &self.scene.plan.queues);
                cron.silence = SilencePlan::draw(&mut self.watch_draw, &self.scene.plan.queues);
                return self.create(cron).await;
            }
            _ => CronDeed::Delete,
        };
        let _recorded = self.ask(&label, deed).await;
    }

    /// Once, or again and again: several events of a cron wait then.
    async fn fire(&mut self, label: &str) {
        for _ in 0..self.draw.within(1..=3) {
            let _recorded = self.ask(label, CronDeed::Fire).await;
        }
    }

    /// Mostly as it was.
    fn silence(&mut self, label: &str) -> Option<SilencePlan> {
        let known = self
            .silences
            .get(label)
            .filter(|_| self.watch_draw.chance(70));
        let silence = match known {
            Some(known) => known.clone(),
            None => SilencePlan::draw(&mut self.watch_draw, &self.scene.plan.queues),
        };
        self.silences.insert(label.to_owned(), silence.clone());
        silence
    }

    /// Waits until a tick of a cron is due, or nearly so. Answers its schedule.
    async fn wait_for_tick(&mut self, label: &str) -> Option<&'static str> {
        let request = v1::GetCronRequest {
            cron: label.to_owned(),
            ..v1::GetCronRequest::default()
        };
        let cron = self.client.get_cron(request).await.ok()?.cron?;
        let latest = cron.last_tick.map_or(0, |it| it.decided_at_ms);
        let told = latest.max(cron.changed_at_ms);
        let known = self.clock.map_or(told, |it| it.now_ms().max(told));
        let next = cron.next_at_ms.first().copied().unwrap_or_default();
        let left = next.saturating_sub(known).min(30_000);
        let shift = self.draw.within(0..=2 * AT_THE_TICK_MS);
        let left = (left + shift).saturating_sub(AT_THE_TICK_MS);
        self.scene.pause(Duration::from_millis(left)).await;
        let schedule = cron.terms?.schedule;
        SCHEDULES.into_iter().find(|it| *it == schedule)
    }

    /// False: there may be some that are not.
    async fn pause_all(&mut self) -> bool {
        let Ok(page) = self
            .client
            .list_crons(v1::ListCronsRequest::default())
            .await
        else {
            return false;
        };
        let mut all = true;
        for cron in page.crons {
            let label = cron.terms.unwrap_or_default().label;
            if cron.paused_at_ms == 0 {
                all &= self.ask(&label, CronDeed::Pause).await.is_ok();
            }
        }
        all
    }

    async fn ask(&mut self, label: &str, deed: CronDeed) -> Result<(), Error> {
        let op = Op::Cron(CronAsk {
            label: label.to_owned(),
            deed: deed.clone(),
            with: None,
        });
        let call = self.call(label, deed);
        let answer = |it: &Told| done(it.position.as_ref());
        let recorder = &self.scene.recorder;
        let told = recorder.call(Who::Operator, op, call, answer).await?;
        self.learn(told.at_ms);
        Ok(())
    }

    /// A deed that changes nothing tells when the cron was changed last, which says nothing.
    fn learn(&mut self, told_ms: Option<u64>) {
        let known = self.clock.map_or(0, LogClock::now_ms);
        let is_news = |it: &u64| *it + 1_000 > known;
        self.clock = told_ms.filter(is_news).map(LogClock::new).or(self.clock);
    }

    async fn call(&self, label: &str, deed: CronDeed) -> Result<Told, Error> {
        let client = &self.client;
        let cron = label.to_owned();
        let revision = None;
        Ok(match deed {
            CronDeed::Create(it) => {
                let asked = v1::CreateCronRequest {
                    terms: Some(terms(label, &it)),
                    instruction: Some(instruction(label)),
                    paused: false,
                };
                let made = client.create_cron(asked).await?;
                Told::new(made.position, made.cron)
            }
            CronDeed::Update(it) => {
                let terms = Some(terms(label, &it));
                let asked = v1::UpdateCronRequest {
                    cron,
                    revision,
                    terms,
                    instruction: None,
                };
                let made = client.update_cron(asked).await?;
                Told::new(made.position, made.cron)
            }
            CronDeed::Delete => {
                let asked = v1::DeleteCronRequest { cron, revision };
                Told::new(client.delete_cron(asked).await?.position, None)
            }
            CronDeed::Pause => {
                let asked = v1::PauseCronRequest { cron };
                let made = client.pause_cron(asked).await?;
                Told::new(made.position, made.cron)
            }
            CronDeed::Resume => {
                let asked = v1::ResumeCronRequest { cron };
                let made = client.resume_cron(asked).await?;
                Told::new(made.position, made.cron)
            }
            CronDeed::Fire => {
                let dedup_key = String::new();
                let asked = v1::FireCronRequest { cron, dedup_key };
                Told::new(client.fire_cron(asked).await?.position, None)
            }
        })
    }
}

/// What goes out with an ack.
pub(super) fn emit(it: &CronAsk) -> v1::emit::Emit {
    let cron = it.label.clone();
    let revision = None;
    match &it.deed {
        CronDeed::Create(plan) => v1::emit::Emit::CreateCron(v1::CreateCronRequest {
            terms: Some(terms(&cron, plan)),
            instruction: Some(instruction(&cron)),
            paused: false,
        }),
        CronDeed::Update(plan) => v1::emit::Emit::UpdateCron(v1::UpdateCronRequest {
            terms: Some(terms(&cron, plan)),
            cron,
            revision,
            instruction: None,
        }),
        CronDeed::Delete => v1::emit::Emit::DeleteCron(v1::DeleteCronRequest { cron, revision }),
        CronDeed::Pause => v1::emit::Emit::PauseCron(v1::PauseCronRequest { cron }),
        CronDeed::Resume => v1::emit::Emit::ResumeCron(v1::ResumeCronRequest { cron }),
        CronDeed::Fire => {
            let dedup_key = String::new();
            v1::emit::Emit::FireCron(v1::FireCronRequest { cron, dedup_key })
        }
    }
}

fn terms(label: &str, it: &CronPlan) -> v1::CronTerms {
    let (catch_up, max_age) = match it.catch_up {
        CatchUp::Skip => (v1::CatchUp::Skip, 0),
        CatchUp::One => (v1::CatchUp::One, 0),
        CatchUp::All { max_age } => (v1::CatchUp::All, max_age.0),
    };
    let overlap = match it.overlap {
        Overlap::Allow => v1::Overlap::Allow,
        Overlap::Skip => v1::Overlap::Skip,
        Overlap::Replace => v1::Overlap::Replace,
    };
    v1::CronTerms {
        label: label.to_owned(),
        schedule: it.schedule.to_owned(),
        tag: it.tag.as_ref().map(ToString::to_string).unwrap_or_default(),
        class: class_of(it.class).into(),
        overlap: overlap.into(),
        catch_up: catch_up.into(),
        catch_up_max_age_ms: max_age,
        silence: it.silence.as_ref().map(silence),
        ..v1::CronTerms::default()
    }
}

/// What is asked of a watch.
pub(super) fn silence(it: &SilencePlan) -> v1::Silence {
    v1::Silence {
        after_ms: it.after.0,
        tag: it.tag.to_string(),
        class: class_of(it.class).into(),
    }
}

fn instruction(label: &str) -> v1::Instruction {
    let prompt = v1::instruction::Instruction::Prompt(format!("do {label}"));
    v1::Instruction {
        instruction: Some(prompt),
    }
}
