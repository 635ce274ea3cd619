//! The one object that a program holds.

use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::event::{Event, Receipt};
use crate::options::Options;
use crate::session::{Session, SessionOptions};
use crate::submit::Submits;
use crate::wire::Wire;

/// A client of one cluster, with one token. Cheap to clone; clones share connections, batches and
/// bounds.
#[derive(Debug, Clone)]
pub struct Client {
    wire: Arc<Wire>,
    submits: Submits,
}

impl Client {
    /// Makes a client. Connects when it is first used. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// An address or the token cannot be one.
    pub fn new(options: Options) -> Result<Self, Error> {
        let wire = Arc::new(Wire::new(&options)?);
        let submits = Submits::new(wire.clone(), options.submits_max, options.submit_bytes_max);
        Ok(Self { wire, submits })
    }

    /// Queues an event. Returns when a quorum of the cluster has it on disk.
    ///
    /// # Errors
    /// * Refused: it breaks a rule, the token does not allow it, or there is too much to do:
    ///   `Overloaded`, which is also what this client says at once when its own bounds are reached.
    /// * Failed: it is not in.
    /// * Unknown: it may be in. Submit it again with the same dedup key.
    pub async fn submit(&self, event: Event) -> Result<Receipt, Error> {
        self.submits.submit(event).await
    }

    /// Attaches a session: it takes events, one at a time, until it ends.
    ///
    /// # Errors
    /// Refused, for instance because the key holds an event of another tag; or no server answered
    /// in time.
    pub async fn attach(&self, options: SessionOptions) -> Result<Session, Error> {
        Session::open(self.clone(), options).await
    }

    /// The same client, whose calls go on trying for so long.
    pub(crate) fn within(&self, deadline: Duration) -> Self {
        Self {
            wire: Arc::new(self.wire.within(deadline)),
            submits: self.submits.clone(),
        }
    }

    pub(crate) fn wire(&self) -> &Arc<Wire> {
        &self.wire
    }
}
