//! One plugin's connection, once it is attached: events out, acks and requests in.
//!
//! One task does it all, and each step ends: what is written has a time to be taken in, what is asked has a
//! time to be answered in, and with enough of it under way no more is read. What the cluster revokes is not
//! told to the plugin, for the protocol has no words for it; the acks that come all the same do not count.

use std::time::Duration;

use ackord_proto::v1::attach_response::Message as Said;
use ackord_proto::v1::{Deliver, Fence, answer};
use futures::future::join;
use rand::RngExt;
use tokio::time::{Instant, sleep_until};
use tonic::Status;

use crate::acks::Acks;
use crate::cluster::is_passing;
use crate::door::Stop;
use crate::ending::Ending;
use crate::farewell::part;
use crate::frame::{Frame, Malformed, Request, Told};
use crate::hand::{self, Hand, Order};
use crate::limits::{BEAT, LAST_ANSWERS_MAX, PING_EVERY, SILENCE_MAX};
use crate::line::Line;
use crate::link::Link;
use crate::metrics::Metrics;
use crate::page::page;
use crate::remind;
use crate::requests::Asker;
use crate::spare::Spare;
use crate::work::{Answered, Work};

/// See the module.
pub(crate) struct Desk {
    line: Line,
    link: Link,
    metrics: Metrics,
    hand: Hand,
    acks: Acks,
    work: Work,
    /// The claim that the cluster has not taken yet, by its question; none asked: it is to be asked again.
    claim: Option<(Option<u64>, Fence)>,
    /// Why it ends, once answers are written that are told only once, and when at the latest.
    over: Option<(Ending, Instant)>,
    /// An event that the plugin has had for so long is told of again.
    reminder_every: Duration,
    clock: Clock,
}

/// When things were heard and said.
#[derive(Debug)]
struct Clock {
    beat: Instant,
    heard: Instant,
    pinged: Instant,
}

/// What happens next.
enum Next {
    Said(Box<Result<Option<Said>, Status>>),
    Answered(Answered),
    Acked(Fence, Result<(), Status>),
    Frame(Result<Option<Frame>, Ending>),
    Beat,
}

impl Desk {
    pub(crate) fn new(
        line: Line,
        acks: Acks,
        link: Link,
        asker: Asker,
        metrics: Metrics,
        reminder_every: Duration,
    ) -> Self {
        let now = Instant::now();
        Self {
            line,
            link,
            acks,
            metrics,
            hand: Hand::default(),
            work: Work::new(asker),
            claim: None,
            over: None,
            reminder_every,
            clock: Clock {
                beat: now + BEAT,
                heard: now,
                pinged: now,
            },
        }
    }

    /// Serves the connection, with what was asked on it already, to its end.
    pub(crate) async fn run(mut self, asked: Vec<Request>, spare: &Spare, stop: &Stop) -> Ending {
        for request in asked {
            self.work.begin(request);
        }
        let ending = match self.serve().await {
            Err(ending) => ending,
            Ok(never) => match never {},
        };
        self.close(&ending, spare, stop).await;
        ending
    }

    async fn serve(&mut self) -> Result<std::convert::Infallible, Ending> {
        loop {
            let next = self.next().await;
            self.step(next).await?;
            if self.acks.len() == 0 {
                self.work.retire();
            }
            let is_told = !self.work.has_secrets();
            let is_over = |it: &mut (Ending, Instant)| is_told || it.1 <= Instant::now();
            if let Some((ending, _)) = self.over.take_if(is_over) {
                return Err(ending);
            }
        }
    }

    async fn next(&mut self) -> Next {
        let is_over = self.over.is_some();
        let has_room = self.work.has_room() && self.acks.have_room();
        if !has_room {
            // Nobody is silent who is not listened to.
            self.clock.heard = Instant::now();
        }
        tokio::select! {
            biased;
            said = self.link.next(), if !is_over => Next::Said(Box::new(said)),
            Some(answered) = self.work.next(), if !self.work.is_empty() => Next::Answered(answered),
            Some((fence, decided)) = self.acks.next(), if self.acks.len() > 0 => {
                Next::Acked(fence, decided)
            }
            frame = self.line.next(), if has_room && !is_over => Next::Frame(frame),
            () = sleep_until(self.clock.beat) => Next::Beat,
        }
    }

    async fn step(&mut self, next: Next) -> Result<(), Ending> {
        match next {
            Next::Said(said) => self.said(*said).await,
            Next::Answered(answered) => self.answered(answered).await,
            Next::Acked(fence, decided) => {
                self.acked(&fence, decided);
                Ok(())
            }
            Next::Frame(frame) => self.heard(frame).await,
            Next::Beat => self.beat().await,
        }
    }

    async fn said(&mut self, said: Result<Option<Said>, Status>) -> Result<(), Ending> {
        match said {
            Ok(Some(Said::Deliver(deliver))) => self.delivered(&deliver).await,
            Ok(Some(Said::Revoke(revoke))) => {
                let cause = revoke.cause();
                if let Some(fence) = revoke.fence {
                    self.hand.revoked(&fence, cause);
                    self.claim.take_if(|it| it.1 == fence);
                }
                Ok(())
            }
            Ok(Some(Said::Answer(it))) => {
                self.claimed(it.seq, it.result);
                Ok(())
            }
            Ok(Some(Said::Attached(_))) => Ok(()),
            Ok(Some(Said::Closed(closed))) => self.end(Ending::of(closed.cause())),
            Ok(None) => self.end(Ending::Forgotten),
            Err(status) => self.end(Ending::TryLater(status.message().to_owned())),
        }
    }

    /// Ends the connection for the cluster: at once, unless an answer is to be written that is told only once.
    fn end(&mut self, ending: Ending) -> Result<(), Ending> {
        if !self.work.has_secrets() {
            return Err(ending);
        }
        self.over = Some((ending, Instant::now() + LAST_ANSWERS_MAX));
        Ok(())
    }

    /// Writes an event, if the plugin does not have it. The write is the claim: the protocol has no other.
    async fn delivered(&mut self, deliver: &Deliver) -> Result<(), Ending> {
        let Some(fence) = &deliver.fence else {
            return Ok(());
        };
        if self.hand.delivered(fence, Instant::now()) == Order::Write {
            let (mut content, meta) = page(deliver, fence, rand::rng().random());
            if let Some(missed) = self.hand.missed().filter(|it| *it != fence.event_id) {
                content.insert_str(0, &remind::missed(&missed));
            }
            let id = hand::id(fence);
            self.line.write(&Told::Event { id, content, meta }).await?;
            self.metrics.wrote_event();
        }
        self.claim(fence.clone());
        Ok(())
    }

    fn claim(&mut self, fence: Fence) {
        let question = self.link.claim(fence.clone());
        self.claim = Some((question, fence));
    }

    fn claimed(&mut self, question: u64, result: Option<answer::Result>) {
        if let Some((asked, _)) = self.claim.as_mut().filter(|it| it.0 == Some(question)) {
            match result {
                Some(answer::Result::Refusal(it)) if is_passing(it.reason()) => *asked = None,
                _ => self.claim = None,
            }
        }
    }

    fn acked(&mut self, fence: &Fence, decided: Result<(), Status>) {
        self.metrics.acked(decided.is_ok());
        self.hand.answered(fence);
        self.claim.take_if(|it| it.1 == *fence);
        if let Err(status) = decided {
            let (event, delivery) = (&fence.event_id, fence.delivery);
            let why = status.message();
            tracing::info!(%event, delivery, why, "an ack of a Clawback plugin does not count");
        }
    }

    async fn heard(&mut self, frame: Result<Option<Frame>, Ending>) -> Result<(), Ending> {
        self.clock.heard = Instant::now();
        match frame? {
            Some(frame) => self.take(frame).await,
            None => Ok(()),
        }
    }

    async fn take(&mut self, frame: Frame) -> Result<(), Ending> {
        match frame {
            Frame::Auth(_) => Err(Ending::Malformed(Malformed::AuthOnce)),
            Frame::Ping => self.line.write(&Told::Pong).await,
            Frame::Pong | Frame::Unknown => Ok(()),
            Frame::Ack(ack) => {
                if let Some(fence) = self.acks.take(&self.hand, &ack, &self.metrics) {
                    self.hand.acked(&fence);
                }
                Ok(())
            }
            Frame::Request(request) => {
                self.work.begin(request);
                Ok(())
            }
        }
    }

    async fn answered(&mut self, answered: Answered) -> Result<(), Ending> {
        let (id, answer, rest) = answered.into_parts();
        self.metrics.answered(answer.is_ok());
        self.line.write(&Told::response(id, answer)).await?;
        self.work.written(rest);
        Ok(())
    }

    async fn beat(&mut self) -> Result<(), Ending> {
        let now = Instant::now();
        self.clock.beat = now + BEAT;
        if now.duration_since(self.clock.heard) >= SILENCE_MAX {
            return Err(Ending::Silent);
        }
        if let Some((None, fence)) = self.claim.take_if(|it| it.0.is_none()) {
            self.claim(fence);
        }
        while let Some(fence) = self.hand.due(now, self.reminder_every) {
            let (content, meta) = remind::reminder(&fence);
            let id = hand::id(&fence);
            self.line.write(&Told::Event { id, content, meta }).await?;
        }
        if now.duration_since(self.clock.pinged) >= PING_EVERY {
            self.clock.pinged = now;
            self.line.write(&Told::Ping).await?;
        }
        Ok(())
    }

    /// Tells the plugin, has its last acks decided, and lets the session go. One that holds nothing, or whose
    /// agent has ended, ends; what another one holds is kept for its grace, which begins at once.
    async fn close(self, ending: &Ending, spare: &Spare, stop: &Stop) {
        let Self {
            line,
            link,
            mut acks,
            hand,
            metrics,
            work,
            ..
        } = self;
        let is_idle = hand.is_empty();
        let link = (is_idle || *ending == Ending::Bye).then_some(link);
        let parted = part(line, &mut acks, &hand, ending, &metrics, stop);
        match link {
            Some(link) if is_idle => {
                join(link.bye(spare), parted).await;
            }
            // What it holds is given back behind the acks, some of which may be of it.
            Some(link) => {
                parted.await;
                link.bye(spare).await;
            }
            None => parted.await,
        }
        if *ending != Ending::Revoked {
            work.end().await;
        }
    }
}
