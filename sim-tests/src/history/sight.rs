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
        /// The cron that it comes from.
        cron: Option<String>,
        /// It tells of a silence.
        is_alarm: bool,
        /// The latest checkpoint's note.
        note: Option<String>,
        /// Keys of the effects in its ledger.
        effects: Vec<String>,
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
    /// Single answers are lost, late or asked for twice.
    Tamper {
        /// Of a hundred, so many.
        percent: u64,
    },
    /// A snapshot that a server sent was changed on its way.
    Damaged {
        /// The server.
        server: usize,
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
    /// It goes on.
    Thaw {
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
    /// A server's disk has failed, once.
    DiskFailed {
        /// Which server.
        server: usize,
    },
    /// Bits of a server's disk have turned.
    Rot {
        /// Which server.
        server: usize,
        /// Where.
        what: Rot,
    },
    /// A server's syncs take up to so many milliseconds.
    SlowDisk {
        /// Which server.
        server: usize,
        /// The longest.
        most_ms: u64,
    },
    /// From its next start on a server's program is one that knows formats up to this.
    Program {
        /// Which server.
        server: usize,
        /// The greatest format that it knows.
        knows: u32,
    },
    /// Who leads, as far as they know it themselves, since just now.
    Leading {
        /// The servers.
        servers: Vec<usize>,
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
    /// What a server says does not reach a client for a while; the client is heard there.
    Unheard {
        /// Which server.
        server: usize,
        /// Which client.
        client: String,
    },
    /// Messages do not get through from one server to another, until they do again.
    Cut {
        /// From whom to whom.
        links: Vec<(usize, usize)>,
    },
    /// All servers reach each other again.
    Join,
    /// A server that leads is asked to hand over.
    HandOver {
        /// Who leads.
        server: usize,
        /// Who is to lead.
        to: usize,
    },
    /// A part of all messages is lost, and sent again.
    Loss {
        /// So many of a hundred; none: no more.
        percent: u32,
    },
    /// Messages take up to so many milliseconds.
    Latency {
        /// The longest.
        most_ms: u64,
    },
    /// A server that stands still is given a disk.
    Mount {
        /// Which server.
        server: usize,
        /// The disk: none has the number of another one.
        drive: usize,
        /// What that disk is to it.
        how: Mount,
    },
    /// A server's process serves.
    Serve {
        /// Which server.
        server: usize,
        /// The node that it is.
        node: u64,
    },
    /// A server's process has ended because it must not be what its disk says.
    Refused {
        /// Which server.
        server: usize,
        /// Why.
        why: String,
    },
    /// A server's process has died at a point that was named before.
    Failpoint {
        /// Which server.
        server: usize,
        /// The point.
        point: &'static str,
    },
    /// From here on nothing is broken any more, and nothing is submitted.
    Heal,
    /// After that: one server leads, and all that serve say so.
    Led {
        /// Which one.
        server: usize,
    },
}

/// What a disk is to the server that is given it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mount {
    /// A new one.
    Empty,
    /// Its own, after another one.
    Own,
    /// That of another server.
    Foreign,
    /// A copy of another server's, which still runs.
    Copied,
    /// An old copy of its own.
    Old,
}

impl Mount {
    /// Whether nothing may be served from it.
    #[must_use]
    pub fn is_strange(self) -> bool {
        match self {
            Self::Empty | Self::Own => false,
            Self::Foreign | Self::Copied | Self::Old => true,
        }
    }
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
    /// One thing that is done at one place, after so many that work.
    At(&'static str, u64),
}

/// Where bits have turned, while no process ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rot {
    /// In the log.
    Log,
    /// In the file that says who the node is.
    Identity,
    /// In the file that says how far the log is durable.
    LogEnd,
    /// In a row. Nobody sees it who does not read it.
    Row,
}

impl Rot {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Log, Self::Identity, Self::LogEnd, Self::Row];
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
            Self::Tamper { percent } => write!(f, "{percent} % of answers are tampered with"),
            Self::Damaged { server } => write!(f, "a snapshot of server {server} was changed"),
            Self::Stop { server } => write!(f, "stop server {server}"),
            Self::Freeze { server } => write!(f, "freeze server {server}"),
            Self::Thaw { server } => write!(f, "server {server} goes on"),
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
            Self::DiskFailed { server } => write!(f, "the disk of server {server} has failed"),
            Self::Rot { server, what } => write!(f, "bits turn at server {server}: {what:?}"),
            Self::SlowDisk { server, most_ms } => {
                write!(f, "syncs of server {server} take up to {most_ms} ms")
            }
            Self::Program { server, knows } => {
                write!(
                    f,
                    "server {server} gets a program that knows format {knows}"
                )
            }
            Self::Leading { servers } => write!(f, "now lead: servers {servers:?}"),
            Self::FailStop { server } => write!(f, "server {server} has ended itself"),
            Self::Clock { server, ahead_ms } => {
                write!(f, "clock of server {server} is {ahead_ms} ms ahead")
            }
            Self::Stall { client } => write!(f, "stall {client}"),
            Self::Clog { client } => write!(f, "clog {client}"),
            Self::Unheard { server, client } => {
                write!(f, "{client} does not hear server {server}")
            }
            Self::Cut { links } => {
                let links = links.iter().map(|(from, to)| format!(" {from}→{to}"));
                write!(f, "cut{}", links.collect::<String>())
            }
            Self::Join => f.write_str("join all servers"),
            Self::HandOver { server, to } => write!(f, "server {server} hands over to {to}"),
            Self::Loss { percent } => write!(f, "{percent} % of messages are lost"),
            Self::Latency { most_ms } => write!(f, "latency up to {most_ms} ms"),
            Self::Mount { server, drive, how } => {
                write!(f, "server {server} is given disk {drive}: {how:?}")
            }
            Self::Serve { server, node } => write!(f, "server {server} serves as node_{node}"),
            Self::Refused { server, why } => write!(f, "server {server} must not run: {why}"),
            Self::Failpoint { server, point } => write!(f, "server {server} has died at {point}"),
            Self::Heal => f.write_str("heal"),
            Self::Led { server } => write!(f, "server {server} leads, and all know it"),
        }
    }
}
