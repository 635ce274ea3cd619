//! What sessions see, and what is done to the world.

use std::fmt;

use ackord_core::command::Fence;
use ackord_core::model::Class;
use ackord_core::text::OrderingKey;

use super::op::show;

/// What a process of a session sees.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// It is given an event.
    Delivered {
        /// The delivery.
        fence: Fence,
        /// What the body says that it is; none: no body of this world.
        content: Option<u64>,
        /// The event's class.
        class: Class,
        /// The event's ordering key.
        ordering_key: Option<OrderingKey>,
        /// Attempts spent before.
        attempts: u32,
    },
    /// It is told that a delivery is no longer its own.
    Lost {
        /// The delivery.
        fence: Fence,
        /// Why.
        why: String,
    },
    /// It has ended for good.
    Ended {
        /// Why.
        why: String,
    },
    /// It is no more: whatever it still held or asked, it will not hear of.
    Crashed,
}

/// What is done to the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// A server's process dies.
    Kill {
        /// Which server.
        server: usize,
    },
    /// A server's power fails.
    PowerLoss {
        /// Which server.
        server: usize,
        /// Log writes that were not synced.
        unsynced: usize,
        /// Those of them that are on the disk all the same.
        survive: usize,
    },
    /// A server is asked to stop.
    Stop {
        /// Which server.
        server: usize,
    },
    /// A server's process stands still, and goes on later as if nothing had been.
    Freeze {
        /// Which server.
        server: usize,
    },
    /// A server's process starts.
    Start {
        /// Which server.
        server: usize,
        /// Entries of its log that its flushed rows do not have.
        behind: u64,
        /// Whether the beginning of its log is gone.
        purged: bool,
    },
    /// Rows are flushed, as a storage engine does by itself.
    Flush {
        /// Which server.
        server: usize,
    },
    /// A server's disk is ordered to fail.
    Disk {
        /// Which server.
        server: usize,
        /// How.
        how: DiskFault,
    },
    /// A server's process has ended, because its disk failed.
    FailStop {
        /// Which server.
        server: usize,
    },
    /// A server's wall clock is set.
    Clock {
        /// Which server.
        server: usize,
        /// How far it is ahead of the world's, in milliseconds.
        ahead_ms: i64,
    },
    /// A client's process stops, and goes on later as if nothing had been.
    Stall {
        /// Which client.
        client: String,
    },
    /// A client's connections carry nothing for a while.
    Clog {
        /// Which client.
        client: String,
    },
    /// Messages take up to so many milliseconds.
    Latency {
        /// The longest.
        most_ms: u64,
    },
    /// From here on nothing is broken any more, and nothing is submitted.
    Heal,
}

/// How a disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// A write, after so many that work.
    Write(u64),
    /// A sync, after so many that work.
    Sync(u64),
    /// No byte more fits.
    Full,
}

impl fmt::Display for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered {
                fence,
                content,
                class,
                attempts,
                ..
            } => {
                let content = content.map_or("not ours".to_owned(), |it| format!("c{it}"));
                let fence = show(*fence);
                write!(
                    f,
                    "given {fence}: {content} {class:?}, {attempts} attempts before"
                )
            }
            Self::Lost { fence, why } => write!(f, "loses {}: {why}", show(*fence)),
            Self::Ended { why } => write!(f, "ends: {why}"),
            Self::Crashed => f.write_str("crashes"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill { server } => write!(f, "kill server {server}"),
            Self::PowerLoss {
                server,
                unsynced,
                survive,
            } => {
                write!(
                    f,
                    "power loss at server {server}: {survive} of {unsynced} unsynced writes survive"
                )
            }
            Self::Stop { server } => write!(f, "stop server {server}"),
            Self::Freeze { server } => write!(f, "freeze server {server}"),
            Self::Start {
                server,
                behind,
                purged,
            } => {
                let purged = if *purged { ", its log purged" } else { "" };
                write!(
                    f,
                    "start server {server}, its rows {behind} entries behind{purged}"
                )
            }
            Self::Flush { server } => write!(f, "flush rows of server {server}"),
            Self::Disk { server, how } => write!(f, "disk of server {server} fails: {how:?}"),
            Self::FailStop { server } => write!(f, "server {server} has ended itself"),
            Self::Clock { server, ahead_ms } => {
                write!(f, "clock of server {server} is {ahead_ms} ms ahead")
            }
            Self::Stall { client } => write!(f, "stall {client}"),
            Self::Clog { client } => write!(f, "clog {client}"),
            Self::Latency { most_ms } => write!(f, "latency up to {most_ms} ms"),
            Self::Heal => f.write_str("heal"),
        }
    }
}
