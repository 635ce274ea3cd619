//! How a command can end other than well, what it tells people, and with which exit code.

use std::fmt;

use ackord_client::{Error, v1::RefusalReason};

/// Shown at the end of every long help.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed; nothing was changed
  2  wrong usage
  3  refused by the cluster; nothing was changed
  4  unknown outcome, or done in part: look what was done before you repeat it";

/// A command did not end well.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    what: String,
    next: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Failed,
    Usage,
    Refused,
    Partly,
    Unknown,
}

impl Failure {
    /// It did not happen.
    pub(crate) fn failed(what: impl Into<String>) -> Self {
        Self {
            kind: Kind::Failed,
            what: what.into(),
            next: String::new(),
        }
    }

    /// The cluster has decided otherwise.
    pub(crate) fn refused(what: impl Into<String>) -> Self {
        Self {
            kind: Kind::Refused,
            ..Self::failed(what)
        }
    }

    /// It was asked for in a way that makes no sense.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self {
            kind: Kind::Usage,
            ..Self::failed(what)
        }
    }

    /// Some of it was done, and the rest was not, or nobody knows of the rest.
    pub(crate) fn partly(what: impl Into<String>) -> Self {
        Self {
            kind: Kind::Partly,
            ..Self::failed(what)
        }
    }

    /// Nobody knows whether it was done.
    pub(crate) fn unknown(what: impl Into<String>) -> Self {
        Self {
            kind: Kind::Unknown,
            next: "it may have been done: look, then repeat it if it was not".to_owned(),
            ..Self::failed(what)
        }
    }

    /// Of several things that were asked for, `done` were done, and the others ended so.
    pub(crate) fn of_several(what: impl Into<String>, done: usize, others: &[Self]) -> Self {
        let may_be_done = |it: &Self| matches!(it.kind, Kind::Partly | Kind::Unknown);
        let kind = if done > 0 {
            Kind::Partly
        } else if others.iter().any(may_be_done) {
            Kind::Unknown
        } else if others.iter().all(|it| it.kind == Kind::Refused) {
            Kind::Refused
        } else {
            Kind::Failed
        };
        Self {
            kind,
            ..Self::failed(what)
        }
    }

    /// Says the next step.
    #[must_use]
    pub(crate) fn next(mut self, step: impl Into<String>) -> Self {
        self.next = step.into();
        self
    }

    /// The exit code, as [`EXIT_CODES`] says.
    pub(crate) fn code(&self) -> u8 {
        match self.kind {
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::Refused => 3,
            Kind::Partly | Kind::Unknown => 4,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.kind {
            Kind::Failed | Kind::Usage => "error",
            Kind::Refused => "refused",
            Kind::Partly => "partly done",
            Kind::Unknown => "unknown",
        };
        write!(f, "{word}: {}", self.what)?;
        if !self.next.is_empty() {
            write!(f, "\n  next: {}", self.next)?;
        }
        Ok(())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => {
                let next = match refusal.what_to_do.is_empty() {
                    true => advice(refusal.reason).to_owned(),
                    false => refusal.what_to_do.clone(),
                };
                Self {
                    kind: Kind::Refused,
                    what: refusal.to_string(),
                    next,
                }
            }
            Error::Failed(what) => {
                let hint = HINTS.iter().find(|(words, _)| what.contains(words));
                Self::failed(what).next(hint.map_or("", |it| it.1))
            }
            Error::Unknown(what) => Self::unknown(what),
        }
    }
}

/// What to do where a connection fails, by words of the client; the first that fits.
const HINTS: [(&str, &str); 7] = [
    (
        "not of a CA that is trusted here",
        "name the CA that vouches for the server with --ca or ACKORD_CA",
    ),
    (
        "no CA is named",
        "name the CA that vouches for the server with --ca or ACKORD_CA",
    ),
    (
        "the certificate is not for",
        "call the server by a name of its certificate, or state that name with --server-name",
    ),
    (
        "certificate of ours",
        "show a certificate of the CA that the server asks for: --client-cert and --client-key",
    ),
    (
        "does not speak TLS",
        "the server speaks plain text: name it as http://, or give it a certificate",
    ),
    (
        "in plain text",
        "name it as https://, or say --insecure if you trust the network",
    ),
    (
        "cannot reach",
        "start a node with `ackord dev`, or name one with --server or ACKORD_SERVER",
    ),
];

/// For a refusal that brings no advice of its own.
fn advice(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Unauthenticated | RefusalReason::NotAllowed => {
            "name a token that may do this with --token-file or ACKORD_TOKEN_FILE"
        }
        _ => "",
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_its_own_exit_code() {
        assert_eq!(Failure::failed("").code(), 1);
        assert_eq!(Failure::usage("").code(), 2);
        assert_eq!(Failure::refused("").code(), 3);
        assert_eq!(Failure::partly("").code(), 4);
        assert_eq!(Failure::from(Error::Unknown(String::new())).code(), 4);
    }

    #[test]
    fn nothing_was_changed_only_if_that_is_true_of_all() {
        let code = |done, others: &[Failure]| Failure::of_several("", done, others).code();
        let refused = || Failure::refused("");
        assert_eq!(code(0, &[refused(), refused()]), 3);
        assert_eq!(code(0, &[refused(), Failure::failed("")]), 1);
        assert_eq!(code(0, &[refused(), Failure::unknown("")]), 4);
        assert_eq!(code(1, &[refused()]), 4);
    }

    #[test]
    fn a_node_that_cannot_be_reached_is_told_how_to_start() {
        let error = Error::Failed("cannot reach http://127.0.0.1:7400: refused".to_owned());
        assert!(Failure::from(error).to_string().contains("ackord dev"));
    }
}
