//! Habits carried out: one delivery in a process's hand.

use std::sync::Arc;
use std::time::Duration;

use ackord_client::{Client, Delivery, Error, Loss, Nack, v1};
use ackord_core::command::Fence;
use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;

use super::super::recorder::done;
use super::super::scene::Scene;
use super::super::setup::Badge;
use super::Wish;
use super::parcel::Parcel;
use crate::draw::Draw;
use crate::history::{Answer, Op, Process, Who};
use crate::plan::{Habit, QueuePlan};

/// A delivery, and whose hand it is in.
pub(super) struct Hand {
    pub(super) scene: Scene,
    pub(super) draw: Draw,
    pub(super) process: Process,
    pub(super) nonce: u64,
    /// What its session has attached with.
    pub(super) badge: Badge,
    pub(super) queue: Arc<QueuePlan>,
    pub(super) client: Client,
    pub(super) delivery: Delivery,
    pub(super) fence: Fence,
    pub(super) wishes: mpsc::UnboundedSender<Wish>,
    pub(super) leave: Arc<Notify>,
    /// What goes with its ack.
    pub(super) parcel: Parcel,
}

impl Hand {
    /// Does with the delivery what some habit says.
    pub(super) async fn act(mut self) {
        let habit = self.habit();
        if self.craft().await.is_continue() {
            self.answer(habit).await;
        }
        self.be_well_again().await;
    }

    async fn answer(&mut self, habit: Option<Habit>) {
        match habit {
            None => self.work().await,
            Some(Habit::Hurry) => self.ack().await,
            Some(Habit::AckLate) => self.ack_late().await,
            Some(Habit::AckTwice) => self.ack_twice().await,
            Some(Habit::AckStale) => self.ack_stale().await,
            Some(Habit::Extend) => self.extend_and_ack().await,
            Some(Habit::Retry) => self.retry().await,
            Some(Habit::Reject) => self.nack(Nack::reject("not for me"), true).await,
            Some(Habit::Deaf) => self.be_deaf().await,
            Some(Habit::Fade) => self.fade().await,
            Some(Habit::Crash) => self.wish_soon(Wish::Crash { same: false }).await,
            Some(Habit::Return) => self.wish_soon(Wish::Crash { same: true }).await,
            Some(Habit::Replaced) => self.be_replaced().await,
            Some(Habit::Leave) => self.leave.notify_one(),
        }
    }

    /// Whoever let an offer run out is given nothing more until it makes a call, of any kind. Some
    /// do soon, some only in the calm. An offer runs out on those too whose answer did not count.
    async fn be_well_again(&mut self) {
        if self.delivery.lost().await != Loss::Expired {
            return;
        }
        if self.draw.chance(50) {
            self.scene.calm().await;
        } else {
            let pause = self.draw.millis(0..=5_000);
            self.scene.pause(pause).await;
        }
        let _refused = self.extend().await;
    }

    /// None: it just works, as all do in the calm.
    fn habit(&mut self) -> Option<Habit> {
        let habits: Vec<Habit> = self.scene.plan.habits.iter().copied().collect();
        let works = self.scene.is_calm() || habits.is_empty() || self.draw.chance(40);
        (!works).then(|| *self.draw.pick(&habits))
    }

    pub(super) fn who(&self) -> Who {
        Who::Session(self.process)
    }

    fn lease(&self) -> Duration {
        Duration::from_millis(self.queue.settings.lease.0)
    }

    /// Works for a part of the lease, mostly after a claim.
    async fn work(&mut self) {
        let claims = self.draw.chance(70);
        if claims && self.claim().await.is_err() {
            return;
        }
        let settings = self.queue.settings;
        let limit = if claims {
            settings.lease
        } else {
            settings.claim_limit
        };
        sleep(self.draw.millis(0..=limit.0 * 2 / 3)).await;
        // Some hear that they lost it and stop; others do not listen.
        if self.delivery.loss().is_none() || self.draw.chance(30) {
            self.ack().await;
        }
    }

    async fn ack_late(&mut self) {
        if self.claim().await.is_ok() {
            sleep(self.lease() + self.draw.millis(100..=4_000)).await;
            self.ack().await;
        }
    }

    async fn ack_twice(&mut self) {
        self.work().await;
        sleep(self.draw.millis(0..=3_000)).await;
        self.ack_apart(self.fence).await;
    }

    async fn ack_stale(&mut self) {
        if let Some(fence) = self.scene.work.some_older(self.fence, &mut self.draw) {
            self.ack_apart(fence).await;
        }
        self.work().await;
    }

    async fn extend_and_ack(&mut self) {
        let times = self.draw.within(1..=6);
        let mut going = self.claim().await.is_ok();
        for _ in 0..times {
            if !going || self.delivery.loss().is_some() {
                break;
            }
            sleep(self.lease() * 3 / 5).await;
            going = self.extend().await.is_ok();
        }
        self.ack().await;
    }

    async fn retry(&mut self) {
        if self.draw.chance(50) && self.claim().await.is_err() {
            return;
        }
        sleep(self.draw.millis(0..=500)).await;
        let mut nack = Nack::retry("try again");
        if self.draw.chance(50) {
            nack = nack.delay(self.draw.millis(10..=3_000));
        }
        self.nack(nack, false).await;
    }

    /// Says nothing until it has lost the delivery.
    async fn be_deaf(&mut self) {
        tokio::select! {
            biased;
            _ = self.delivery.lost() => {}
            () = self.scene.calm() => {}
        }
        if self.delivery.loss().is_none() {
            self.ack().await;
        }
    }

    async fn fade(&mut self) {
        if self.claim().await.is_err() {
            return;
        }
        tokio::select! {
            biased;
            _ = self.delivery.lost() => {}
            () = self.scene.calm() => self.ack().await,
        }
    }

    async fn wish_soon(&mut self, wish: Wish) {
        if self.draw.chance(50) && self.claim().await.is_err() {
            return;
        }
        sleep(self.draw.millis(0..=1_500)).await;
        // Whoever was replaced is not heard any more, and goes on working.
        if self.wishes.send(wish).is_err() {
            self.ack().await;
        }
    }

    async fn be_replaced(&mut self) {
        let claimed = self.draw.chance(50) && self.claim().await.is_ok();
        let _unheard = self.wishes.send(Wish::Replace);
        sleep(self.draw.millis(0..=3_000)).await;
        if claimed || self.draw.chance(50) {
            self.ack().await;
        } else {
            self.work().await;
        }
    }

    pub(super) async fn claim(&self) -> Result<(), Error> {
        let (op, call) = (Op::Claim(self.fence), self.delivery.claim());
        self.scene
            .recorder
            .call(self.who(), op, call, |()| Answer::Somewhere)
            .await
    }

    async fn extend(&self) -> Result<(), Error> {
        let (op, call) = (Op::Extend(self.fence), self.delivery.extend(None));
        self.scene
            .recorder
            .call(self.who(), op, call, |_| Answer::Somewhere)
            .await
            .map(|_| ())
    }

    async fn ack(&self) {
        let parcel = match self.scene.is_calm() {
            // From now on nothing comes in: all is to end.
            true => Parcel {
                effects: self.parcel.effects.clone(),
                ..Parcel::default()
            },
            false => self.parcel.clone(),
        };
        if let Err(Error::Refused(why)) = self.ack_with(&parcel).await
            && why.is_of_a_part()
        {
            let _heard = self.ack_with(&Parcel::default()).await;
        }
    }

    /// Acks apart from the session's stream.
    pub(super) async fn ack_apart(&self, fence: Fence) {
        let named = v1::Fence {
            event_id: fence.event.to_string(),
            delivery: fence.delivery,
        };
        let ack = v1::Ack {
            fence: Some(named),
            ..v1::Ack::default()
        };
        let call = async {
            let answered = self.client.ack(v1::AckRequest { ack: Some(ack) }).await;
            answered.map(|it| it.acked.unwrap_or_default())
        };
        let _recorded = self
            .scene
            .recorder
            .call(self.who(), Op::Ack(fence), call, acked)
            .await;
    }

    async fn nack(&self, nack: Nack, reject: bool) {
        let op = Op::Nack {
            fence: self.fence,
            reject,
        };
        let call = self.delivery.nack(nack);
        let answer = |it: &v1::Nacked| done(it.position.as_ref());
        let _recorded = self.scene.recorder.call(self.who(), op, call, answer).await;
    }
}

pub(super) fn acked(acked: &v1::Acked) -> Answer {
    let index = acked.position.map_or(0, |it| it.index);
    Answer::Acked {
        index,
        again: acked.again,
    }
}
