//! A session: events come to it one at a time, and it answers each.

mod answer;
mod attendant;
mod delivery;
mod hold;
mod link;
mod run;
mod work;

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ackord_proto::v1;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::client::Client;
use crate::error::{Error, Refusal};
use crate::retry::{Kind, Retry};
use crate::wire::Wire;
use attendant::{Attendant, Kit, Order, Wish};
use link::Link;

pub use answer::Nack;
pub use delivery::{Delivery, Facts, Instruction};
pub use hold::Loss;
pub use work::Ack;

/// Deliveries that may wait to be taken from the session. The cluster gives one at a time; more
/// come only by interrupts, or when earlier ones were lost meanwhile.
const UNTAKEN_MAX: usize = 16;
/// Answers that may wait for the session's task.
const ORDERS_MAX: usize = 64;
/// Wishes about its stream that may wait for the session's task.
const WISHES_MAX: usize = 4;
/// How long a good-bye may take.
const BYE_LIMIT: Duration = Duration::from_secs(5);

/// Who a session is.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// What stays the same when the session comes back: 1 to 128 visible ASCII characters, unique
    /// in the team.
    pub key: String,
    /// The queue to take from. None: the team's untagged queue.
    pub tag: Option<String>,
    /// Names this process of the session. The same one is a reconnection and keeps the delivery;
    /// another one takes the session over, and the one before is refused from then on.
    pub nonce: u64,
    /// How long an answer to a delivery goes on trying. Default 10 min: the cluster may take a while
    /// to come back, and a session has nothing better to do than to bring its answer home.
    pub answer_deadline: Duration,
    /// Whether messages may be sent to its tag. Default: they may.
    pub accept_messages: bool,
}

impl SessionOptions {
    /// An untagged session with this key, and a nonce drawn at random.
    pub fn new(key: impl Into<String>) -> Self {
        let answer_deadline = Duration::from_secs(600);
        Self {
            key: key.into(),
            tag: None,
            nonce: rand::random(),
            answer_deadline,
            accept_messages: true,
        }
    }

    /// The queue to take from.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }
}

/// Why a session has ended for good.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Ended {
    /// Another process took it over. It does not come back by itself.
    #[error("another process took the session over")]
    Superseded,
    /// The token was revoked or has ended.
    #[error("the token was revoked or has ended")]
    Revoked,
    /// The session said good-bye.
    #[error("the session said good-bye")]
    Bye,
    /// The cluster refused it.
    #[error("the session was refused: {0}")]
    Refused(Box<Refusal>),
    /// It cannot go on.
    #[error("the session cannot go on: {0}")]
    Failed(String),
}

/// An attached session. Comes back by itself after a disconnect, with its delivery.
///
/// When it and all its deliveries are dropped, it says good-bye: what is offered to it goes back at
/// once. Deliveries that outlive it can be answered all the same; it says good-bye then as soon as it
/// is given another event. A process that dies keeps what it holds for a grace of a minute, and gets
/// it back if it returns by then.
#[derive(Debug)]
pub struct Session {
    id: String,
    key: String,
    nonce: u64,
    client: Client,
    deliveries: mpsc::Receiver<Delivery>,
    orders: mpsc::Sender<Order>,
    wishes: mpsc::Sender<Wish>,
    trouble: watch::Receiver<Option<String>>,
    ended: Arc<OnceLock<Ended>>,
}

impl Session {
    /// Attaches, trying as long as any call may.
    pub(crate) async fn open(client: Client, options: SessionOptions) -> Result<Self, Error> {
        let SessionOptions {
            key,
            tag,
            nonce,
            answer_deadline,
            accept_messages,
        } = options;
        let hello = v1::Hello {
            key: key.clone(),
            nonce,
            tag: tag.unwrap_or_default(),
            accept_messages: Some(accept_messages),
        };
        let link = first_link(client.wire(), &hello).await?;
        let id = link.attached.session_id.clone();
        let (orders, orders_in) = mpsc::channel(ORDERS_MAX);
        let (deliveries_out, deliveries) = mpsc::channel(UNTAKEN_MAX);
        let ended = Arc::new(OnceLock::new());
        let kit = Kit {
            orders: orders.downgrade(),
            client: client.clone(),
            answer_deadline,
        };
        let (wishes, wishes_in) = mpsc::channel(WISHES_MAX);
        let (trouble_out, trouble) = watch::channel(None);
        let attendant = Attendant::new(kit, hello, deliveries_out, wishes_in, trouble_out);
        let told = ended.clone();
        tokio::spawn(async move {
            // The door for deliveries closes after the reason is known.
            let (reason, _door) = attendant.serve(link, orders_in).await;
            let _first = told.set(reason);
        });
        Ok(Self {
            id,
            key,
            nonce,
            client,
            deliveries,
            orders,
            wishes,
            trouble,
            ended,
        })
    }

    /// The session's record, such as `ses_17`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Why it is cut off from the cluster at present, in words: its stream broke, and no other has come about
    /// yet. None: it is attached.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn nonce(&self) -> u64 {
        self.nonce
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a message in the name of the session, through disconnects; queued once however often it
    /// has to be sent.
    ///
    /// # Errors
    /// As those of [`Client::submit`]; and refused once another process has the session.
    pub async fn send(&self, message: v1::Message) -> Result<v1::Sent, Error> {
        let question = v1::SendRequest {
            message: Some(message),
            session_key: self.key.clone(),
            nonce: self.nonce,
            ..v1::SendRequest::default()
        };
        self.client.send(question).await
    }

    /// The next event to work on. Waits as long as it takes, through disconnects.
    ///
    /// # Errors
    /// The session has ended for good.
    pub async fn next(&mut self) -> Result<Delivery, Ended> {
        loop {
            match self.deliveries.recv().await {
                // Nobody has seen it and answered, so the cluster takes the session for deaf and gives it
                // nothing more.
                Some(delivery) if delivery.loss() == Some(Loss::Expired) => self.reattach(),
                Some(delivery) if delivery.loss().is_some() => {}
                Some(delivery) => {
                    delivery.hold().taken.store(true, Ordering::Release);
                    return Ok(delivery);
                }
                None => {
                    let stopped = || Ended::Failed("its runtime was shut down".to_owned());
                    return Err(self.ended.get().cloned().unwrap_or_else(stopped));
                }
            }
        }
    }

    /// Attaches again, as after a disconnect: a session that the cluster takes for deaf or unreachable is given
    /// events again. What it holds it keeps.
    pub fn reattach(&self) {
        // As many as are wanted already are enough.
        let _enough = self.wishes.try_send(Wish::Another);
    }

    /// Ends without a word to the cluster, which keeps what the session holds for a grace of a minute: for
    /// whoever goes on with it under the same nonce, and must not be disturbed by this one coming back.
    pub async fn leave(mut self) {
        let is_heard = self.wishes.send(Wish::None).await.is_ok();
        while is_heard && self.deliveries.recv().await.is_some() {}
    }

    /// Ends the session and waits until its node has heard so. What it holds goes back at once.
    pub async fn bye(mut self) {
        if self.orders.send(Order::Bye).await.is_ok() {
            let gone = async { while self.deliveries.recv().await.is_some() {} };
            // Too late is no harm: the grace does the same a little later.
            let _late = timeout(BYE_LIMIT, gone).await;
        }
    }
}

/// The first stream, sought for as long as any call may take.
async fn first_link(wire: &Wire, hello: &v1::Hello) -> Result<Link, Error> {
    let mut retry = Retry::new(Kind::Repeatable, wire.deadline);
    loop {
        let server = wire.servers.present();
        let verdict = match retry.run(Link::open(wire, hello)).await {
            Ok(link) => return Ok(link),
            Err(verdict) => verdict,
        };
        // A try that was cut short has left nobody: its server may have gone silent.
        wire.servers.leave_for(&verdict, server);
        retry.after(verdict).await?;
    }
}
