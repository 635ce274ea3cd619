//! Why a connection ends, as a close frame says it.

use ackord_proto::v1::CloseCause;
use axum::extract::ws::{CloseFrame, Utf8Bytes};

use crate::frame::Malformed;

/// Why a connection ends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Ending {
    /// The plugin has closed, or is about to end: its session ends with it.
    #[error("bye")]
    Bye,
    /// The connection is gone, and the session is kept for a while.
    #[error("the connection is gone")]
    Lost,
    /// Nobody said who it is.
    #[error("no auth frame came in time")]
    Unauthenticated,
    /// The cluster does not take its token, or its tag: why, in words.
    #[error("{0}")]
    Refused(String),
    /// It sent what is no frame.
    #[error("{0}")]
    Malformed(Malformed),
    /// It sent a binary frame.
    #[error("this protocol has text frames only")]
    Binary,
    /// It sent a frame that no request needs.
    #[error("the frame is too large")]
    TooLarge,
    /// It sends faster than anybody works.
    #[error("too many frames: slow down")]
    Flood,
    /// It does not take what is written to it.
    #[error("what is written is not read")]
    Slow,
    /// It answers no pings.
    #[error("no sign of life")]
    Silent,
    /// Nobody could give it a session, or its session has failed: why, in words.
    #[error("{0}")]
    TryLater(String),
    /// The node stops.
    #[error("the node shuts down: come back, to another one")]
    ShuttingDown,
    /// The node knows no leader, so it does not know what its sessions have.
    #[error("the node has lost the cluster: come back, to another one")]
    Isolated,
    /// Somebody attached with this session's key. Keys are drawn, so nobody does by accident.
    #[error("another connection has taken this session over")]
    Superseded,
    /// The token counts no more.
    #[error("the token was revoked or has ended")]
    Revoked,
    /// The cluster has no record of the session any more.
    #[error("the session is not known any more: come back")]
    Forgotten,
}

impl Ending {
    /// All names under which they are counted.
    pub(crate) const NAMES: [&'static str; 15] = [
        "bye",
        "lost",
        "unauthenticated",
        "refused",
        "malformed",
        "too_large",
        "flood",
        "slow",
        "silent",
        "try_later",
        "shutting_down",
        "isolated",
        "superseded",
        "revoked",
        "forgotten",
    ];

    /// What the cluster says of the end of a stream.
    pub(crate) fn of(cause: CloseCause) -> Self {
        match cause {
            CloseCause::Superseded => Self::Superseded,
            CloseCause::Revoked => Self::Revoked,
            CloseCause::Isolated => Self::Isolated,
            CloseCause::ShuttingDown => Self::ShuttingDown,
            CloseCause::Bye => Self::Bye,
            CloseCause::Stalled => Self::Slow,
            CloseCause::Forgotten | CloseCause::Unspecified => Self::Forgotten,
        }
    }

    /// Whether the plugin does not keep to the protocol.
    pub(crate) const fn is_breach(&self) -> bool {
        matches!(
            self,
            Self::Malformed(_) | Self::Binary | Self::TooLarge | Self::Flood
        )
    }

    /// The name under which it is counted: one of [`Self::NAMES`].
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Bye => "bye",
            Self::Lost => "lost",
            Self::Unauthenticated => "unauthenticated",
            Self::Refused(_) => "refused",
            Self::Malformed(_) | Self::Binary => "malformed",
            Self::TooLarge => "too_large",
            Self::Flood => "flood",
            Self::Slow => "slow",
            Self::Silent => "silent",
            Self::TryLater(_) => "try_later",
            Self::ShuttingDown => "shutting_down",
            Self::Isolated => "isolated",
            Self::Superseded => "superseded",
            Self::Revoked => "revoked",
            Self::Forgotten => "forgotten",
        }
    }

    /// The close frame. Codes are those of RFC 6455 and its registry; 4001 and up are ours.
    pub(crate) fn frame(&self) -> CloseFrame {
        let code = match self {
            Self::Bye | Self::Lost => 1000,
            Self::Unauthenticated
            | Self::Refused(_)
            | Self::Malformed(_)
            | Self::Flood
            | Self::Revoked => 1008,
            Self::Binary => 1003,
            Self::TooLarge => 1009,
            Self::ShuttingDown => 1012,
            Self::TryLater(_) | Self::Isolated | Self::Forgotten => 1013,
            Self::Superseded => 4001,
            Self::Slow => 4002,
            Self::Silent => 4003,
        };
        CloseFrame {
            code,
            reason: reason(&self.to_string()),
        }
    }
}

/// A control frame holds 125 bytes, two of which are the code.
fn reason(text: &str) -> Utf8Bytes {
    let cut = text.floor_char_boundary(123);
    text[..cut].to_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_fits_a_control_frame() {
        let frame = Ending::Refused("ä".repeat(200)).frame();
        assert_eq!((frame.code, frame.reason.len()), (1008, 122));
    }
}
