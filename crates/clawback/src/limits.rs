//! What one connection may take of a node.

use std::time::Duration;

/// From the upgrade to the first frame, which must be the `auth`.
pub(crate) const AUTH_MAX: Duration = Duration::from_secs(10);
/// The same, for whoever has waited for his turn meanwhile.
pub(crate) const TURN_MIN: Duration = Duration::from_secs(1);
/// Between pings. Most proxies give a connection up that was silent for one minute.
pub(crate) const PING_EVERY: Duration = Duration::from_secs(15);
/// A plugin that has said nothing for so long, pings unanswered, is gone. The published one answers each at
/// once. It gives a connection up itself after 90 s of silence: were it so long here, too, events would lie in
/// a dead connection while it is back already.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(45);
/// For one frame to be taken; whoever reads slower is closed.
pub(crate) const WRITE_MAX: Duration = Duration::from_secs(20);
/// After so long an event that is neither acked nor taken away is told of again, under the same id. The
/// published plugin forgets the event in hand 300 s after it handed it to its model: an ack after that would be
/// sent for another event, or not at all. One second later it has the right id in hand again.
pub(crate) const REMINDER_EVERY: Duration = Duration::from_secs(301);
/// How long a plugin that was let in has to send the acks that it made meanwhile, before it is given anything.
pub(crate) const SETTLE_MAX: Duration = Duration::from_secs(5);
/// How long it waits for the cluster to decide them. With [`ATTACH_PATIENCE`] it is less than the 90 s after
/// which the published plugin gives a silent connection up.
pub(crate) const OFFLINE_ACKS_MAX: Duration = Duration::from_secs(30);
/// How long the attach of a session is proposed again, where the cluster has not decided it.
pub(crate) const ATTACH_PATIENCE: Duration = Duration::from_secs(30);
/// Between looks at the clock.
pub(crate) const BEAT: Duration = Duration::from_secs(1);
/// How long the other end has to close, once it was told to.
pub(crate) const CLOSE_MAX: Duration = Duration::from_secs(2);
/// From the beginning of the end: how long acks are read that were sent before the other end heard of it.
pub(crate) const HEAR_OUT_MAX: Duration = Duration::from_secs(4);
/// How long an answer that is told only once, such as a new token, keeps a connection open that the cluster
/// wants closed; and how long the end of a token that was replaced may take then.
pub(crate) const LAST_ANSWERS_MAX: Duration = Duration::from_secs(3);

/// Connections that may say who they are at a time, each in [`AUTH_MAX`]; the others wait for their turn. What
/// strangers can make a node keep is so many frames.
pub(crate) const GREETED_MAX: usize = 128;
/// Longest secret or tag of an `auth`, in bytes.
pub(crate) const AUTH_BYTES_MAX: usize = 1 << 10;
/// What is kept of a connection to read and write with, in bytes, whether anything is said or not.
pub(crate) const BUFFER_BYTES: usize = 4 << 10;

/// One frame from a plugin, in bytes: a source with all its routes fits.
pub(crate) const FRAME_BYTES_MAX: usize = 512 << 10;
/// Frames at once: a plugin that was offline sends up to 1,000 acks when it is back.
pub(crate) const FRAMES_BURST: u32 = 2_000;
/// Frames a second, in the long run.
pub(crate) const FRAMES_PER_SECOND: u32 = 100;
/// Requests of one connection that are worked on at a time. With so many, no more is read.
pub(crate) const REQUESTS_MAX: usize = 8;
/// For one request: the published plugin waits for 30 s.
pub(crate) const REQUEST_MAX: Duration = Duration::from_secs(25);
/// Acks of one connection that are proposed at a time.
pub(crate) const ACKS_AT_ONCE: usize = 8;
/// Acks of one connection that wait for the cluster. With so many, no more is read.
pub(crate) const ACKS_MAX: usize = 1_024;
/// The same, in bytes.
pub(crate) const ACKS_BYTES_MAX: usize = 1 << 20;
/// Longest id in an ack, in bytes: ours have 41 at the most.
pub(crate) const EVENT_ID_MAX: usize = 64;
/// How long an ack is proposed again, where the cluster has not decided it. After that its event comes
/// again.
pub(crate) const ACK_PATIENCE: Duration = Duration::from_secs(60);
/// The same, where the node stops.
pub(crate) const LAST_ACKS_MAX: Duration = Duration::from_secs(6);
/// Longest summary that is kept, in bytes; more is cut.
pub(crate) const SUMMARY_BYTES_MAX: usize = 16_384;
/// Text of one body that is shown, in bytes, where its route says nothing.
pub(crate) const SHOWN_BYTES: usize = 256 << 10;
/// Longest id of a request.
pub(crate) const REQUEST_ID_MAX: usize = 128;
/// What is listed at the most.
pub(crate) const LISTED_MAX: usize = 1_000;

/// From the stop of the node to the end of the slowest connection, in seconds: a frame that is being written,
/// the last answers and another frame, the last acks, the end of a token, and the bye.
const STOP_SECS_MAX: u64 =
    3 * CLOSE_MAX.as_secs() + 2 * LAST_ANSWERS_MAX.as_secs() + LAST_ACKS_MAX.as_secs();
/// A node gives its connections 20 s, unless its configuration says otherwise.
const _: () = assert!(STOP_SECS_MAX < 20);
