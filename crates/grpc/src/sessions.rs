//! What this room needs of whoever carries deliveries to attached sessions.

use std::pin::Pin;
use std::sync::Arc;

use ackord_core::command::Fence;
use ackord_core::id::SessionId;
use ackord_core::model::Token;
use ackord_proto::v1::attach_response::Message;
use futures::Stream;

/// What a stream is to write: deliveries and revocations as they come, at last why it is closed.
/// Asking for the next thing says that the one before was written. Dropping it loses the stream.
pub type Inbox = Pin<Box<dyn Stream<Item = Message> + Send>>;

/// The node holds as many streams as it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// The sessions attached to this node.
pub trait Sessions: Send + Sync + 'static {
    /// Opens a stream that the machine has answered an attach with, of the process of this nonce.
    ///
    /// # Errors
    /// The node is full. The machine is told that the stream is gone.
    fn open(
        &self,
        session: SessionId,
        stream: u64,
        nonce: u64,
        token: Arc<Token>,
    ) -> Result<Inbox, Full>;

    /// The session says that it ends.
    fn bye(&self, session: SessionId, stream: u64);

    /// The session made a call, and it was carried out or refused.
    fn heard(&self, session: SessionId);

    /// The delivery was answered.
    fn answered(&self, fence: Fence);

    /// A stream is about to ack or nack this delivery itself, so it need not be told that the
    /// delivery is over.
    fn answering(&self, session: SessionId, stream: u64, fence: Fence);

    /// That ack or nack did not count.
    fn not_answered(&self, session: SessionId, stream: u64, fence: Fence);
}
