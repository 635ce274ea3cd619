//! The task behind a session: holds its stream, comes back when it breaks, brings answers home.
//!
//! What was asked and not answered is asked again on the next stream: answers name their delivery,
//! so a second time changes nothing. A delivery that comes again with the same fence is the one that
//! the session holds already.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use ackord_proto::v1::{
    self, CloseCause, Fence, Hello, RefusalReason, answer, attach_request, attach_response,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};
use tracing::{debug, info};

use super::answer::kind;
use super::delivery::Delivery;
use super::hold::{Hold, Loss};
use super::link::Link;
use super::{BYE_LIMIT, Ended, ORDERS_MAX};
use crate::backoff::Backoff;
use crate::client::Client;
use crate::error::Error;
use crate::verdict::Verdict;

/// A stream on which an answer is missing for so long is given up.
const STALL_LIMIT: Duration = Duration::from_secs(10);
/// Deliveries that are remembered; a stream repeats the latest one at the most.
const SEEN_MAX: usize = 32;
/// A stream that lasted so long was a good one.
const GOOD_AGE: Duration = Duration::from_secs(5);

/// What the task is asked to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Send this and bring the answer.
    Ask(Question),
    /// End the session.
    Bye,
}

/// What is wanted of the session's stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Another one.
    Another,
    /// None any more, and no word about that: the session goes on elsewhere.
    None,
}

/// An answer to a delivery, on its way; from the cluster's side: a question.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) hold: Arc<Hold>,
    pub(super) message: attach_request::Message,
    /// It was asked on an earlier stream, which broke before the answer came.
    pub(super) again: bool,
    /// Whoever waits for the answer, and tries again if there is none; nobody: it is asked until it is
    /// answered.
    pub(super) reply: Option<oneshot::Sender<Result<answer::Result, Verdict>>>,
}

/// What a delivery needs to be answered.
#[derive(Debug)]
pub(super) struct Kit {
    /// Weak, so that the session ends when all its handles are gone.
    pub(super) orders: mpsc::WeakSender<Order>,
    pub(super) client: Client,
    pub(super) answer_deadline: Duration,
}

/// The task's state.
pub(super) struct Attendant {
    kit: Kit,
    hello: Hello,
    deliveries: mpsc::Sender<Delivery>,
    wishes: mpsc::Receiver<Wish>,
    /// Why there is no stream; none: there is one.
    trouble: watch::Sender<Option<String>>,
    /// What the session may still have.
    held: Vec<Arc<Hold>>,
    /// The latest deliveries that the program was given.
    seen: VecDeque<Fence>,
    asked: BTreeMap<u64, Question>,
    next_seq: u64,
}

/// How a stream ended.
enum Turn {
    /// It broke; another may go well.
    Broken(Verdict),
    /// Another is wanted.
    Unwanted,
    /// Nobody wants another event.
    Farewell,
    /// The session is over.
    Over(Ended),
}

impl Attendant {
    pub(super) fn new(
        kit: Kit,
        hello: Hello,
        deliveries: mpsc::Sender<Delivery>,
        wishes: mpsc::Receiver<Wish>,
        trouble: watch::Sender<Option<String>>,
    ) -> Self {
        Self {
            kit,
            hello,
            deliveries,
            wishes,
            trouble,
            held: Vec::new(),
            seen: VecDeque::new(),
            asked: BTreeMap::new(),
            next_seq: 1,
        }
    }

    /// Serves the session until it is over. Returns why, and the door that tells of it when closed.
    pub(super) async fn serve(
        mut self,
        mut link: Link,
        mut orders: mpsc::Receiver<Order>,
    ) -> (Ended, mpsc::Sender<Delivery>) {
        let mut backoff = Backoff::new();
        let ended = loop {
            let rest = match self.attend(&mut link, &mut orders).await {
                Turn::Over(ended) => break ended,
                Turn::Farewell => break self.farewell(&mut link, &mut orders).await,
                Turn::Unwanted => Duration::ZERO,
                Turn::Broken(verdict) => {
                    if link.since.elapsed() >= GOOD_AGE {
                        backoff.reset();
                    }
                    info!(key = %self.hello.key, why = ?verdict, "session lost its stream");
                    link.leave(self.kit.client.wire(), &verdict);
                    if let Some(ended) = end_of(&verdict) {
                        break ended;
                    }
                    self.trouble.send_replace(Some(verdict.to_string()));
                    backoff.wait()
                }
            };
            let trouble = &self.trouble;
            let next = tokio::select! {
                biased;
                () = unwanted(&mut self.wishes) => Err(Ended::Bye),
                next = come_back(&self.kit, &self.hello, &orders, (rest, &mut backoff), trouble) => next,
            };
            link = match next {
                Ok(link) => {
                    self.trouble.send_replace(None);
                    link
                }
                Err(ended) => break ended,
            };
        };
        (self.close(ended), self.deliveries)
    }

    /// Serves one stream until it ends.
    async fn attend(&mut self, link: &mut Link, orders: &mut mpsc::Receiver<Order>) -> Turn {
        let gone = |it: &oneshot::Sender<_>| it.is_closed();
        self.asked
            .retain(|_, it| !it.reply.as_ref().is_some_and(gone));
        for (seq, question) in &mut self.asked {
            question.again = true;
            link.send(*seq, question.message.clone());
        }
        loop {
            tokio::select! {
                biased;
                heard = link.next() => {
                    let turn = match heard {
                        Ok(message) => self.hear(link, message),
                        Err(verdict) => Some(Turn::Broken(verdict)),
                    };
                    if let Some(turn) = turn {
                        return turn;
                    }
                }
                wish = wish(&mut self.wishes) => return match wish {
                    Wish::Another => Turn::Unwanted,
                    Wish::None => Turn::Over(Ended::Bye),
                },
                order = orders.recv(), if self.asked.len() < ORDERS_MAX => match order {
                    Some(Order::Ask(question)) => self.ask(link, question),
                    Some(Order::Bye) => link.send(0, attach_request::Message::Bye(v1::Bye {})),
                    None => return Turn::Farewell,
                },
                () = sleep(STALL_LIMIT), if !self.asked.is_empty() => {
                    return Turn::Broken(link.rubbish("no answer for too long"));
                }
            }
        }
    }

    fn ask(&mut self, link: &Link, question: Question) {
        link.send(self.next_seq, question.message.clone());
        self.asked.insert(self.next_seq, question);
        self.next_seq += 1;
    }

    fn hear(&mut self, link: &Link, message: attach_response::Message) -> Option<Turn> {
        match message {
            attach_response::Message::Deliver(deliver) => return self.deliver(link, deliver),
            attach_response::Message::Revoke(revoke) => self.revoke(&revoke),
            attach_response::Message::Answer(answer) => return self.answer(answer),
            attach_response::Message::Closed(closed) => return Some(self.closed(link, &closed)),
            attach_response::Message::Attached(_) => {
                return Some(Turn::Broken(link.rubbish("a second answer to the hello")));
            }
        }
        None
    }

    fn deliver(&mut self, link: &Link, mut deliver: v1::Deliver) -> Option<Turn> {
        let Some(fence) = deliver.fence.take() else {
            return Some(Turn::Broken(link.rubbish("a delivery without its fence")));
        };
        // Given to the program once: what comes again after a reconnection, even behind the answer
        // to its ack, is what it was given.
        if self.seen.contains(&fence) {
            return None;
        }
        // A session holds one event at a time: whoever is given another one has answered or lost the first.
        for hold in self.held.drain(..) {
            hold.replace();
        }
        let hold = Arc::new(Hold::new(fence.clone()));
        let delivery = Delivery::new(deliver, hold.clone(), &self.kit)?;
        match self.deliveries.try_send(delivery) {
            Ok(()) => {
                self.held.push(hold);
                if self.seen.len() == SEEN_MAX {
                    self.seen.pop_front();
                }
                self.seen.push_back(fence);
                None
            }
            Err(mpsc::error::TrySendError::Full(_)) => Some(Turn::Broken(
                link.rubbish("more deliveries than anybody takes"),
            )),
            // Dropped, though an earlier delivery may not be.
            Err(mpsc::error::TrySendError::Closed(_)) => Some(Turn::Farewell),
        }
    }

    fn revoke(&mut self, revoke: &v1::Revoke) {
        for hold in self
            .held
            .iter()
            .filter(|it| Some(&it.fence) == revoke.fence.as_ref())
        {
            hold.lose(revoke.cause().into());
        }
    }

    fn answer(&mut self, answer: v1::Answer) -> Option<Turn> {
        let question = self.asked.remove(&answer.seq)?;
        let outcome = match answer.result {
            Some(answer::Result::Refusal(refusal)) => Err(Verdict::of_refusal(refusal)),
            Some(result) => Ok(result),
            None => Err(Verdict::Lost("the server sent an empty answer".to_owned())),
        };
        match &outcome {
            Ok(answer::Result::Acked(_) | answer::Result::Nacked(_)) => {
                question.hold.lose(Loss::Finished);
            }
            Err(Verdict::Final(Error::Refused(refusal))) => question.hold.refused(refusal),
            _ => {}
        }
        let outcome = match question.again {
            true => outcome.map_err(|it| it.after_a_loss(kind(&question.message))),
            false => outcome,
        };
        let Some(reply) = question.reply else {
            return match outcome {
                Ok(_) | Err(Verdict::Final(_)) => None,
                Err(verdict) => {
                    self.asked.insert(answer.seq, question);
                    Some(Turn::Broken(verdict))
                }
            };
        };
        // Whoever has stopped waiting does not mind.
        let _gone = reply.send(outcome);
        None
    }

    fn closed(&self, link: &Link, closed: &v1::Closed) -> Turn {
        match closed.cause() {
            CloseCause::Superseded => Turn::Over(Ended::Superseded),
            CloseCause::Revoked => Turn::Over(Ended::Revoked),
            CloseCause::Bye => Turn::Over(Ended::Bye),
            cause => Turn::Broken(link.closed(cause)),
        }
    }

    /// Nobody wants another event: says so, and waits until it is heard. The server carries out one
    /// thing after the other, so what was asked before the good-bye is answered before it.
    async fn farewell(&mut self, link: &mut Link, orders: &mut mpsc::Receiver<Order>) -> Ended {
        // Whoever has something to say from now on says it without the session.
        orders.close();
        while let Ok(order) = orders.try_recv() {
            if let Order::Ask(question) = order {
                self.ask(link, question);
            }
        }
        link.send(0, attach_request::Message::Bye(v1::Bye {}));
        let heard = async {
            while let Ok(message) = link.next().await {
                // However the stream ends, it is the last one.
                let _turn = self.hear(link, message);
            }
        };
        // Too late is no harm: the grace does the same a little later.
        let _late = timeout(BYE_LIMIT, heard).await;
        Ended::Bye
    }

    /// Nothing is the session's any more. Whoever waits for an answer asks without a session.
    fn close(&mut self, ended: Ended) -> Ended {
        for hold in self.held.drain(..) {
            hold.lose(Loss::SessionEnded);
        }
        ended
    }
}

/// Opens another stream, after a rest, however long it takes.
async fn come_back(
    kit: &Kit,
    hello: &Hello,
    orders: &mpsc::Receiver<Order>,
    (mut rest, backoff): (Duration, &mut Backoff),
    trouble: &watch::Sender<Option<String>>,
) -> Result<Link, Ended> {
    loop {
        sleep(rest).await;
        // Nobody wants another event: what is offered now would wait out its grace.
        if orders.is_closed() {
            return Err(Ended::Bye);
        }
        let verdict = match Link::open(kit.client.wire(), hello).await {
            Ok(link) => return Ok(link),
            Err(verdict) => verdict,
        };
        if let Some(ended) = end_of(&verdict) {
            return Err(ended);
        }
        debug!(key = %hello.key, why = ?verdict, "session cannot come back yet");
        trouble.send_replace(Some(verdict.to_string()));
        rest = backoff.wait();
    }
}

/// The next wish. Once nobody can have any, there is none.
async fn wish(wishes: &mut mpsc::Receiver<Wish>) -> Wish {
    match wishes.recv().await {
        Some(wish) => wish,
        None => pending().await,
    }
}

/// Returns once no stream is wanted any more.
async fn unwanted(wishes: &mut mpsc::Receiver<Wish>) {
    while wish(wishes).await != Wish::None {}
}

/// A stream that no other would better ends the session.
fn end_of(broken: &Verdict) -> Option<Ended> {
    match broken {
        Verdict::Final(Error::Refused(refusal)) => Some(match refusal.reason {
            RefusalReason::TakenOver => Ended::Superseded,
            _ => Ended::Refused(refusal.clone()),
        }),
        Verdict::Final(Error::Failed(why) | Error::Unknown(why)) => {
            Some(Ended::Failed(why.clone()))
        }
        Verdict::Undone(_) | Verdict::Lost(_) => None,
    }
}
