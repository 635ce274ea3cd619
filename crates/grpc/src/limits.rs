//! Limits of the edge. Those of the machine are in [`ackord_core::limits`].

use std::time::Duration;

/// Events of one submit, or extensions of one call.
pub(crate) const ITEMS_MAX: usize = 1024;
/// What is said of a submit that has none, or more.
pub(crate) const EVENTS_RULE: &str = "must be 1 to 1,024 events";
/// What is said of a call that has no extension, or more.
pub(crate) const EXTENSIONS_RULE: &str = "must be 1 to 1,024 deliveries";
/// Bytes of the events of one submit.
pub(crate) const SUBMIT_BYTES_MAX: usize = 4 << 20;
/// Bytes of a submit that are read at all: one that is a little too large is told so in words.
pub(crate) const SUBMIT_MESSAGE_MAX: usize = 2 * SUBMIT_BYTES_MAX;
/// Bytes of any other message.
pub(crate) const MESSAGE_MAX: usize = 4 << 20;
/// Requests of one submit stream that are not answered yet; then it is not read any further.
pub(crate) const SUBMITS_IN_FLIGHT_MAX: usize = 64;
/// Bytes of those requests.
pub(crate) const SUBMIT_BYTES_IN_FLIGHT_MAX: usize = 2 * SUBMIT_BYTES_MAX;
/// Answers that wait to be written to an attached session; then it is not read any further.
pub(crate) const ANSWERS_WAITING_MAX: usize = 16;
/// Bytes of the items of one page, unless the first item alone is larger.
pub(crate) const PAGE_BYTES_MAX: usize = 1 << 20;
/// Rows that one page looks at, whatever a filter leaves of them.
pub(crate) const PAGE_ROWS_MAX: usize = 10_000;

/// From the beginning of an attach to its hello.
pub(crate) const HELLO_MAX: Duration = Duration::from_secs(10);
/// How long a read waits for the position that it asks for.
pub(crate) const REACH_MAX: Duration = Duration::from_secs(5);

/// Connections of an address at a time: each is a file, and a store needs some, too.
#[cfg(not(madsim))]
pub(crate) const CONNECTIONS_MAX: usize = 8192;
/// Calls of one connection at a time, attached sessions among them.
pub(crate) const CALLS_PER_CONNECTION: u32 = 4096;
/// Streams of one token at one node that wait for an approval: as many as a team may have open, four
/// times over, for those that were left behind by a connection are still counted for a while.
pub(crate) const WATCHES_PER_TOKEN: usize = 1_000;
/// Between signs of life on an idle connection.
pub(crate) const KEEPALIVE: Duration = Duration::from_secs(10);
/// Without an answer to one for this long, the connection is gone, and its sessions with it.
pub(crate) const KEEPALIVE_MAX: Duration = Duration::from_secs(10);
