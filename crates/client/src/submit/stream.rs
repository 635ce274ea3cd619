//! The task that holds the one stream of submits.
//!
//! A batch is what has gathered while a few requests are under way: one caller alone waits for
//! nobody, and under load batches grow by themselves. When the stream breaks, whoever was on it is
//! told that the answer is lost, and whoever still waited goes on the next one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ackord_proto::v1::ingress_service_client::IngressServiceClient;
use ackord_proto::v1::{
    SubmitItem, SubmitResult, SubmitStreamRequest, SubmitStreamResponse, Submitted, submit_result,
};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tonic::{Status, Streaming};
use tracing::debug;

use super::budget::Room;
use super::turn::Turn;
use crate::backoff::Backoff;
use crate::servers::Server;
use crate::verdict::Verdict;
use crate::wire::{ANSWER_BYTES_MAX, Wire};

/// Items of one request; the server takes no more.
const BATCH_ITEMS_MAX: usize = 1024;
/// Bytes of one request of several items: small enough to be decided quickly.
const BATCH_BYTES_MAX: usize = 1 << 20;
/// Requests under way at the same time: one being carried out, one on each way, and one to spare.
/// More would make them smaller, not faster.
const REQUESTS_MAX: usize = 4;
/// A stream that answers nothing for so long is given up.
const STALL_LIMIT: Duration = Duration::from_secs(10);

/// One try of one submit.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) item: SubmitItem,
    pub(super) room: Arc<Room>,
    /// Taken before the item is given to the stream.
    pub(super) turn: Arc<Turn>,
    pub(super) reply: oneshot::Sender<Result<Submitted, Verdict>>,
}

/// Serves jobs until the last client is gone.
pub(super) async fn run(wire: Arc<Wire>, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let mut waiting = VecDeque::new();
    let mut backoff = Backoff::new();
    loop {
        // An idle client holds no stream that it has not used yet.
        if waiting.is_empty() {
            match jobs.recv().await {
                Some(job) => waiting.push_back(job),
                None => return,
            }
        }
        let server = wire.servers.present();
        let mut flight = Flight::new(&mut waiting);
        let Err(verdict) = flight.serve(&wire, server, &mut jobs, &mut backoff).await else {
            return;
        };
        debug!(server = %server.address, ?verdict, "submit stream ended");
        flight.fail(&verdict);
        wire.servers.leave_for(&verdict, server);
        sleep(backoff.wait()).await;
    }
}

/// One stream's life: who waits to go on it, and who is on it.
struct Flight<'a> {
    waiting: &'a mut VecDeque<Job>,
    under_way: BTreeMap<u64, Vec<Reply>>,
    next_seq: u64,
    /// The server has begun to read.
    open: bool,
}

type Reply = oneshot::Sender<Result<Submitted, Verdict>>;

impl<'a> Flight<'a> {
    fn new(waiting: &'a mut VecDeque<Job>) -> Self {
        Self {
            waiting,
            under_way: BTreeMap::new(),
            next_seq: 0,
            open: false,
        }
    }

    /// Ends well when nobody can submit any more, else with what broke the stream.
    async fn serve(
        &mut self,
        wire: &Wire,
        server: &Server,
        jobs: &mut mpsc::UnboundedReceiver<Job>,
        backoff: &mut Backoff,
    ) -> Result<(), Verdict> {
        let judge = |status: Status| Verdict::of_status(&status, &server.address);
        let (requests, outgoing) = unbounded();
        self.send_batches(&requests);
        let mut client = IngressServiceClient::new(server.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES_MAX);
        let opened = timeout(STALL_LIMIT, client.submit_stream(wire.request(outgoing))).await;
        let mut answers = opened.map_err(|_| stalled())?.map_err(judge)?.into_inner();
        self.open = true;
        loop {
            tokio::select! {
                biased;
                answer = next(&mut answers) => {
                    backoff.reset();
                    self.settle(answer.map_err(judge)?);
                }
                job = jobs.recv(), if self.under_way.len() < REQUESTS_MAX => match job {
                    Some(job) => self.waiting.push_back(job),
                    None => return Ok(()),
                },
                () = sleep(STALL_LIMIT), if !self.under_way.is_empty() => return Err(stalled()),
            }
            while let Ok(job) = jobs.try_recv() {
                self.waiting.push_back(job);
            }
            self.send_batches(&requests);
        }
    }

    /// Sends what waits, as far as requests are free.
    fn send_batches(&mut self, requests: &UnboundedSender<SubmitStreamRequest>) {
        while self.under_way.len() < REQUESTS_MAX {
            let (items, replies) = self.gather();
            if items.is_empty() {
                return;
            }
            let seq = self.next_seq;
            self.next_seq += 1;
            self.under_way.insert(seq, replies);
            // A stream that is gone says so on its other half.
            let _gone = requests.unbounded_send(SubmitStreamRequest { seq, items });
        }
    }

    /// The next batch: at least one item if anybody waits.
    fn gather(&mut self) -> (Vec<SubmitItem>, Vec<Reply>) {
        let (mut items, mut replies, mut bytes) = (Vec::new(), Vec::new(), 0);
        while let Some(job) = self.waiting.front() {
            bytes += job.room.bytes;
            if !items.is_empty() && (bytes > BATCH_BYTES_MAX || items.len() == BATCH_ITEMS_MAX) {
                break;
            }
            let Some(job) = self.waiting.pop_front() else {
                break;
            };
            // Whoever has stopped waiting wants nothing sent any more.
            if !job.reply.is_closed() && job.turn.send() {
                items.push(job.item);
                replies.push(job.reply);
            }
        }
        (items, replies)
    }

    /// Tells each caller of a request its own answer.
    fn settle(&mut self, answer: SubmitStreamResponse) {
        let Some(replies) = self.under_way.remove(&answer.seq) else {
            return;
        };
        let missing = || Verdict::Lost("the server left an answer out".to_owned());
        let mut results = answer.results.into_iter().map(judge_result);
        for reply in replies {
            // Whoever has stopped waiting does not mind.
            let _gone = reply.send(results.next().unwrap_or_else(|| Err(missing())));
        }
    }

    /// The stream is gone. Those on it cannot know what became of their submit, unless nobody ever
    /// read it; those who wait go on the next, unless none will be better.
    fn fail(&mut self, verdict: &Verdict) {
        let verdict_on_board = match self.open {
            true => Verdict::Lost(verdict.clone().into_error().to_string()),
            false => verdict.clone(),
        };
        for reply in std::mem::take(&mut self.under_way).into_values().flatten() {
            let _gone = reply.send(Err(verdict_on_board.clone()));
        }
        if matches!(verdict, Verdict::Final(_)) {
            for job in self.waiting.drain(..) {
                let _gone = job.reply.send(Err(verdict.clone()));
            }
        }
    }
}

/// The next answer. The end of the stream is one more way of breaking.
async fn next(
    answers: &mut Streaming<SubmitStreamResponse>,
) -> Result<SubmitStreamResponse, Status> {
    answers
        .message()
        .await?
        .ok_or_else(|| Status::unavailable("the server closed the stream"))
}

fn stalled() -> Verdict {
    Verdict::Lost("the server answered nothing for too long".to_owned())
}

fn judge_result(result: SubmitResult) -> Result<Submitted, Verdict> {
    match result.result {
        Some(submit_result::Result::Submitted(submitted)) => Ok(submitted),
        Some(submit_result::Result::Refusal(refusal)) => Err(Verdict::of_refusal(refusal)),
        None => Err(Verdict::Lost("the server sent an empty answer".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::Budget;
    use super::*;

    /// How many items are sent of one submit, whose caller may have given it up while it still listens.
    fn sent_of_one(given_up: bool) -> usize {
        let budget = Arc::new(Budget::new(1, 1));
        let room = budget.take(1).expect("room");
        let turn = Arc::new(Turn::default());
        assert!(!given_up || turn.give_up());
        let (reply, _listening) = oneshot::channel();
        let mut waiting = VecDeque::from([Job {
            item: SubmitItem::default(),
            room: Arc::new(room),
            turn,
            reply,
        }]);
        let (items, replies) = Flight::new(&mut waiting).gather();
        assert_eq!(items.len(), replies.len());
        items.len()
    }

    #[test]
    fn a_submit_is_sent_unless_its_caller_was_quicker_to_give_it_up() {
        assert_eq!(sent_of_one(false), 1);
        assert_eq!(sent_of_one(true), 0);
    }
}
