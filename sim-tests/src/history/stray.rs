//! What somebody asks for who must not have it.

use std::fmt;

use ackord_core::command::Fence;

use super::show;

/// What a stranger tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stray {
    /// With an event of another team, or one that there never was.
    Foreign {
        /// What he does with it.
        deed: Deed,
        /// The delivery, which names the event.
        fence: Fence,
        /// There is such an event.
        exists: bool,
    },
    /// To submit under a dedup key that another team uses, which is his own key then.
    Submit(String),
    /// To do what his token's roles do not allow.
    Overstep(Overstep),
}

/// What can be done with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Look at it.
    Look,
    /// Read its body.
    Read,
    /// Say that its work is done.
    Ack,
    /// Take it out.
    Cancel,
    /// Send it round again.
    Replay,
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Look,
        Self::Read,
        Self::Ack,
        Self::Cancel,
        Self::Replay,
    ];
}

/// What a role does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overstep {
    /// A session submits.
    SessionSubmits,
    /// An observer cancels.
    ObserverCancels,
    /// A submitter acks.
    SubmitterAcks,
    /// A manager of a team makes a team.
    ManagerMakesTeam,
}

impl Overstep {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::SessionSubmits,
        Self::ObserverCancels,
        Self::SubmitterAcks,
        Self::ManagerMakesTeam,
    ];
}

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign {
                deed,
                fence,
                exists,
            } => {
                let whose = if *exists { "another team's" } else { "no" };
                write!(f, "{deed:?} {}, {whose} event", show(*fence))
            }
            Self::Submit(key) => write!(f, "submit under key {key} as another team"),
            Self::Overstep(what) => write!(f, "{what:?}"),
        }
    }
}
