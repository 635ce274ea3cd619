//! A connection's session in the cluster.
//!
//! The protocol gives a plugin no name: it says a token and perhaps a tag, and several plugins may say the
//! same. Nothing tells the one that comes back from another that comes for the first time, so no connection
//! goes on with the session of an earlier one: two agents would hold one delivery. Each is a session of its
//! own, under a key and a nonce that nobody else has. What a lost connection held comes back by its grace,
//! under another number; an ack of it counts until then, over whichever connection it comes.

use ackord_proto::v1;
use ackord_proto::v1::CloseCause;
use ackord_proto::v1::attach_request::Message as Ask;
use ackord_proto::v1::attach_response::Message as Told;
use futures::channel::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Status, Streaming};

use crate::cluster::{Cluster, is_undecided, words};
use crate::ending::Ending;
use crate::limits::{ATTACH_PATIENCE, CLOSE_MAX};
use crate::spare::Spare;

/// What waits to be taken by the cluster: claims, and the bye.
const ASKS_MAX: usize = 64;
/// Before another try to attach.
const BREATH: std::time::Duration = std::time::Duration::from_millis(200);

/// See the module.
pub(crate) struct Link {
    pub(crate) key: String,
    pub(crate) nonce: u64,
    /// The token that attached it.
    pub(crate) token_id: String,
    asks: mpsc::Sender<v1::AttachRequest>,
    told: Streaming<v1::AttachResponse>,
    seq: u64,
}

/// Attaches a session of this token and tag. An empty tag is none.
pub(crate) async fn attach(
    cluster: &Cluster,
    spare: &Spare,
    secret: &str,
    tag: &str,
) -> Result<Link, Ending> {
    let key = spare.key(secret);
    match patiently(cluster, &key, tag).await {
        // Who had the key before has been given something after all.
        Err(status) if status.code() == Code::FailedPrecondition => {
            let key = Spare::drawn(secret);
            patiently(cluster, &key, tag).await.map_err(refused)
        }
        taken => taken.map_err(refused),
    }
}

impl Link {
    /// What the cluster says next; none: it has said all.
    pub(crate) async fn next(&mut self) -> Result<Option<Told>, Status> {
        Ok(self.told.message().await?.and_then(|it| it.message))
    }

    /// Claims a delivery. Answers the number of the question; none: it cannot be asked now.
    pub(crate) fn claim(&mut self, fence: v1::Fence) -> Option<u64> {
        self.seq += 1;
        let is_asked = self.ask(Ask::Claim(v1::Claim { fence: Some(fence) }));
        is_asked.then_some(self.seq)
    }

    /// Ends the session: what it holds goes back at once, and its key is free.
    pub(crate) async fn bye(mut self, spare: &Spare) {
        self.ask(Ask::Bye(v1::Bye {}));
        let ended = timeout(CLOSE_MAX, async {
            while let Ok(Some(told)) = self.next().await {
                if let Told::Closed(it) = told {
                    return it.cause() == CloseCause::Bye;
                }
            }
            false
        });
        if ended.await == Ok(true) {
            spare.keep(self.key);
        }
    }

    /// Whether there was room to ask.
    fn ask(&mut self, message: Ask) -> bool {
        let request = v1::AttachRequest {
            seq: self.seq,
            message: Some(message),
        };
        self.asks.try_send(request).is_ok()
    }
}

/// The same attach again where nobody has decided it, as during a change of the leader. It is the same
/// session each time.
async fn patiently(cluster: &Cluster, key: &str, tag: &str) -> Result<Link, Status> {
    let nonce = rand::random();
    let until = Instant::now() + ATTACH_PATIENCE;
    loop {
        match open(cluster, key, nonce, tag).await {
            Err(status) if is_undecided(&status) && Instant::now() < until => sleep(BREATH).await,
            opened => return opened,
        }
    }
}

async fn open(cluster: &Cluster, key: &str, nonce: u64, tag: &str) -> Result<Link, Status> {
    let hello = v1::Hello {
        key: key.to_owned(),
        nonce,
        tag: tag.to_owned(),
        accept_messages: None,
    };
    let (mut asks, asked) = mpsc::channel(ASKS_MAX);
    let hello = v1::AttachRequest {
        seq: 0,
        message: Some(Ask::Hello(hello)),
    };
    // A channel that was made a moment ago has room.
    let _ = asks.try_send(hello);
    let told = cluster.sessions().attach(cluster.call(asked)).await?;
    let mut told = told.into_inner();
    let first = told.message().await?.and_then(|it| it.message);
    let Some(Told::Attached(attached)) = first else {
        return Err(Status::unavailable("the session is closed again already"));
    };
    Ok(Link {
        key: key.to_owned(),
        nonce,
        token_id: attached.token_id,
        asks,
        told,
        seq: 0,
    })
}

/// How a connection ends whose token or tag the cluster does not take, or not now.
pub(crate) fn refused(status: Status) -> Ending {
    let words = words(&status);
    match status.code() {
        Code::Unauthenticated | Code::PermissionDenied | Code::InvalidArgument => {
            Ending::Refused(words)
        }
        _ => Ending::TryLater(words),
    }
}
